/** Signatures of ssh-keygen: what it makes is accepted, what it refuses is refused, and hostile ones give typed errors. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { holdsFor, readApproval, SSH_NAMESPACES, sshMessage } from '../../core/approval/document.ts';
import { approverFingerprint, approverLine, makeApproverKey } from '../../core/approval/key.ts';
import { readSshSignature, sshSignatureFits } from '../../core/approval/sshsig.ts';
import { ed25519Of, readTrustedKey, readTrustedKeys } from '../../core/approval/trust.ts';
import { base64, hex, join as joinBytes, u32, utf8 } from '../../core/bytes.ts';
import { ed25519Sign, ed25519Verify } from '../../core/crypto/ed25519.ts';
import { SelError } from '../../core/errors.ts';
import { string } from '../../core/secret/sshwire.ts';
import { seededEnv } from '../support/env.ts';
import { haveSshKeygen, itWith, run } from '../support/programs.ts';
import * as v from './vectors.ts';

const env = seededEnv('sshsig');
const directory = mkdtempSync(join(tmpdir(), 'selwright-ssh-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const at = (name: string): string => join(directory, name);
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (e) {
    if (e instanceof SelError) return e.code;
    throw e;
  }
  return 'done';
};
const message = sshMessage(v.SHA256);
const { policy: POLICY, bundle: BUNDLE } = SSH_NAMESPACES;

describe('signatures that ssh-keygen made', () => {
  it.each([
    ['SHA-512', v.POLICY_SHA512, POLICY],
    ['SHA-256', v.POLICY_SHA256, POLICY],
    ['of a bundle', v.BUNDLE, BUNDLE],
  ])('%s', (_, armour, namespace) => {
    const s = readSshSignature(utf8(armour));
    expect(s.namespace).toBe(namespace);
    expect(sshSignatureFits(s, namespace, message)).toBe(true);
    expect(sshSignatureFits(s, namespace, sshMessage(v.SHA256.replace('7', '8')))).toBe(false);
    expect(sshSignatureFits(s, namespace, message.slice(0, -1))).toBe(false);
    for (const other of ['file', '', `${namespace} `, namespace === POLICY ? BUNDLE : POLICY])
      expect(sshSignatureFits(s, other, message)).toBe(false);
    expect(hex(ed25519Of(s.key))).toBe(hex(readTrustedKey(v.PUBLIC).publicKey));
  });
  it('are approvals of that hash and kind, and of no other', () => {
    const a = readApproval(utf8(v.POLICY_SHA512));
    expect(a).toMatchObject({ form: 'ssh', decision: 'approve', fingerprint: readTrustedKey(v.PUBLIC).fingerprint });
    expect(holdsFor(a, { kind: 'policy', sha256: v.SHA256 })).toBe('yes');
    expect(holdsFor(a, { kind: 'bundle', sha256: v.SHA256 })).toBe('other-subject');
    expect(holdsFor(a, { kind: 'policy', sha256: '0'.repeat(64) })).toBe('other-subject');
    expect(holdsFor(readApproval(utf8(v.BUNDLE)), { kind: 'bundle', sha256: v.SHA256 })).toBe('yes');
    expect(holdsFor(readApproval(utf8(v.BUNDLE)), { kind: 'policy', sha256: v.SHA256 })).toBe('other-subject');
  });
  itWith(haveSshKeygen, 'ssh-keygen', 'fresh ones as well, with every hash; and its own verify agrees', () => {
    run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'fresh', '-f', at('k')]);
    const line = readFileSync(at('k.pub'), 'utf8');
    const key = readTrustedKey(line);
    expect(key.fingerprint).toBe(
      run('ssh-keygen', ['-lf', at('k.pub')])
        .toString()
        .split(' ')[1],
    );
    writeFileSync(at('allowed'), `me ${line}`);
    for (const hash of ['sha256', 'sha512'])
      for (const [kind, namespace] of Object.entries(SSH_NAMESPACES) as ['policy' | 'bundle', string][]) {
        const sha256 = hex(env.random(32));
        const sig = run(
          'ssh-keygen',
          ['-q', '-Y', 'sign', '-O', `hashalg=${hash}`, '-n', namespace, '-f', at('k')],
          sshMessage(sha256),
        );
        const a = readApproval(sig);
        expect(a.fingerprint).toBe(key.fingerprint);
        expect(holdsFor(a, { kind, sha256 })).toBe('yes');
        writeFileSync(at('sig'), sig);
        const theirs = (text: string) =>
          spawnSync('ssh-keygen', ['-Y', 'verify', '-f', at('allowed'), '-I', 'me', '-n', namespace, '-s', at('sig')], {
            input: text,
          }).status === 0;
        for (const text of [`${sha256}\n`, sha256, `${sha256}\n\n`, `${v.SHA256}\n`])
          expect(sshSignatureFits(readSshSignature(sig), namespace, utf8(text)), JSON.stringify(text)).toBe(theirs(text));
      }
  });
  itWith(haveSshKeygen, 'ssh-keygen', 'a public half of ours is a key for it: same fingerprint, same signature', () => {
    const key = makeApproverKey('Ada Officer', env);
    writeFileSync(at('ours.pub'), `${approverLine(key)}\n`);
    const [, fingerprint, name] = /^256 (\S+) (.+) \(ED25519\)/.exec(run('ssh-keygen', ['-lf', at('ours.pub')]).toString()) ?? [];
    expect([fingerprint, name]).toEqual([approverFingerprint(key.publicKey), 'Ada Officer']);
    // an SSH signature put together here with our seed: ssh-keygen takes it
    const hash = new Uint8Array(run('openssl', ['dgst', '-sha512', '-binary'], message));
    const signed = joinBytes(utf8('SSHSIG'), ...[utf8(POLICY), new Uint8Array(0), utf8('sha512'), hash].map(string));
    const body = joinBytes(
      utf8('SSHSIG'),
      u32(1),
      ...[joinBytes(string(utf8('ssh-ed25519')), string(key.publicKey)), utf8(POLICY), new Uint8Array(0), utf8('sha512')].map(
        string,
      ),
      string(joinBytes(string(utf8('ssh-ed25519')), string(ed25519Sign(key.seed, signed)))),
    );
    const armour = `-----BEGIN SSH SIGNATURE-----\n${base64(body).replace(/.{70}(?=.)/g, '$&\n')}\n-----END SSH SIGNATURE-----\n`;
    writeFileSync(at('ours.sig'), armour);
    writeFileSync(at('ours.allowed'), `ada ${approverLine(key)}\n`);
    run('ssh-keygen', ['-Y', 'verify', '-f', at('ours.allowed'), '-I', 'ada', '-n', POLICY, '-s', at('ours.sig')], message);
    expect(holdsFor(readApproval(utf8(armour)), { kind: 'policy', sha256: v.SHA256 })).toBe('yes');
  });
  itWith(haveSshKeygen, 'ssh-keygen', 'keys of other kinds are refused by name', () => {
    for (const type of ['ecdsa', 'rsa']) {
      run('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', at(type)]);
      const sig = run('ssh-keygen', ['-q', '-Y', 'sign', '-n', POLICY, '-f', at(type)], message);
      expect(codeOf(() => readSshSignature(sig))).toBe('unsupported');
      expect(codeOf(() => readTrustedKey(readFileSync(at(`${type}.pub`), 'utf8')))).toBe('unsupported');
    }
    expect(codeOf(() => readTrustedKey(readFileSync(at('rsa'), 'utf8')))).not.toBe('done');
  });
});

/** The parts of a signature, put together again with one of them changed. */
const remade = (change: {
  magic?: string;
  version?: number;
  key?: Uint8Array;
  namespace?: string;
  reserved?: string;
  hash?: string;
  type?: string;
  signature?: Uint8Array;
  behind?: Uint8Array;
  inside?: Uint8Array;
}): Uint8Array => {
  const s = readSshSignature(utf8(v.POLICY_SHA512));
  const body = joinBytes(
    utf8(change.magic ?? 'SSHSIG'),
    u32(change.version ?? 1),
    string(change.key ?? s.key.blob),
    string(utf8(change.namespace ?? s.namespace)),
    string(utf8(change.reserved ?? '')),
    string(utf8(change.hash ?? s.hash)),
    string(
      joinBytes(
        string(utf8(change.type ?? 'ssh-ed25519')),
        string(change.signature ?? s.signature),
        change.inside ?? new Uint8Array(0),
      ),
    ),
    change.behind ?? new Uint8Array(0),
  );
  return utf8(`-----BEGIN SSH SIGNATURE-----\n${base64(body)}\n-----END SSH SIGNATURE-----\n`);
};

