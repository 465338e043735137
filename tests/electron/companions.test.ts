/** What goes with a key in the window's main side: ssh host certificates and their CA, signing requests and the answer to them. */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { openProject } from '../../core/project/file.ts';
import { nodeEnv } from '../../edge/env.ts';
import type { Answer, ProjectView, PublicView, SecretView } from '../../electron/contract.ts';
import { createDispatch, type Dispatch } from '../../electron/handlers.ts';
import { Session } from '../../electron/session.ts';
import { codeOf } from '../support/errors.ts';
import { testPlatform } from '../support/platform.ts';
import { haveOpenssl, haveSshKeygen, itWith, run } from '../support/programs.ts';
import { scratch } from '../support/webtenant.ts';

const dir = scratch();
process.env.XDG_STATE_HOME = dir.path('state');
afterAll(() => dir.remove());

const platform = testPlatform(dir.path(''));
const SSH = 'ssh-host-ed25519-key';
const TLS = 'tls-web-key';

let dispatch: Dispatch;
const ask = async (channel: string, args: unknown): Promise<ProjectView> => {
  const answer = (await dispatch(channel, args)) as Answer<ProjectView>;
  if (!answer.ok) throw new Error(`${answer.code}: ${answer.what}`);
  return answer.value;
};
const card = (view: ProjectView, name: string) => view.secrets.find((s) => s.name === name) as SecretView;
const entry = (view: ProjectView, name: string) => view.publics.find((p) => p.name === name) as PublicView;
const value = async (name: string): Promise<Uint8Array> =>
  ((await dispatch('secrets.reveal', { name })) as { value: { value: Uint8Array } }).value.value as Uint8Array;
const order = (ca: { name: string; bytes: Uint8Array } | null, passphrase = '', more = {}) => ({
  name: SSH,
  ca,
  passphrase: utf8(passphrase),
  principals: ['web-01.example', '10.0.0.7'],
  days: 30,
  ...more,
});
/** A CA key as PEM. */
const caPem = (passphrase?: string): Uint8Array =>
  utf8(
    generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({
        type: 'pkcs8',
        format: 'pem',
        ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
      })
      .toString(),
  );

beforeEach(async () => {
  dispatch = createDispatch(platform, new Session({ env: nodeEnv, home: dir.path('home') }));
  await ask('project.sample', {});
  await ask('policy.template', { name: 'web-server' });
  await ask('secrets.generate-all', {});
});

