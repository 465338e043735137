/**
 * The same mutations, judged by the real `openssl verify` with the reference's flags: same number at the same depth, and what we
 * accept OpenSSL accepts. Where we are stricter, the table says why, and that is measured too.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshKeyPair } from '../../core/crypto/p521.ts';
import { makePki } from '../../core/sample/pki.ts';
import { samplePkiKeys } from '../../edge/keys.ts';
import { seededEnv } from '../support/env.ts';
import { AT, inDays } from './forge.ts';
import { judge, opensslSays, opensslVersion } from './judge.ts';
import { MUTATIONS } from './mutations/index.ts';
import type { Mutation } from './mutations/make.ts';

const version = opensslVersion();
if (version === undefined) console.warn('\n*** SKIPPED: NO openssl ON THIS MACHINE: THE ERROR NUMBERS ARE NOT MEASURED ***\n');
/** The numbers are those of 3.0; another version may word the same refusal differently. */
const exact = version?.startsWith('OpenSSL 3.0.') === true;
if (version !== undefined && !exact)
  console.warn(`\n*** ${version}: NUMBERS ARE COMPARED WITH 3.0 ONLY; WHAT IS ACCEPTED IS ***\n`);

const numberIn = (says: string): string | undefined => /^IbmSignInvalid (\S+)$/.exec(says)?.[1];
const patch = Number(/^OpenSSL 3\.0\.(\d+)/.exec(version ?? '')?.[1] ?? 0);
/** What this version may say. Between the two that were measured it is one or the other. */
const maySay = (m: Mutation): string[] => {
  const now = m.openssl ?? numberIn(m.says) ?? 'ok';
  const before = m.opensslBefore ?? now;
  return [...new Set([...(patch > 19 ? [now] : []), ...(patch < 22 ? [before] : [])])];
};

const asked = MUTATIONS.filter((m) => m.leaf >= 0);
const counts = { same: 0, stricter: 0, accepted: 0 };

describe.skipIf(version === undefined)('openssl verify', () => {
  it.each(asked.map((m) => [m.name, m] as const))('%s', (_, m) => {
    const files = m.files();
    const ours = judge(files);
    const theirs = opensslSays(files, m.leaf);
    // whatever comes behind the chain, the chain itself was accepted by us
    const accepted =
      ours.says === 'trusted' || (ours.verdict !== undefined && !/^(IbmSignInvalid|NoIbm|ManyIbm)/.test(ours.says));
    if (accepted) expect(theirs).toBe('ok');
    if (m.stricter !== undefined) expect(accepted).toBe(false);
    if (exact) expect(maySay(m)).toContain(theirs);
    counts[m.stricter !== undefined ? 'stricter' : accepted ? 'accepted' : 'same']++;
  });

  describe('the sample PKI', () => {
    let files = {
      roots: [] as Uint8Array[],
      certificates: [] as Uint8Array[],
      crls: [] as Uint8Array[],
      hosts: [] as Uint8Array[],
    };
    beforeAll(() => {
      const { root, intermediate, signing, crls, hosts } = makePki(
        samplePkiKeys(2048),
        [freshKeyPair(seededEnv('sample')).publicKey],
        inDays(-1),
      );
      files = { roots: [root], certificates: [intermediate, signing], crls: Object.values(crls), hosts: [...hosts] };
    });
    it('is good for both', () => {
      expect(judge(files).says).toBe('trusted');
      expect(opensslSays(files, 1)).toBe('ok');
    });
    it('is good on its first day and not before', () => {
      const first = new Date(Date.UTC(AT.getUTCFullYear(), AT.getUTCMonth(), AT.getUTCDate() - 1, 5));
      expect([judge(files, first).says, opensslSays(files, 1, first)]).toEqual(['trusted', 'ok']);
      const before = inDays(-2);
      expect(judge(files, before).says).toBe(`IbmSignInvalid ${opensslSays(files, 1, before)}`);
    });
    it('is over when its CRLs are', () => {
      const later = inDays(366);
      expect(judge(files, later).says).toBe(`IbmSignInvalid ${opensslSays(files, 1, later)}`);
    });
  });

  afterAll(() =>
    console.log(
      `${version}: ${asked.length} chains; ${counts.same} refused with the same number and depth, ${counts.accepted} accepted by both, ${counts.stricter} refused by us only, each for a stated reason`,
    ),
  );
});