describe('a signature that is not one', () => {
  it.each([
    ['nothing changed', {}, 'done'],
    ['other magic', { magic: 'SSHSIH' }, 'wrong-magic'],
    ['a later version', { version: 2 }, 'wrong-version'],
    ['something reserved', { reserved: 'x' }, 'bad-value'],
    ['another hash', { hash: 'md5' }, 'bad-value'],
    ['another type inside', { type: 'ssh-rsa' }, 'bad-value'],
    ['a short signature', { signature: new Uint8Array(63) }, 'wrong-length'],
    ['bytes behind', { behind: new Uint8Array(1) }, 'trailing-bytes'],
    ['bytes behind the inner one', { inside: new Uint8Array(1) }, 'trailing-bytes'],
    ['a key that is cut', { key: joinBytes(string(utf8('ssh-ed25519')), string(new Uint8Array(31))) }, 'wrong-length'],
  ])('%s', (_, change, code) => {
    expect(codeOf(() => readSshSignature(remade(change)))).toBe(code);
  });
  it('two of them, none, or a key: refused', () => {
    expect(codeOf(() => readSshSignature(utf8(v.POLICY_SHA512 + v.BUNDLE)))).toBe('not-recognised');
    expect(codeOf(() => readApproval(utf8('')))).toBe('empty');
    expect(codeOf(() => readApproval(utf8(`${v.POLICY_SHA512}${'x'.repeat(9000)}`)))).toBe('too-long');
    expect(codeOf(() => readApproval(utf8(v.PUBLIC)))).toBe('bad-encoding');
  });
  it('every bit of the signature counts', () => {
    const s = readSshSignature(utf8(v.POLICY_SHA512));
    for (let i = 0; i < 64; i += 3) {
      const signature = s.signature.slice();
      signature[i] = (signature[i] as number) ^ (1 << (i % 8));
      expect(sshSignatureFits({ ...s, signature }, POLICY, message)).toBe(false);
    }
  });
  const original = readSshSignature(utf8(v.POLICY_SHA512));
  it('random edits of the file: a typed error, or a signature that does not fit', () => {
    fc.assert(
      fc.property(fc.nat(v.POLICY_SHA512.length - 1), fc.nat(255), (i, byte) => {
        const edited = utf8(v.POLICY_SHA512);
        fc.pre(edited[i] !== byte);
        edited[i] = byte;
        try {
          const a = readApproval(edited);
          // text around the block is not the signature
          const same =
            a.form === 'ssh' &&
            hex(a.signature.signature) === hex(original.signature) &&
            hex(a.signature.key.blob) === hex(original.key.blob);
          return holdsFor(a, { kind: 'policy', sha256: v.SHA256 }) !== 'yes' || same;
        } catch (e) {
          return e instanceof SelError;
        }
      }),
      { numRuns: 1500 },
    );
  });
});