describe('a host certificate', () => {
  it('is signed with the CA of a file, whose bytes are wiped, and given to the entry of the policy', async () => {
    const ca = caPem();
    const before = await ask('project.view', {});
    expect(card(before, SSH)).toMatchObject({ makes: 'host-certificate', certificate: 'ssh-host-cert' });
    const view = await ask('secrets.certify', order({ name: 'ca.pem', bytes: ca }));
    expect(ca.every((b) => b === 0)).toBe(true);
    expect(entry(view, 'ssh-host-cert')).toMatchObject({ state: 'ready', traps: [] });
    const facts = Object.fromEntries(entry(view, 'ssh-host-cert').facts.map((f) => [f.about, f.value]));
    expect(facts.Names).toBe('web-01.example, 10.0.0.7');
    expect(facts['For known_hosts of clients']).toMatch(/^@cert-authority web-01\.example,10\.0\.0\.7 ecdsa-sha2-nistp256 AAAA/);
    expect(view.lacks.secrets.join()).not.toContain('ssh-host-cert');
  });
  it('takes the passphrase of an encrypted CA key, and refuses without it or with another; all is wiped', async () => {
    for (const [passphrase, code] of [
      ['', 'encrypted'],
      ['wrong', 'wrong-passphrase'],
    ] as const) {
      const ca = caPem('open sesame');
      const args = order({ name: 'ca.pem', bytes: ca }, passphrase);
      expect(await dispatch('secrets.certify', args)).toMatchObject({ ok: false, code });
      expect(ca.every((b) => b === 0)).toBe(true);
      expect(args.passphrase.every((b) => b === 0)).toBe(true);
    }
    const view = await ask('secrets.certify', order({ name: 'ca.pem', bytes: caPem('open sesame') }, 'open sesame'));
    expect(entry(view, 'ssh-host-cert').state).toBe('ready');
  });
  itWith(haveSshKeygen, 'ssh-keygen', 'reads as one for ssh-keygen, signed by a CA that nobody has', async () => {
    const view = await ask('secrets.certify', order(null));
    // no channel gives the content back: the project file has it
    await ask('project.create', { path: dir.path('p.selwright'), name: 'p', passphrase: utf8('a passphrase of some length') });
    const { project } = openProject(readFileSync(dir.path('p.selwright')), 'a passphrase of some length');
    const file = dir.write('host-cert.pub', project.publics.find((p) => p.name === 'ssh-host-cert')?.content ?? utf8(''));
    const shown = run('ssh-keygen', ['-Lf', file]).toString();
    expect(shown).toContain('host certificate');
    expect(shown).toContain('web-01.example');
    expect(shown).toContain(card(view, SSH).key?.fingerprint ?? 'nothing');
    for (const f of entry(view, 'ssh-host-cert').facts.filter((x) => x.about === 'Signed by')) expect(shown).toContain(f.value);
    await ask('project.reset', {});
  });
  it('of the key before is told on both cards, and a new one puts it right', async () => {
    await ask('secrets.certify', order(null));
    const other = await ask('secrets.generate', { name: SSH });
    expect(card(other, SSH)).toMatchObject({
      state: 'wrong',
      traps: [{ says: 'It does not belong to the certificate beside it.' }],
    });
    expect(entry(other, 'ssh-host-cert')).toMatchObject({
      state: 'wrong',
      traps: [{ says: 'It does not belong to the key beside it.' }],
    });
    expect(other.lacks.review.join()).toContain('The content of ssh-host-cert does not fit.');
    const again = await ask('secrets.certify', order(null));
    expect([card(again, SSH).state, entry(again, 'ssh-host-cert').state]).toEqual(['ready', 'ready']);
  });
  it('is refused for names, days and secrets that cannot be', async () => {
    for (const more of [{ principals: [] }, { principals: ['a b'] }, { days: 0 }, { days: 36501 }, { name: TLS }])
      expect(await dispatch('secrets.certify', order(null, '', more)), JSON.stringify(more)).toMatchObject({ ok: false });
    expect(entry(await ask('project.view', {}), 'ssh-host-cert').state).toBe('missing');
  });
});

