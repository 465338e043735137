/** The verdict: every check failing on its own, every grade with what it needs, and what no report gets away with. Spec page "retrieval-report". */

import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeExchange } from '../../core/attestation/exchange.ts';
import { additionalSize, MEASUREMENT_SIZE } from '../../core/attestation/measurement.ts';
import { type AttestationFlag, buildAttestationRequest, freshAttestationKeys } from '../../core/attestation/request.ts';
import { secretStoreHash } from '../../core/attestation/storehash.ts';
import type { Expected } from '../../core/bundle/expected.ts';
import { makeLookalike } from '../../core/bundle/lookalike.ts';
import { type Bytes, hex, utf8 } from '../../core/bytes.ts';
import { publicKeyHash } from '../../core/crypto/p521.ts';
import { SelError } from '../../core/errors.ts';
import { boot } from '../../core/guestsim/boot.ts';
import { diagnose } from '../../core/report/diagnose.ts';
import { reportUserData } from '../../core/report/format.ts';
import { type Grade, gradeOf, lacking, type ReportCheck } from '../../core/report/verdict.ts';
import { sightingOf, type VerifyInput } from '../../core/report/verify.ts';
import { parseRequest } from '../../core/request/parse.ts';
import { CHECKS, diagnosisSays, verdictAsText } from '../../words/verdict.ts';
import { seededEnv } from '../support/env.ts';
import { entriesOf, fileOf, hosts, image, makeBundle, values, withFile } from '../support/tenant.ts';
import {
  bundle,
  check,
  entries,
  type Forgery,
  forge,
  genuineBody,
  genuineReport,
  judge,
  NOW,
  TAGS,
  withOutcome,
} from './forge.ts';

const env = seededEnv('verdict');
const E = bundle.expected;
const other = makeBundle('other');
const expecting = (change: Partial<Expected>): Partial<VerifyInput> => ({ expected: { ...E, ...change } });
const flip = (b: Bytes, at: number): Bytes => b.map((x, i) => (i === at ? x ^ 1 : x));
const later = (ms: number): string => `${new Date(NOW.getTime() + ms).toISOString().slice(0, 19)}Z`;
const MINUTE = 60_000;

/** Never more than was looked at: these two are for people and for IBM, and no report can make them pass. */
const honest = (v: ReturnType<typeof judge>): void => {
  for (const id of ['R18', 'R20']) expect(check(v, id)?.outcome, id).toBe('not-checked');
  expect(v.checks.map((c) => c.id)).toEqual(Object.keys(CHECKS).sort());
  if (check(v, 'C01')?.outcome !== 'passed') {
    expect(v.checks.filter((c) => c.class === 'D' && c.outcome === 'passed').map((c) => c.id)).toEqual([]);
    expect(v.cuid).toBeUndefined();
  }
  expect(verdictAsText(v)).not.toContain('undefined');
};

/** A challenge of the tenant, and what it keeps of it. */
const challengeOf = (flags: readonly AttestationFlag[]) => {
  const keys = freshAttestationKeys(env);
  const arcb = buildAttestationRequest(
    hosts.map((h) => h.keys.publicKey),
    flags,
    keys,
  );
  const file = writeExchange({
    request: arcb,
    measurement: { needed: MEASUREMENT_SIZE },
    additional: { needed: additionalSize(flags) },
    user: undefined,
    cuid: undefined,
  });
  const asked = { id: '11111111-2222-4333-8444-555555555555', nonce: env.random(32), requestSha256: hex(sha256(arcb)) };
  const answer: Forgery = {
    request: file,
    nonce: asked.nonce,
    body: (b) => {
      b.challenge = { mode: 'challenge', id: asked.id, nonce: hex(asked.nonce) };
    },
  };
  return { asked, answer, more: { challenge: asked, attestationKey: keys.protectionKey } };
};
const ALL: readonly AttestationFlag[] = ['nonce', 'image-host-key-hash', 'attestation-host-key-hash', 'secret-store-hash'];
const challenge = challengeOf(ALL);

