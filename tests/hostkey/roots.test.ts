/** The system's trust store: whatever is in it, it is read, at once, and what is not understood is passed over. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FILE_MAX } from '../../core/hostkey/pem.ts';
import { rootsIn, systemRoots } from '../../edge/roots.ts';
import { leastCpuMs } from '../support/cpu.ts';
import { authority, ecKey, edKey, ibm, type Key, rsaKey, writeCertificate } from './forge.ts';

const directory = mkdtempSync(join(tmpdir(), 'selwright-roots-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const write = (name: string, content: string | Uint8Array): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};
const pem = (der: Uint8Array): string =>
  `# a root\n-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`;

const root = (n: number, key: Key): Uint8Array => {
  const name = ibm('Armonk', `Root ${n}`);
  // the signature does not matter here: RSA signs for all
  return writeCertificate({ ...authority(name, name, key, signer, '01'), signer });
};
const signer = rsaKey(2048);
const keys = [signer, ecKey('secp384r1'), ecKey('secp521r1'), ecKey('brainpoolP256r1'), edKey()];

describe('a store', () => {
  it('of 150 roots of all kinds, with broken ones between: all that can be read, under half a second', () => {
    const parts = Array.from({ length: 150 }, (_, n) => pem(root(n, keys[n % keys.length] as Key)));
    const broken = ['-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n', pem(root(0, signer).slice(0, -1))];
    const store = write('store.pem', [broken[0], ...parts, broken[1]].join('\n'));
    let pieces: ReturnType<typeof rootsIn> = [];
    const ms = leastCpuMs(() => {
      pieces = rootsIn(store);
    }, 500);
    expect(ms).toBeLessThan(500);
    expect(pieces).toHaveLength(150);
    expect(pieces.every((p) => p.certificate)).toBe(true);
  });

  it.each([
    ['none', undefined],
    ['a path that is not there', join(directory, 'nowhere')],
    ['a directory', directory],
    ['empty', write('empty', '')],
    ['rubbish', write('rubbish', new Uint8Array(1000).fill(0xff))],
    ['a block without an end', write('cut', '-----BEGIN CERTIFICATE-----\nMAA=\n')],
  ])('that is %s trusts nobody', (_, path) => expect(rootsIn(path)).toEqual([]));

  it('that is too large trusts nobody', () => {
    const path = write('large', '');
    truncateSync(path, FILE_MAX + 1);
    expect(rootsIn(path)).toEqual([]);
  });

  it.skipIf(process.getuid?.() === 0)('that may not be read trusts nobody', () => {
    const path = write('denied', pem(root(1, signer)));
    chmodSync(path, 0);
    expect(rootsIn(path)).toEqual([]);
  });
});

const STORE = '/etc/ssl/certs/ca-certificates.crt';
if (!existsSync(STORE)) console.warn(`\n*** SKIPPED: NO TRUST STORE AT ${STORE} ***\n`);

describe.skipIf(!existsSync(STORE))('the store of this machine', () => {
  it('is read whole', () => {
    const blocks = readFileSync(STORE, 'latin1').match(/-----BEGIN CERTIFICATE-----/g)?.length;
    const roots = systemRoots();
    expect(roots).toHaveLength(blocks ?? 0);
    console.log(`system trust store: ${roots.length} certificates, ${roots.filter((p) => p.kind === 'root').length} roots`);
  });
  it('cannot be changed by whoever got it', () => {
    systemRoots().splice(0);
    expect(systemRoots().length).toBeGreaterThan(0);
  });
});