describe('Ed25519', () => {
  it('is strict: no second spelling of a signature, no key of small order', () => {
    const key = makeApproverKey('', env);
    const text = utf8('text');
    const signature = ed25519Sign(key.seed, text);
    expect(ed25519Verify(key.publicKey, text, signature)).toBe(true);
    // s + l is the same number modulo l
    const L = 2n ** 252n + 27742317777372353535851937790883648493n;
    const le = (b: Uint8Array): bigint => BigInt(`0x${hex(b.slice().reverse())}`);
    const s = le(signature.slice(32)) + L;
    const other = signature.slice();
    other.set(Uint8Array.from(Buffer.from(s.toString(16).padStart(64, '0'), 'hex')).reverse(), 32);
    expect(ed25519Verify(key.publicKey, text, other)).toBe(false);
    // the neutral element as key and R, s = 0: fits every message where small order is let through
    const neutral = new Uint8Array(32);
    neutral[0] = 1;
    expect(ed25519Verify(neutral, text, joinBytes(neutral, new Uint8Array(32)))).toBe(false);
    expect(ed25519Verify(key.publicKey, text, signature.slice(0, 63))).toBe(false);
    expect(ed25519Verify(key.publicKey.slice(0, 31), text, signature)).toBe(false);
  });
});

describe('files of trusted keys', () => {
  it('are lines of .pub files; blank ones, comments and what is there twice are passed over', () => {
    const keys = readTrustedKeys(utf8(`# the officers\n\n${v.PUBLIC}\r\n${v.PUBLIC}\n`));
    expect(keys.map((k) => [k.name, k.line])).toEqual([['vector key', v.PUBLIC]]);
  });
  it.each([
    ['nothing', '', 'not-found'],
    ['comments only', '# none\n', 'not-found'],
    ['options in front, which would be passed over', `valid-before="20200101" ${v.PUBLIC}`, 'not-recognised'],
    ['principals in front, as in allowed_signers', `me@x ${v.PUBLIC}`, 'not-recognised'],
    ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----', 'not-recognised'],
    ['no Base64', 'ssh-ed25519 ****', 'not-recognised'],
    ['a cut key', v.PUBLIC.slice(0, 60), 'too-short'],
    ['too many', `${v.PUBLIC}\n`.repeat(101), 'too-long'],
  ])('%s', (_, text, code) => {
    expect(codeOf(() => readTrustedKeys(utf8(text)))).toBe(code);
  });
  it('a name that steers the terminal is shown harmless', () => {
    expect(readTrustedKey(`${v.PUBLIC}\u001b[31m`).name).toBe('vector key\\u{1b}[31m');
  });
});