describe('a genuine report', () => {
  it('is proven, and so is the forge without a forgery', () => {
    for (const report of [genuineReport, forge()]) {
      const v = judge(report);
      honest(v);
      expect(v.grade).toBe('proven');
      expect(withOutcome(v, 'failed')).toEqual([]);
      expect(withOutcome(v, 'not-checked')).toEqual(['R18', 'R20']);
      expect(lacking(v.checks)).toEqual([]);
    }
  });
  it('answers a challenge', () => {
    const v = judge(forge(challenge.answer), challenge.more);
    honest(v);
    expect(v.grade).toBe('proven');
  });
});

interface Case {
  readonly what: string;
  readonly forgery?: Forgery;
  readonly more?: Partial<VerifyInput>;
  readonly grade: Grade;
  readonly failed: readonly string[];
  /** not checked, besides R18 and R20 */
  readonly open?: readonly string[];
}
const secret = (name: string) => (b: { secrets: { name: string }[] }) =>
  b.secrets.find((s) => s.name === name) as { applied?: boolean; public?: { fingerprint: string } };
const withFingerprint = (fingerprint: string): Partial<VerifyInput> =>
  expecting({ submission_order: E.submission_order.map((s) => (s.name === 'luks-rfs-passphrase' ? { ...s, fingerprint } : s)) });
const PRINT = (c: string): string => `SHA256:${c.repeat(43)}`;

