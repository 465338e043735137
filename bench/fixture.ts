/** Files for the rivals: host-key documents of the tenant's hosts, its header, a secret. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePem } from '../core/hostkey/pem.ts';
import { makePki, type SamplePki } from '../core/sample/pki.ts';
import { nodeEnv } from '../edge/env.ts';
import { samplePkiKeys } from '../edge/keys.ts';
import { fourKeys, headerBytes, VALUE_SIZE } from './tenant.ts';

/** A PKI as IBM's is: RSA keys of 4096 bits. */
export const pki: SamplePki = makePki(samplePkiKeys(4096), fourKeys, new Date(Date.now() - 86_400_000));

/** A directory for the files of rivals. */
export const scratch = mkdtempSync(join(tmpdir(), 'selwright-bench-'));
export const removeScratch = (): void => rmSync(scratch, { recursive: true, force: true });
export const put = (name: string, bytes: Uint8Array | string): string => {
  const path = join(scratch, name);
  writeFileSync(path, bytes);
  return path;
};
export const hostFiles = pki.hosts.map((der, i) => put(`host-${i}.crt`, writePem('CERTIFICATE', der)));
export const headerFile = put('header.bin', headerBytes);
export const secretFile = put('secret', nodeEnv.random(VALUE_SIZE));
