/** sha512crypt against its specification's vectors, and against openssl and mkpasswd. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { freshSha512crypt, isHashOf, OWN_ROUNDS, sha512crypt } from '../../core/values/crypt.ts';
import { makeLogin, readLogin } from '../../core/values/login.ts';
import { nodeSha512 } from '../../edge/values.ts';
import { seededEnv } from '../support/env.ts';
import { codeOf } from '../support/errors.ts';
import { haveOpenssl, itWith, run } from '../support/programs.ts';
import { LOGIN, secret } from './secrets.ts';

const mkpasswdYes = (): boolean => spawnSync('mkpasswd', ['-m', 'yescrypt', 'x']).status === 0;

/** "Unix crypt using SHA-256 and SHA-512", section "Test vectors": setting, password, hash. */
const VECTORS = [
  [
    '$6$saltstring',
    'Hello world!',
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  ],
  [
    '$6$rounds=10000$saltstringsaltstring',
    'Hello world!',
    '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
  ],
  [
    '$6$rounds=5000$toolongsaltstring',
    'This is just a test',
    '$6$rounds=5000$toolongsaltstrin$lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxUhx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0',
  ],
  [
    '$6$rounds=1400$anotherlongsaltstring',
    'a very much longer text to encrypt.  This one even stretches over morethan one line.',
    '$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1',
  ],
  [
    '$6$rounds=77777$short',
    'we have a short salt string but not a short password',
    '$6$rounds=77777$short$WuQyW2YR.hBNpjjRhpYD/ifIw05xdfeEyQoMxIXbkvr0gge1a1x3yRULJ5CCaUeOxFmtlcGZelFl5CxtgfiAc0',
  ],
  [
    '$6$rounds=123456$asaltof16chars..',
    'a short string',
    '$6$rounds=123456$asaltof16chars..$BtCwjqMJGx5hrJhZywWvt0RLE8uZ4oPwcelCjmw2kSYu.Ec6ycULevoBK25fs2xXgMNrCzIMVcgEJAstJeonj1',
  ],
  [
    '$6$rounds=10$roundstoolow',
    'the minimum number is still observed',
    '$6$rounds=1000$roundstoolow$kUMsbe306n21p9R.FRkW3IGn.S9NPN0x50YhH1xhLsPuWGsUSklZt58jaTfF4ZEQpyUNGc0dqbpBYYBaHHrsX.',
  ],
] as const;

describe('sha512crypt', () => {
  it.each(VECTORS)('%s', (setting, password, hash) => {
    expect(sha512crypt(utf8(password), setting, nodeSha512)).toBe(hash);
  });

  it('is the same without Node', () => {
    const [setting, password, hash] = VECTORS[3];
    expect(sha512crypt(utf8(password), setting)).toBe(hash);
  });

  itWith(haveOpenssl, 'openssl', 'makes what openssl makes, 40 passwords of all lengths', () => {
    const salt = fc.stringMatching(/^[./0-9A-Za-z]{1,16}$/);
    const password = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 130 }).filter((t) => !/[\0\n\r]/.test(t));
    fc.assert(
      fc.property(salt, password, (s, p) => {
        fc.pre(utf8(p).length <= 255);
        const theirs = run('openssl', ['passwd', '-6', '-salt', s, '-stdin'], utf8(`${p}\n`))
          .toString()
          .trim();
        expect(sha512crypt(utf8(p), `$6$${s}`, nodeSha512)).toBe(theirs);
      }),
      { numRuns: 40 },
    );
  });

  const mkpasswd = spawnSync('mkpasswd', ['--version']).error === undefined;
  itWith(mkpasswd, 'mkpasswd', 'makes what mkpasswd makes with rounds', () => {
    for (const rounds of [1000, 1001, 5000, 20_000]) {
      const theirs = run('mkpasswd', ['-m', 'sha-512', '-R', String(rounds), '-S', 'Zx./09saltsalt', '-s'], utf8('p w\n'));
      expect(sha512crypt(utf8('p w'), `$6$rounds=${rounds}$Zx./09saltsalt`, nodeSha512)).toBe(theirs.toString().trim());
    }
  });

  it('salts afresh, with rounds that are stated', () => {
    const env = seededEnv('salts');
    const [a, b] = [freshSha512crypt(utf8('x'), env, nodeSha512), freshSha512crypt(utf8('x'), env, nodeSha512)];
    expect(a).toMatch(new RegExp(`^\\$6\\$rounds=${OWN_ROUNDS}\\$[./0-9A-Za-z]{16}\\$[./0-9A-Za-z]{86}$`));
    expect(b).not.toBe(a);
    expect(isHashOf(a, utf8('x'), nodeSha512)).toBe(true);
    expect(isHashOf(a, utf8('y'), nodeSha512)).toBe(false);
  });

  it('does not say in an hour what nobody waits for', () => {
    const started = performance.now();
    expect(isHashOf('$6$rounds=999999999$salt$x', utf8('x'))).toBeUndefined();
    expect(isHashOf('$y$j9T$salt$x', utf8('x'))).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('other settings are refused', () => {
    expect(codeOf(() => sha512crypt(utf8('x'), '$5$salt'))).toBe('not-recognised');
  });
});

describe('a login', () => {
  it('is the user of the policy and a hash of the password', () => {
    const line = makeLogin(LOGIN, utf8('correct horse'), seededEnv('login'), nodeSha512);
    const read = readLogin(line);
    expect(read).toMatchObject({ what: 'login', user: 'admin', kind: 'sha512crypt' });
    expect(isHashOf((read as { hash: string }).hash, utf8('correct horse'), nodeSha512)).toBe(true);
    expect(Buffer.from(line).toString()).not.toContain('correct horse');
  });

  it('is not made where the policy takes yescrypt only, without a user, or from what nobody can type', () => {
    const env = seededEnv('login');
    const make = (s: typeof LOGIN, password: string) => codeOf(() => makeLogin(s, utf8(password), env, nodeSha512));
    expect(make(secret('admin-password', 'plaintext', { hash: ['yescrypt'] }), 'x')).toBe('unsupported');
    expect(make(secret('admin-password', 'plaintext', {}, { apply: { kind: 'none' } }), 'x')).toBe('missing-value');
    expect(make(LOGIN, '')).toBe('empty');
    expect(make(LOGIN, 'a\nb')).toBe('bad-value');
    expect(make(LOGIN, 'x'.repeat(513))).toBe('too-long');
  });

  itWith(mkpasswdYes(), 'mkpasswd', 'with a yescrypt hash of mkpasswd is read', () => {
    const hash = run('mkpasswd', ['-m', 'yescrypt', '-s'], utf8('x\n')).toString().trim();
    expect(readLogin(utf8(`admin:${hash}\n`))).toMatchObject({ what: 'login', kind: 'yescrypt', user: 'admin' });
    expect(readLogin(utf8(hash))).toMatchObject({ what: 'bare-hash', kind: 'yescrypt' });
  });

  it('of other kinds is told from a password', () => {
    for (const hash of ['$5$salt$abcdefghijk', 'root:$1$abcd$abcdefghijkl', '$2b$10$abcdefghijklmnopqrstuv'])
      expect(readLogin(utf8(hash)).what).toBe('other-hash');
    for (const clear of ['hunter2', 'a:b', '$money$', 'my$6$pass word', '']) expect(readLogin(utf8(clear)).what).toBe('clear');
    expect(readLogin(new Uint8Array([0xff, 0xfe])).what).toBe('clear');
  });
});