const CASES: Case[] = [
  {
    what: 'C01: the measurement altered',
    forgery: { response: (x) => ({ ...x, measurement: flip(x.measurement as Bytes, 5) }) },
    grade: 'failed',
    failed: ['C01'],
    open: ['C03', 'R03', 'R04', 'R14', 'R15'],
  },
  {
    what: 'C01: the additional data altered, with the store hash that is wanted',
    forgery: {
      state: { tags: TAGS.slice(1) },
      response: (x) => ({
        ...x,
        additional: new Uint8Array([...(x.additional as Bytes).slice(0, 64), ...secretStoreHash(TAGS, true)]),
      }),
    },
    grade: 'failed',
    failed: ['C01'],
    open: ['C03', 'R03', 'R04', 'R14', 'R15'],
  },
  {
    what: 'C01: another configuration UID than was measured',
    forgery: { response: (x) => ({ ...x, cuid: new Uint8Array(16) }) },
    grade: 'failed',
    failed: ['C01'],
    open: ['C03', 'R03', 'R04', 'R14', 'R15'],
  },
  {
    what: 'C01 and R04: another image',
    forgery: {
      state: { image: { pld: new Uint8Array(64), ald: new Uint8Array(64), tld: new Uint8Array(64), tag: new Uint8Array(16) } },
    },
    grade: 'failed',
    failed: ['C01'],
    open: ['C03', 'R03', 'R04', 'R14', 'R15'],
  },
  {
    what: 'C01: a request that my key does not open',
    forgery: { request: fileOf(entriesOf(other), 'sics/attest/request.bin') },
    grade: 'failed',
    failed: ['C01', 'C02'],
    open: ['C03', 'R03', 'R04', 'R14', 'R15'],
  },
  {
    what: 'C02: not the request I made',
    more: expecting({ attestation_request_sha256: '0'.repeat(64) }),
    grade: 'failed',
    failed: ['C02'],
  },
  {
    what: 'C03: an attestation of another body',
    forgery: { userData: reportUserData({ ...genuineBody, problems: [{ code: 'APPLY_FILE' }] }, undefined, 1) },
    grade: 'failed',
    failed: ['C03'],
  },
  {
    what: 'C03: an attestation for another serial',
    forgery: { userData: reportUserData(genuineBody, undefined, 2) },
    grade: 'failed',
    failed: ['C03'],
  },
  {
    what: 'C03: a nonce that nobody asked for',
    forgery: { nonce: new Uint8Array(32).fill(1) },
    grade: 'failed',
    failed: ['C03'],
  },
  { what: 'C03: no user data', forgery: { userData: new Uint8Array(0) }, grade: 'failed', failed: ['C03'] },
  { what: 'C04: a MAC with another key', forgery: { macKey: new Uint8Array(64).fill(3) }, grade: 'failed', failed: ['C04'] },
  { what: 'C04: a MAC by a key of another name', forgery: { macName: 'cck' }, grade: 'failed', failed: ['C04'] },
  { what: 'R02: too old', more: { now: new Date('2026-11-25T04:30:01Z') }, grade: 'failed', failed: ['R02'] },
  {
    what: 'R02 and R21: from the future',
    forgery: {
      body: (b) => {
        b.guest.time = later(11 * MINUTE);
      },
    },
    grade: 'failed',
    failed: ['R02', 'R21'],
  },
  {
    what: 'R02: a challenge, and an answer of the boot',
    forgery: { request: challenge.answer.request as Bytes },
    more: challenge.more,
    grade: 'failed',
    failed: ['C03', 'R02'],
  },
  {
    what: 'R02: the answer to another challenge',
    forgery: {
      ...challenge.answer,
      body: (b) => {
        b.challenge = { mode: 'challenge', id: '99999999-2222-4333-8444-555555555555', nonce: hex(challenge.asked.nonce) };
      },
    },
    more: challenge.more,
    grade: 'failed',
    failed: ['R02'],
  },
  {
    what: 'R02: a challenge that was answered before',
    forgery: challenge.answer,
    more: {
      ...challenge.more,
      ledger: [
        {
          request: challenge.asked.requestSha256,
          cuid: 'c1'.repeat(16),
          firstSeen: '2026-11-24T04:00:00Z',
          report: '0'.repeat(64),
        },
      ],
    },
    grade: 'failed',
    failed: ['R02'],
  },
  {
    what: 'R05: the image was opened on a machine that was not chosen',
    forgery: { state: { imageHostKeyHash: new Uint8Array(32) } },
    grade: 'failed',
    failed: ['R05'],
  },
  {
    what: 'R06: the attestation was made on a machine that was not chosen',
    forgery: { state: { imageHostKeyHash: publicKeyHash(hosts[1].keys.publicKey) } },
    more: expecting({ host_keys: [E.host_keys[1] as Expected['host_keys'][number]] }),
    grade: 'failed',
    failed: ['R06'],
  },
  {
    what: 'R07: a request is missing',
    forgery: { state: { tags: TAGS.slice(0, -1) } },
    grade: 'failed',
    failed: ['R07'],
    open: ['R14', 'R15'],
  },
  {
    what: 'R07: one more request',
    forgery: { state: { tags: [...TAGS, new Uint8Array(16)] } },
    grade: 'failed',
    failed: ['R07'],
    open: ['R14', 'R15'],
  },
  {
    what: 'R07 and R15: not locked, and it says so',
    forgery: {
      state: { locked: false },
      body: (b) => {
        b.store.locked = false;
      },
    },
    grade: 'failed',
    failed: ['R07', 'R15'],
    open: ['R14'],
  },
  {
    what: 'R07 and R15: not locked, and it says locked',
    forgery: { state: { locked: false } },
    grade: 'failed',
    failed: ['R07', 'R15'],
    open: ['R14'],
  },
  {
    what: 'R08: another bundle',
    forgery: {
      body: (b) => {
        b.bundle.id = other.id.id;
      },
    },
    grade: 'failed',
    failed: ['R08'],
  },
  { what: 'R08: a newer bundle was handed out', more: { newestSerial: 2 }, grade: 'failed', failed: ['R08'] },
  {
    what: 'R08: another manifest',
    forgery: {
      body: (b) => {
        b.bundle.manifest_sha256 = '0'.repeat(64);
      },
    },
    grade: 'failed',
    failed: ['R08'],
  },
  {
    what: 'R08: another toc.pol',
    forgery: {
      body: (b) => {
        b.bundle.toc_pol_sha256 = '0'.repeat(64);
      },
    },
    grade: 'failed',
    failed: ['R08'],
  },
  {
    what: 'R09: another policy',
    forgery: {
      body: (b) => {
        b.bundle.policy_sha256 = '0'.repeat(64);
      },
    },
    grade: 'failed',
    failed: ['R09'],
  },
  {
    what: 'R10: a secret missing in the list',
    forgery: {
      body: (b) => {
        b.store.entries.pop();
        b.store.total--;
      },
    },
    grade: 'failed',
    failed: ['R10'],
  },
  {
    what: 'R10 and R13: a list that was cut',
    forgery: { body: (b) => void b.store.entries.pop() },
    grade: 'claimed',
    failed: ['R13'],
    open: ['R10'],
  },
  {
    what: 'R11: a stranger in the list',
    forgery: {
      body: (b) => {
        b.store.entries.push({ index: 3, type: 3, id: 'ab'.repeat(32) });
        b.store.total++;
      },
    },
    grade: 'failed',
    failed: ['R11'],
  },
  {
    what: 'R12: another type',
    forgery: {
      body: (b) => {
        (b.store.entries[0] as { type: number }).type = 3;
      },
    },
    grade: 'failed',
    failed: ['R12'],
  },
  { what: 'R12: another order', forgery: { body: (b) => void b.store.entries.reverse() }, grade: 'failed', failed: ['R12'] },
  {
    what: 'R12: an id twice',
    forgery: {
      body: (b) => {
        b.store.entries.push(b.store.entries[0] as never);
        b.store.total++;
      },
    },
    grade: 'failed',
    failed: ['R12'],
  },
  {
    what: 'R13: a total that is not the number of entries',
    forgery: { body: (b) => void b.store.total++ },
    grade: 'proven',
    failed: ['R13'],
  },
  {
    what: 'R16: a required secret not applied',
    forgery: {
      body: (b) => {
        secret('luks-rfs-passphrase')(b).applied = false;
      },
    },
    grade: 'failed',
    failed: ['R16'],
  },
  {
    what: 'R16: a required secret not mentioned',
    forgery: { body: (b) => void b.secrets.pop() },
    grade: 'failed',
    failed: ['R16'],
  },
  {
    what: 'R17: another fingerprint',
    forgery: {
      body: (b) => {
        secret('luks-rfs-passphrase')(b).public = { fingerprint: PRINT('A') };
      },
    },
    more: withFingerprint(PRINT('B')),
    grade: 'failed',
    failed: ['R17'],
  },
  { what: 'R17: no fingerprint', more: withFingerprint(PRINT('B')), grade: 'proven', failed: [], open: ['R17'] },
  {
    what: 'R19: a root disk without protected keys',
    forgery: {
      body: (b) => {
        b.root = { cipher: 'aes-xts-plain64', label: 'cryptroot' };
      },
    },
    grade: 'proven',
    failed: ['R19'],
  },
  {
    what: 'R19: nothing about the root disk',
    forgery: { body: (b) => void delete b.root },
    grade: 'proven',
    failed: [],
    open: ['R19'],
  },
  {
    what: 'R21: a clock that is ahead, in the answer to a challenge',
    forgery: {
      ...challenge.answer,
      body: (b) => {
        challenge.answer.body?.(b);
        b.guest.time = later(11 * MINUTE);
      },
    },
    more: challenge.more,
    grade: 'proven',
    failed: ['R21'],
  },
  { what: 'R22: a simulated guest in production', more: { production: true }, grade: 'failed', failed: ['R22'] },
  // what is missing is not passed
  {
    what: 'no attestation',
    forgery: { request: false },
    grade: 'claimed',
    failed: [],
    open: ['C01', 'C02', 'C03', 'R03', 'R04', 'R05', 'R06', 'R07', 'R14', 'R15'],
  },
  {
    what: 'no attestation and no MAC',
    forgery: { request: false, macKey: false },
    grade: 'claimed',
    failed: [],
    open: ['C01', 'C02', 'C03', 'C04', 'R03', 'R04', 'R05', 'R06', 'R07', 'R14', 'R15'],
  },
  { what: 'no MAC', forgery: { macKey: false }, grade: 'list-attested', failed: [], open: ['C04'] },
  { what: 'my report key is lost', more: { reportKey: undefined }, grade: 'list-attested', failed: [], open: ['C04'] },
  {
    what: 'my attestation key is lost',
    more: { attestationKey: undefined },
    grade: 'claimed',
    failed: [],
    open: ['C01', 'C03', 'R03', 'R04', 'R14', 'R15'],
  },
  { what: 'no ledger was kept', more: { ledger: undefined }, grade: 'claimed', failed: [], open: ['R02', 'R03'] },
  {
    what: 'I made no request',
    more: expecting({ attestation_request_sha256: undefined as never }),
    grade: 'claimed',
    failed: [],
    open: ['C02'],
  },
  {
    what: 'an extension secret that the image builder knows as well',
    more: expecting({ extension_secret: 'cck-derived' }),
    grade: 'list-attested',
    failed: [],
  },
  { what: 'no extension secret', more: expecting({ extension_secret: 'none' }), grade: 'list-attested', failed: [] },
];