describe('a signing request', () => {
  const subject = { name: TLS, commonName: 'web-01.example', organization: 'ACME', names: ['web-01.example', '10.0.0.7'] };
  itWith(haveOpenssl, 'openssl', 'is one for openssl; its answer is checked against the key', async () => {
    const view = await ask('secrets.request', subject);
    const text = card(view, TLS).request ?? '';
    const csr = dir.path('home', 'web.csr');
    // our own place is made when it is first written to
    expect(existsSync(dir.path('home'))).toBe(false);
    expect(await dispatch('secrets.request-save', { name: TLS, path: csr })).toMatchObject({ ok: true });
    expect(readFileSync(csr, 'utf8')).toBe(text);
    const shown = run('openssl', ['req', '-in', csr, '-noout', '-verify', '-text']).toString();
    for (const t of ['CN = web-01.example', 'O = ACME', 'DNS:web-01.example', 'IP Address:10.0.0.7'])
      expect(shown.replaceAll(/(CN|O)=/g, '$1 = ')).toContain(t);

    const key = dir.write('web.key', await value(TLS));
    const made = (out: string, ...from: string[]) =>
      run('openssl', ['req', '-x509', ...from, '-nodes', '-out', dir.path(out), '-subj', '/CN=web-01.example', '-days', '30']);
    made('own.pem', '-key', key);
    made('other.pem', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-keyout', dir.path('other.key'));
    const give = (file: string) =>
      ask('publics.import', { name: 'web-cert', bytes: new Uint8Array(readFileSync(dir.path(file))) });
    const other = await give('other.pem');
    expect(entry(other, 'web-cert')).toMatchObject({
      state: 'wrong',
      traps: [{ says: 'It does not belong to the key beside it.' }],
    });
    expect(card(other, TLS).state).toBe('wrong');
    const own = await give('own.pem');
    expect([entry(own, 'web-cert').state, card(own, TLS).state]).toEqual(['ready', 'ready']);
    expect(entry(own, 'web-cert').facts.map((f) => f.value)).toContain('CN=web-01.example');
  });
  it('goes with its key: a new key has none', async () => {
    expect(card(await ask('secrets.request', subject), TLS).request).toContain('BEGIN CERTIFICATE REQUEST');
    expect(card(await ask('secrets.generate', { name: TLS }), TLS).request).toBeNull();
    expect(await dispatch('secrets.request-save', { name: TLS, path: dir.path('old.csr') })).toMatchObject({ ok: false });
    expect(existsSync(dir.path('old.csr'))).toBe(false);
  });
  it('is refused without a name, and for what is no TLS key', async () => {
    expect(await dispatch('secrets.request', { ...subject, commonName: '', names: [] })).toMatchObject({ ok: false });
    expect(await dispatch('secrets.request', { ...subject, name: SSH })).toMatchObject({ ok: false, code: 'unsupported' });
  });
});

describe('a public entry', () => {
  it('refuses a private key at the door, and wipes it', async () => {
    const key = await value(SSH);
    expect(await dispatch('publics.import', { name: 'ssh-user-ca', bytes: key })).toMatchObject({ ok: false, code: 'bad-value' });
    expect(key.every((b) => b === 0)).toBe(true);
    expect(entry(await ask('project.view', {}), 'ssh-user-ca').state).toBe('missing');
  });
  it('says what it took, and what does not fit', async () => {
    const { key } = card(await ask('project.view', {}), SSH);
    const good = await ask('publics.import', { name: 'ssh-user-ca', bytes: utf8(`${key?.publicLine} ca@acme\n`) });
    expect(entry(good, 'ssh-user-ca')).toMatchObject({ state: 'ready', facts: [{ value: `ssh-ed25519, ${key?.fingerprint}` }] });
    const bad = await ask('publics.import', { name: 'ssh-user-ca', bytes: utf8('hello\n') });
    expect(entry(bad, 'ssh-user-ca')).toMatchObject({ state: 'wrong', facts: [] });
    expect(bad.lacks.secrets.join()).toContain('The content of ssh-user-ca does not fit.');
  });
});

describe('what came for nothing', () => {
  it('a CA key and its passphrase are wiped when there is nothing to sign', () => {
    const session = new Session({ env: nodeEnv, home: dir.path('home') });
    session.openSample();
    const ca = caPem();
    const passphrase = utf8('open sesame');
    const wrong = { ca: { name: 'ca.pem', bytes: ca }, passphrase, principals: ['web-01.example'], days: 30 };
    expect(codeOf(() => session.certificates.sign('luks-rfs-passphrase', wrong))).toBe('unsupported');
    expect([...ca, ...passphrase].every((b) => b === 0)).toBe(true);
  });
  it('a value that was made for a project that is closed by then is wiped', async () => {
    const drawn: Uint8Array[] = [];
    const random = (n: number): Uint8Array => {
      const bytes = nodeEnv.random(n);
      drawn.push(bytes);
      return bytes;
    };
    const session = new Session({ env: { ...nodeEnv, random }, home: dir.path('home') });
    session.openSample();
    drawn.length = 0;
    const made = session.values.generate('cck', {});
    session.reset();
    await expect(made).rejects.toMatchObject({ code: 'conflict' });
    const keys = drawn.filter((b) => b.length === 32);
    expect(keys.length).toBeGreaterThan(0);
    for (const k of keys) expect([...k].every((b) => b === 0)).toBe(true);
  });
});
