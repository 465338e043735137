/** For each point of the verdict, a report that fails it; where no report can, why. Source: spec page "retrieval-report", section 5. */
import { freshKeyPair } from '../core/crypto/p521.ts';
import type { Grade } from '../core/report/verdict.ts';
import { openKeySlot } from '../core/request/keyslot.ts';
import { nodeEnv } from '../edge/env.ts';
import type { BodyDraft, Forgery, Genuine } from '../tests/support/forger.ts';

const ago = (hours: number): string => `${new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 19)}Z`;
const ZEROS = '0'.repeat(64);

/** What a report does, and what the window must show of it. */
export interface FailingReport {
  readonly point: string;
  readonly what: string;
  readonly forgery: Forgery;
  /** outcome of the point itself */
  readonly shows: 'failed' | 'not checked' | 'for you to judge';
  /** every point that is shown as failed; the point alone unless given */
  readonly failed?: readonly string[];
  readonly grade: Grade;
  /** why it cannot fail alone, or cannot lower the grade */
  readonly because?: string;
}

const secret = (b: BodyDraft, name: string) => b.secrets.find((s) => s.name === name) ?? ({} as BodyDraft['secrets'][number]);
const body = (change: (b: BodyDraft) => unknown): Forgery => ({ body: change });

/** One for every point but R01, whose report is none. @param foreignRequest one that was not made here, but with the same key */
export const failingReports = (g: Genuine, foreignRequest: Uint8Array): readonly FailingReport[] => {
  const failing = (point: string, what: string, forgery: Forgery, more: Partial<FailingReport> = {}): FailingReport => ({
    point,
    what,
    forgery,
    shows: 'failed',
    grade: 'failed',
    ...more,
  });
  const machine = freshKeyPair(nodeEnv);
  return [
    failing('C01', 'the measurement altered', {
      response: (x) => ({ ...x, measurement: (x.measurement as Uint8Array).map((b, i) => (i === 9 ? b ^ 1 : b)) }),
    }),
    failing('C02', 'another request that the same key opens', { request: foreignRequest }),
    failing('C03', 'attested user data of something else', { userData: new Uint8Array(112) }),
    failing('C04', 'a MAC with another key', { macKey: new Uint8Array(64).fill(3) }),
    failing(
      'R02',
      'a report of yesterday',
      body((b) => (b.guest.time = ago(25))),
    ),
    {
      point: 'R03',
      what: 'a second guest',
      forgery: { state: { cuid: new Uint8Array(16).fill(0xd2) } },
      shows: 'for you to judge',
      failed: [],
      grade: 'proven',
      because: 'a restart looks the same: only a person knows',
    },
    {
      point: 'R04',
      what: 'another image',
      forgery: { state: { image: { ...g.image, tag: new Uint8Array(16) } } },
      shows: 'not checked',
      failed: ['C01'],
      grade: 'failed',
      because: 'the image is inside the measurement: it cannot be told apart from it',
    },
    failing('R05', 'the image opened on a machine that was not chosen', { state: { imageHostKeyHash: new Uint8Array(32) } }),
    failing('R06', 'attested on a machine that was not chosen', {
      state: { keys: machine, openSlot: (slots, customer, _, field) => openKeySlot(slots, customer, g.host.keys, field) },
    }),
    failing('R07', 'one request too many', { state: { tags: [...g.tags, new Uint8Array(16)] } }),
    failing(
      'R08',
      'another manifest',
      body((b) => (b.bundle.manifest_sha256 = ZEROS)),
    ),
    failing(
      'R09',
      'another policy',
      body((b) => (b.bundle.policy_sha256 = ZEROS)),
    ),
    failing(
      'R10',
      'a secret missing',
      body((b) => {
        b.store.entries.pop();
        b.store.total--;
      }),
    ),
    failing(
      'R11',
      'a secret too many',
      body((b) => {
        b.store.entries.push({ index: b.store.total, type: 3, id: 'ab'.repeat(32) });
        b.store.total++;
      }),
    ),
    failing(
      'R12',
      'another order',
      body((b) => b.store.entries.reverse()),
    ),
    failing(
      'R13',
      'a list that was cut',
      body((b) => b.store.entries.pop()),
      { grade: 'claimed' },
    ),
    {
      point: 'R14',
      what: 'the request of the communication key left out',
      forgery: { state: { tags: g.tags.filter((_, i) => i !== 2) } },
      shows: 'not checked',
      failed: ['R07'],
      grade: 'failed',
      because: 'that request is never listed: only the hash of the store shows it',
    },
    failing('R15', 'the store not locked', { state: { locked: false } }, { failed: ['R07', 'R15'] }),
    failing(
      'R16',
      'a secret that was not applied',
      body((b) => (secret(b, 'luks-rfs-passphrase').applied = false)),
    ),
    failing(
      'R17',
      'another ssh host key in use',
      body((b) => (secret(b, 'ssh-host-ed25519-key').public = { fingerprint: `SHA256:${'A'.repeat(43)}` })),
    ),
    {
      point: 'R18',
      what: 'a good report',
      forgery: {},
      shows: 'not checked',
      failed: [],
      grade: 'proven',
      because: 'only a person can look at the live service',
    },
    failing(
      'R19',
      'a root disk without protected keys',
      body((b) => (b.root = { cipher: 'aes-xts-plain64', label: 'cryptroot' })),
      { grade: 'proven', because: 'the guest says so itself: it informs, and does not count' },
    ),
    {
      point: 'R20',
      what: 'a good report',
      forgery: {},
      shows: 'not checked',
      failed: [],
      grade: 'proven',
      because: 'without a network there is no answer of IBM to compare with',
    },
    failing(
      'R21',
      'a clock that is ahead',
      body((b) => (b.guest.time = ago(-1))),
      { failed: ['R02', 'R21'] },
    ),
    {
      point: 'R22',
      what: 'a simulated guest',
      forgery: {},
      shows: 'for you to judge',
      failed: [],
      grade: 'proven',
      because: 'a rehearsal is wanted, and is called one',
    },
  ];
};