describe('each check on its own', () => {
  it.each(CASES)('$what: $grade', ({ forgery, more, grade, failed, open }) => {
    const v = judge(forge(forgery), more);
    honest(v);
    expect(withOutcome(v, 'failed')).toEqual([...failed]);
    expect(withOutcome(v, 'not-checked')).toEqual([...(open ?? []), 'R18', 'R20'].sort());
    expect(v.grade).toBe(grade);
    const text = verdictAsText(v);
    for (const id of failed) expect(text).toContain(CHECKS[id]?.failure);
    if (grade === 'list-attested' || grade === 'claimed') expect(text).toContain('To be proven it lacks:');
  });
  it('every check that can fail has failed here', () => {
    const seen = new Set(CASES.flatMap((c) => c.failed));
    // R01 throws, R03 asks, R04 is inside C01, R14 is inside R07, R18 and R20 are not ours to check
    expect(Object.keys(CHECKS).filter((id) => !seen.has(id))).toEqual(['R01', 'R03', 'R04', 'R14', 'R18', 'R20']);
  });
  it('one failed C or D check always makes "failed", whatever else passed; a failed I check never does', () => {
    const v = judge(forge());
    for (const c of v.checks) {
      const with_ = (outcome: ReportCheck['outcome'], cls: ReportCheck['class']): Grade =>
        gradeOf(
          v.checks.map((x) => (x.id === c.id ? { ...x, outcome, class: cls } : x)),
          true,
          true,
        );
      expect(with_('failed', 'C'), c.id).toBe('failed');
      expect(with_('failed', 'D'), c.id).toBe('failed');
      expect(with_('failed', 'I'), c.id).not.toBe('failed');
    }
  });
});

