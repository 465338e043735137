/** The certificate cases of s390-tools: same outcome, same error kind, at a date they hold. */
import { afterAll, expect, it } from 'vitest';
import { sortFile } from '../../core/hostkey/sort.ts';
import { verifyHostKeys, verifySigningChain } from '../../core/hostkey/verify.ts';
import { verifySignature } from '../../edge/keys.ts';
import { describeVectors, vectorFile, vectors } from '../support/vectors.ts';

const AT = new Date('2026-11-24T05:00:00Z');
const table: string[] = [];

describeVectors('certificate cases of s390-tools', () => {
  for (const v of vectors?.certificates ?? []) {
    it(v.name, () => {
      const pieces = (files: string[]) => files.flatMap((f: string) => sortFile(f, vectorFile(f)));
      const given = pieces(v.certs);
      const root = v.rootCa === null ? [] : pieces([v.rootCa]);
      const all = [...given, ...pieces(v.crls), ...root];
      const input = {
        certificates: given.flatMap((p) => (p.certificate ? [p.certificate] : [])),
        roots: root.flatMap((p) => (p.certificate ? [p.certificate] : [])),
        crls: all.flatMap((p) => (p.crl ? [p.crl] : [])),
        at: AT,
        verify: verifySignature,
      };
      const hostKeys = v.hostKey === null ? [] : pieces([v.hostKey]).flatMap((p) => (p.hostKey ? [p.hostKey] : []));
      const verdict = v.hostKey === null ? verifySigningChain(input) : verifyHostKeys({ ...input, hostKeys })[0];
      const error = verdict?.error;
      table.push(`${(error?.kind ?? 'trusted').padEnd(16)} ${String(error?.openssl ?? '').padEnd(3)} ${v.name}`);
      expect(error?.kind, v.name).toBe(v.expect.error);
      if (v.expect.openssl) expect(v.expect.openssl).toContain(error?.openssl);
      if (v.expect.outcome === 'trusted') expect(verdict?.checks.every((c) => c.outcome === 'passed')).toBe(true);
    });
  }
  afterAll(() => console.log(`certificate cases: ${table.length}\n${table.join('\n')}`));
});
