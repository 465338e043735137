/** What came in secret is wiped, whatever became of the call. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bytes, utf8 } from '../../core/bytes.ts';
import { nodeEnv } from '../../edge/env.ts';
import { createDispatch, type Dispatch } from '../../electron/handlers.ts';
import { Session } from '../../electron/session.ts';
import { testPlatform } from '../support/platform.ts';
import { scratch } from '../support/webtenant.ts';

const dir = scratch();
process.env.XDG_STATE_HOME = dir.path('state');
afterAll(() => dir.remove());

const NOWHERE = 'not/a/whole/path';
const order = { principals: ['web-01.example'], days: 30 };
/** Calls that come to nothing, by the code they are refused with. */
const REFUSED: readonly [string, string, (secret: Bytes, second: Bytes) => unknown][] = [
  ['secrets.type', 'not-found', (value) => ({ name: 'nobody', value })],
  ['secrets.type', 'bad-arguments', (value) => ({ name: 'cck', value, more: 1 })],
  ['secrets.import', 'not-found', (bytes) => ({ name: 'nobody', bytes })],
  ['secrets.strength', 'not-found', (value) => ({ name: 'nobody', value })],
  ['secrets.remedy', 'missing-value', (passphrase) => ({ name: 'cck', remedy: 'decrypt', passphrase })],
  ['secrets.certify', 'not-found', (p, bytes) => ({ name: 'nobody', ca: { name: 'ca', bytes }, passphrase: p, ...order })],
  ['secrets.certify', 'bad-arguments', (p, bytes) => ({ name: 'cck', ca: { name: '', bytes }, passphrase: p, ...order })],
  ['publics.import', 'not-found', (bytes) => ({ name: 'nobody', bytes })],
  ['project.create', 'bad-name', (passphrase) => ({ path: dir.path('x'), name: '-', passphrase })],
  ['project.open', 'bad-value', (passphrase) => ({ path: NOWHERE, passphrase, backup: false })],
  ['project.unlock', 'missing-value', (passphrase) => ({ passphrase })],
  ['project.passphrase', 'missing-value', (passphrase) => ({ passphrase })],
  ['officer.project', 'bad-value', (passphrase) => ({ path: NOWHERE, passphrase })],
  ['officer.key', 'bad-value', (passphrase) => ({ path: NOWHERE, name: 'officer', passphrase })],
  [
    'officer.sign',
    'missing-value',
    (passphrase) => ({ key: { name: 'k', bytes: utf8('k') }, passphrase, decision: 'approve', comment: '', path: NOWHERE }),
  ],
];

describe('a call that is refused', () => {
  const session = new Session({ env: nodeEnv, home: dir.path('home') });
  let dispatch: Dispatch;
  const refused = async (channel: string, code: string, args: (a: Bytes, b: Bytes) => unknown): Promise<void> => {
    const secrets: [Bytes, Bytes] = [utf8('correct horse battery staple'), utf8('correct horse battery staple')];
    const given = args(...secrets);
    expect(await dispatch(channel, given)).toMatchObject({ ok: false, code });
    expect(secrets[0].every((b) => b === 0)).toBe(true);
    if (channel === 'secrets.certify') expect(secrets[1].every((b) => b === 0)).toBe(true);
  };

  beforeAll(() => {
    session.openSample();
    dispatch = createDispatch(testPlatform(dir.path('')), session);
  });
  afterAll(() => session.reset());

  it.each(REFUSED)('%s: %s', refused);
  it('because the project is locked', async () => {
    session.create(dir.path('locked.selwright'), 'locked', utf8('a passphrase of some length'));
    session.lock();
    await refused('secrets.type', 'locked', (value) => ({ name: 'cck', value }));
    await refused('publics.import', 'locked', (bytes) => ({ name: 'nobody', bytes }));
  });
});