describe('possession shown', () => {
  const C = challengeOf(ALL);
  const unattested: Forgery = { ...C.answer, request: false };
  it('without attestation: a MAC, a nonce of mine, equal sets', () => {
    const v = judge(forge(unattested), C.more);
    honest(v);
    expect(v.grade).toBe('possession-shown');
  });
  it('with an attestation in which the machine offered no store hash', () => {
    const bare = challengeOf(['nonce', 'image-host-key-hash', 'attestation-host-key-hash']);
    const v = judge(forge(bare.answer), bare.more);
    honest(v);
    expect(v.grade).toBe('possession-shown');
    expect(withOutcome(v, 'not-checked')).toEqual(['R07', 'R14', 'R15', 'R18', 'R20']);
  });
  it.each([
    ['no MAC', { macKey: false }, {}],
    ['no challenge', {}, { challenge: undefined }],
    [
      'another bundle',
      {
        body: (b) => {
          C.answer.body?.(b);
          b.bundle.id = other.id.id;
        },
      },
      {},
    ],
    [
      'a secret missing',
      {
        body: (b) => {
          C.answer.body?.(b);
          b.store.entries.pop();
          b.store.total--;
        },
      },
      {},
    ],
    [
      'a secret extra',
      {
        body: (b) => {
          C.answer.body?.(b);
          b.store.entries.push({ index: 3, type: 3, id: 'ab'.repeat(32) });
          b.store.total++;
        },
      },
      {},
    ],
    [
      'another nonce',
      {
        body: (b) => {
          C.answer.body?.(b);
          b.challenge.nonce = '0'.repeat(64);
        },
      },
      {},
    ],
    ['no ledger', {}, { ledger: undefined }],
  ] as [string, Forgery, Partial<VerifyInput>][])('not with %s', (_, forgery, more) => {
    const v = judge(forge({ ...unattested, ...forgery }), { ...C.more, ...more });
    honest(v);
    expect(v.grade).toBe('claimed');
  });
  it('a MAC that does not fit fails, attested or not', () => {
    expect(judge(forge({ ...unattested, macKey: new Uint8Array(64) }), C.more).grade).toBe('failed');
  });
});

describe('starts of one bundle (R03)', () => {
  const first = sightingOf(judge(forge()));
  it('a known guest passes, a second one is asked about; neither changes the grade', () => {
    if (!first) throw new Error('a proven report leaves a sighting');
    const again = judge(
      forge({
        body: (b) => {
          b.phase = 'early';
        },
      }),
      { ledger: [first] },
    );
    expect(check(again, 'R03')).toMatchObject({
      outcome: 'passed',
      class: 'D',
      found: expect.stringContaining('known since 2026-11-24T05:00:00Z'),
    });
    const second = judge(forge({ state: { cuid: new Uint8Array(16).fill(0xd2) } }), { ledger: [first] });
    expect(check(second, 'R03')).toMatchObject({
      outcome: 'question',
      expected: expect.stringContaining(first.cuid),
      found: expect.stringContaining('d2'.repeat(16)),
    });
    expect([again.grade, second.grade]).toEqual(['proven', 'proven']);
  });
  it('an answer to a challenge by another guest than the one that booted is asked about too', () => {
    const v = judge(forge({ ...challenge.answer, state: { cuid: new Uint8Array(16).fill(0xd2) } }), {
      ...challenge.more,
      ledger: first ? [first] : [],
    });
    expect(check(v, 'R03')?.outcome).toBe('question');
  });
  it('nothing is remembered of a report whose attestation is not authentic', () => {
    expect(sightingOf(judge(forge(), { attestationKey: undefined }))).toBeUndefined();
    expect(
      sightingOf(judge(forge({ state: { tags: [] }, response: (x) => ({ ...x, measurement: new Uint8Array(64) }) }))),
    ).toBeUndefined();
  });
});

describe('the host has everything but the secrets', () => {
  it('the report of another bundle, of another tenant, for the same image', () => {
    const made = makeBundle('theirs', { values: new Map([...values, ['report-key', env.random(64)]]) });
    const theirs = boot({ host: hosts[0], image, entries: entriesOf(made) }, seededEnv('theirs')).report as Bytes;
    const v = judge(theirs);
    expect(v.grade).toBe('failed');
    expect(withOutcome(v, 'failed')).toEqual(expect.arrayContaining(['C01', 'C02', 'C04']));
  });
  it('an attestation with the right store hash, and a report key of its own', () => {
    const v = judge(forge({ macKey: env.random(64) }));
    expect(check(v, 'R07')).toMatchObject({ outcome: 'passed', class: 'D' });
    expect(v.grade).toBe('failed');
    expect(judge(forge({ macKey: false })).grade).toBe('list-attested');
  });
  it('look-alikes of every request, with the same tags: the store hash is green, the MAC is red', () => {
    const extensionSecret = env.random(32);
    let list = entries;
    for (const s of E.submission_order) {
      const original = parseRequest(fileOf(entries, `sics/${s.file}`));
      const value = env.random(original.secretLength);
      if (original.kind === 'plaintext') value.set([0, original.secretLength - 2]);
      const imitation = makeLookalike(
        {
          hostKeys: hosts.map((h) => h.keys.publicKey),
          host: hosts[0].keys.publicKey,
          original,
          secret: { kind: original.kind, value, ...(original.id ? { id: original.id } : {}) },
          extensionSecret,
        },
        env,
      );
      list = withFile(list, `sics/${s.file}`, imitation);
    }
    const result = boot({ host: hosts[0], image, entries: list }, seededEnv('look-alikes'));
    expect(result.booted).toBe(true);
    const v = judge(result.report as Bytes);
    for (const id of ['C01', 'C02', 'C03', 'R07']) expect(check(v, id)?.outcome, id).toBe('passed');
    expect(withOutcome(v, 'failed')).toEqual(['C04']);
    expect(v.grade).toBe('failed');
  });
});

describe('R01: what is not a report', () => {
  const text = new TextDecoder().decode(genuineReport);
  const code = (report: Bytes): string => {
    try {
      return judge(report).grade;
    } catch (e) {
      if (e instanceof SelError) return e.code;
      throw e;
    }
  };
  it('cut short anywhere', () => {
    for (let i = 0; i < 100; i++)
      expect(code(genuineReport.slice(0, Math.floor((i * (genuineReport.length - 2)) / 100)))).toMatch(
        /^(empty|bad-encoding|too-short)$/,
      );
  });
  it('with one more field anywhere, and what it says is not repeated', () => {
    const LEAK = 'correct-horse-battery';
    const paths: (string | number)[][] = [];
    const walk = (v: unknown, path: (string | number)[]): void => {
      if (Array.isArray(v)) for (const [i, x] of v.entries()) walk(x, [...path, i]);
      else if (typeof v === 'object' && v !== null) {
        paths.push(path);
        for (const [k, x] of Object.entries(v)) walk(x, [...path, k]);
      }
    };
    walk(JSON.parse(text), []);
    expect(paths.length).toBeGreaterThan(20);
    for (const path of paths) {
      const doc = JSON.parse(text);
      const target = path.reduce((d, k) => d[k], doc);
      target[LEAK] = LEAK;
      try {
        judge(utf8(JSON.stringify(doc)));
        expect.unreachable(path.join('.'));
      } catch (e) {
        expect(e).toBeInstanceOf(SelError);
        expect((e as SelError).code, path.join('.')).toBe('unknown-field');
        expect(JSON.stringify((e as SelError).facts)).not.toContain(LEAK);
      }
    }
  });
  it.each([
    ['a key twice', text.replace('"phase": "final"', '"phase": "final", "phase": "early"'), 'duplicate'],
    ['over 1 MiB', text + ' '.repeat(1024 * 1024), 'too-long'],
    ['a string of a megabyte', `{"format":"${'x'.repeat(1_000_000)}"}`, 'bad-value'],
    ['nested without end', '['.repeat(500_000), 'bad-encoding'],
    ['nested and closed', `${'['.repeat(300_000)}${']'.repeat(300_000)}`, 'bad-value'],
    ['another version', text.replace('"version": 1', '"version": 2'), 'bad-value'],
    ['a time that is none', text.replace(/"time": "[^"]*"/, '"time": "2026-13-99"'), 'bad-value'],
    ['an attestation that is not Base64', text.replace(/"response": "..../, '"response": "!!!!'), 'bad-encoding'],
    ['an attestation that is something else', text.replace(/"response": "[^"]*"/, '"response": "aGVsbG8="'), 'wrong-magic'],
  ])('%s', (_, report, expected) => expect(code(utf8(report))).toBe(expected));
  it('any bit changed: refused or failed, never more', () => {
    fc.assert(
      fc.property(fc.nat(genuineReport.length - 1), fc.nat(7), (at, bit) => {
        const changed = genuineReport.slice();
        changed[at] = (changed[at] as number) ^ (1 << bit);
        expect(['proven', 'list-attested', 'possession-shown', 'claimed']).not.toContain(code(changed));
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});

describe('the story behind a wrong store hash', () => {
  const older = [other.expected];
  const story = (tags: readonly Bytes[], locked: boolean) => diagnose(secretStoreHash(tags, locked), E, older);
  const [t0, t1, t2, ...rest] = TAGS as [Bytes, Bytes, Bytes, ...Bytes[]];
  it.each([
    [story(TAGS, false), { kind: 'lock', locked: false }, /only the lock differs: store not locked/],
    [story([], false), { kind: 'empty', locked: false }, /The store is empty; store not locked/],
    [story(TAGS.slice(1), true), { kind: 'without-toc', locked: true }, /toc\.asr is not in the list/],
    [
      story([t0, t1, t2], false),
      { kind: 'stopped-after', file: 'cck.asr', position: 3, total: 6, locked: false },
      /stopped after request 3 of 6 \(cck\.asr\); store not locked/,
    ],
    [
      story([t0, t1, ...rest], true),
      { kind: 'left-out', file: 'cck.asr', position: 3, locked: true },
      /Request 3, cck\.asr, is missing/,
    ],
    [
      story([t0, t1, t1, t2, ...rest], true),
      { kind: 'doubled', file: 'manifest.asr', position: 2, locked: true },
      /submitted twice/,
    ],
    [story([t0, t2, t1, ...rest], true), { kind: 'swapped', file: 'manifest.asr', position: 2, locked: true }, /changed places/],
    [
      story(
        other.expected.submission_order.map((s) => Uint8Array.from(Buffer.from(s.tag, 'hex'))),
        true,
      ),
      { kind: 'other-bundle', serial: 1, locked: true },
      /your bundle number 1/,
    ],
    [story([...TAGS, new Uint8Array(16)], true), { kind: 'foreign' }, /not yours/],
  ])('%#', (found, expected, says) => {
    expect(found).toEqual(expected);
    expect(diagnosisSays(found)).toMatch(says);
  });
  it('is part of the verdict', () => {
    const v = judge(forge({ state: { tags: TAGS.slice(0, 3), locked: false } }));
    expect(v.diagnosis).toMatchObject({ kind: 'stopped-after', file: 'cck.asr' });
    expect(verdictAsText(v)).toContain('It stopped after request 3 of 6 (cck.asr); store not locked.');
  });
});
