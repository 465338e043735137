/** EC private keys from the files people have: made by Node, by openssl and by ssh-keygen, compared with Node's own reading. */
import { createECDH, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { hex, join, utf8 } from '../../core/bytes.ts';
import type { Constraints, PolicySecret } from '../../core/policy/schema.ts';
import { type EcKind, readEcPrivateKey } from '../../core/secret/eckey.ts';
import { kindRow } from '../../core/secret/kinds.ts';
import { makeSecret } from '../../core/secret/secret.ts';
import { checkValue, secretOf } from '../../core/secret/value.ts';
import { codeOf, errorOf } from '../support/errors.ts';
import { haveOpenssl, haveSshKeygen, itWith, run } from '../support/programs.ts';

const directory = mkdtempSync(path(tmpdir(), 'selwright-eckey-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Made {
  readonly kind: EcKind;
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
}
const made: Made[] = (
  [
    ['ec-p256', 'prime256v1'],
    ['ec-p384', 'secp384r1'],
    ['ec-p521', 'secp521r1'],
  ] as const
).map(([kind, namedCurve]) => {
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve });
  return { kind, key, publicKey };
});
for (const type of ['ed25519', 'ed448'] as const) {
  const { privateKey: key, publicKey } = generateKeyPairSync(type as 'ed25519');
  made.push({ kind: `ec-${type}`, key, publicKey });
}

/** The private value, by Node's JWK. */
const privateValue = (key: KeyObject): string =>
  Buffer.from(String(key.export({ format: 'jwk' }).d), 'base64url').toString('hex');
const exported = (key: KeyObject, type: 'pkcs8' | 'sec1', format: 'pem' | 'der'): Uint8Array => {
  const out = key.export({ type, format } as { type: 'pkcs8'; format: 'pem' });
  return typeof out === 'string' ? utf8(out) : new Uint8Array(out);
};
const read = (file: Uint8Array): { kind: string; key: string } => {
  const { kind, key } = readEcPrivateKey(file);
  return { kind, key: hex(key) };
};

describe.each(made)('$kind', ({ kind, key, publicKey }) => {
  const expected = { kind, key: privateValue(key) };
  const isNist = !kind.startsWith('ec-ed');

  it('PKCS#8, PEM and DER', () => {
    expect(read(exported(key, 'pkcs8', 'pem'))).toEqual(expected);
    expect(read(exported(key, 'pkcs8', 'der'))).toEqual(expected);
  });
  if (isNist)
    it('SEC1, PEM and DER, and PEM behind its curve parameters', () => {
      const pem = exported(key, 'sec1', 'pem');
      expect(read(pem)).toEqual(expected);
      expect(read(exported(key, 'sec1', 'der'))).toEqual(expected);
      const parameters = utf8('-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n');
      expect(read(join(parameters, pem))).toEqual(expected);
    });
  it('with text, a certificate or its public key around, Windows line ends, no line ends', () => {
    const pem = Buffer.from(exported(key, 'pkcs8', 'pem')).toString();
    const pub = String(publicKey.export({ type: 'spki', format: 'pem' }));
    expect(read(utf8(`my key\n${pem}\n${pub}`))).toEqual(expected);
    expect(read(utf8(pem.replaceAll('\n', '\r\n')))).toEqual(expected);
    const [head, ...rest] = pem.trim().split('\n');
    expect(read(utf8(`${head}${rest.slice(0, -1).join('')}${rest.at(-1)}`))).toEqual(expected);
  });
  it('becomes a secret of the size the ultravisor wants, zeros in front', () => {
    const { key: raw } = readEcPrivateKey(exported(key, 'pkcs8', 'pem'));
    const row = kindRow(kind);
    const secret = makeSecret(kind, raw, new Uint8Array(32), 'test');
    expect(secret.value).toHaveLength(row.stored ?? (row.sizes[0] as number));
    expect(hex(secret.value)).toBe(privateValue(key).padStart(2 * secret.value.length, '0'));
  });
  it('a public key, PEM and DER: refused for what it is', () => {
    for (const format of ['pem', 'der'] as const) {
      const out = publicKey.export({ type: 'spki', format } as { type: 'spki'; format: 'pem' });
      const e = errorOf(() => readEcPrivateKey(typeof out === 'string' ? utf8(out) : new Uint8Array(out)));
      expect(e).toMatchObject({ code: 'not-recognised', facts: { found: 'a public key' } });
    }
  });
  it('encrypted, PEM and DER: refused for what it is', () => {
    for (const format of ['pem', 'der'] as const) {
      const out = key.export({ type: 'pkcs8', format: format as 'pem', cipher: 'aes-256-cbc', passphrase: 'abc' });
      const e = errorOf(() => readEcPrivateKey(typeof out === 'string' ? utf8(out) : new Uint8Array(out)));
      expect(e).toMatchObject({ code: 'encrypted' });
    }
  });
  it('no error ever holds a part of the key', () => {
    const der = exported(key, 'pkcs8', 'der');
    const value = privateValue(key);
    for (let i = 0; i < der.length; i++) {
      const broken = der.slice();
      broken[i] = (broken[i] as number) ^ 0xff;
      try {
        readEcPrivateKey(broken);
      } catch (e) {
        const text = String((e as Error).message).toLowerCase();
        for (let at = 0; at + 12 <= value.length; at += 2) expect(text).not.toContain(value.slice(at, at + 12));
      }
    }
  });
  it('the public key of another one beside it: refused', () => {
    const der = exported(key, isNist ? 'sec1' : 'pkcs8', 'der');
    const changed = der.slice();
    // the private value stands early, the public one at the end
    const at = Buffer.from(der).indexOf(Buffer.from(privateValue(key), 'hex')) + privateValue(key).length / 2 - 1;
    changed[at] = (changed[at] as number) ^ 1;
    if (isNist) expect(errorOf(() => readEcPrivateKey(changed))).toMatchObject({ code: 'bad-value' });
    else expect(read(changed).key).not.toBe(expected.key);
  });
});

describe('other programs', () => {
  const file = (name: string): Uint8Array => new Uint8Array(readFileSync(path(directory, name)));
  const nodeValue = (name: string): string => privateValue(createPrivateKey(Buffer.from(file(name))));

  for (const [curve, kind] of [
    ['prime256v1', 'ec-p256'],
    ['secp384r1', 'ec-p384'],
    ['secp521r1', 'ec-p521'],
  ] as const)
    itWith(haveOpenssl, 'OPENSSL', `openssl ecparam -genkey, ${curve}`, () => {
      run('openssl', ['ecparam', '-name', curve, '-genkey', '-out', path(directory, `${curve}.pem`)]);
      expect(Buffer.from(file(`${curve}.pem`)).toString()).toContain('EC PARAMETERS');
      expect(read(file(`${curve}.pem`))).toEqual({ kind, key: nodeValue(`${curve}.pem`) });
    });
  itWith(haveOpenssl, 'OPENSSL', 'an encrypted SEC1 key of openssl', () => {
    const out = path(directory, 'enc.pem');
    run('openssl', ['ecparam', '-name', 'secp384r1', '-genkey', '-noout', '-out', path(directory, 'plain.pem')]);
    run('openssl', ['ec', '-in', path(directory, 'plain.pem'), '-aes128', '-passout', 'pass:abc', '-out', out]);
    expect(errorOf(() => readEcPrivateKey(file('enc.pem')))).toMatchObject({
      code: 'encrypted',
      facts: { found: 'an encrypted PEM key' },
    });
  });
  itWith(haveOpenssl, 'OPENSSL', 'curves and parameters that are none of the five', () => {
    for (const curve of ['secp256k1', 'secp224r1', 'brainpoolP256r1', 'sect163k1']) {
      run('openssl', ['ecparam', '-name', curve, '-genkey', '-noout', '-out', path(directory, 'other.pem')]);
      expect(
        errorOf(() => readEcPrivateKey(file('other.pem'))),
        curve,
      ).toMatchObject({ code: 'wrong-curve' });
    }
    run('openssl', [
      'ecparam',
      '-name',
      'prime256v1',
      '-param_enc',
      'explicit',
      '-genkey',
      '-noout',
      '-out',
      path(directory, 'x.pem'),
    ]);
    expect(errorOf(() => readEcPrivateKey(file('x.pem')))).toMatchObject({
      code: 'wrong-curve',
      facts: { found: 'a curve by its parameters' },
    });
  });

  for (const [type, bits, kind] of [
    ['ecdsa', '256', 'ec-p256'],
    ['ecdsa', '384', 'ec-p384'],
    ['ecdsa', '521', 'ec-p521'],
    ['ed25519', '0', 'ec-ed25519'],
  ] as const) {
    const name = `ssh-${type}-${bits}`;
    const make = (target: string, passphrase = ''): void => {
      const size = bits === '0' ? [] : ['-b', bits];
      run('ssh-keygen', ['-q', '-t', type, ...size, '-N', passphrase, '-C', 'a comment', '-f', path(directory, target)]);
    };
    itWith(haveSshKeygen, 'SSH-KEYGEN', `ssh-keygen -t ${type} ${bits}`, () => {
      // several: a scalar has a zero in front, or is a byte shorter, now and then
      for (let i = 0; i < 6; i++) {
        make(`${name}-${i}`);
        const own = read(file(`${name}-${i}`));
        expect(own.kind).toBe(kind);
        const pub = Buffer.from(file(`${name}-${i}.pub`))
          .toString()
          .split(' ')[1] as string;
        expect(opensshPublic(own.kind, own.key)).toBe(Buffer.from(pub, 'base64').toString('hex'));
        expect(errorOf(() => readEcPrivateKey(file(`${name}-${i}.pub`)))).toMatchObject({
          code: 'not-recognised',
          facts: { found: 'an OpenSSH public key' },
        });
      }
    });
    itWith(haveSshKeygen, 'SSH-KEYGEN', `ssh-keygen -t ${type} ${bits} with a passphrase: refused`, () => {
      make(`${name}-enc`, 'abcdef');
      expect(errorOf(() => readEcPrivateKey(file(`${name}-enc`)))).toMatchObject({ code: 'encrypted' });
    });
  }
  itWith(haveSshKeygen, 'SSH-KEYGEN', 'an RSA key of ssh-keygen: refused', () => {
    run('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', path(directory, 'rsa')]);
    expect(codeOf(() => readEcPrivateKey(file('rsa')))).toBe('wrong-curve');
  });
});

/** The public key as OpenSSH writes it, made from the private value by Node: the check that we read the right bytes. */
const opensshPublic = (kind: string, value: string): string => {
  const d = Buffer.from(value, 'hex');
  const text = (s: string | Buffer): Buffer => {
    const b = Buffer.from(s as string);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(b.length);
    return Buffer.concat([size, b]);
  };
  if (kind === 'ec-ed25519') {
    const key = createPrivateKey({
      key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), d]),
      format: 'der',
      type: 'pkcs8',
    });
    return Buffer.concat([text('ssh-ed25519'), text(Buffer.from(String(key.export({ format: 'jwk' }).x), 'base64url'))]).toString(
      'hex',
    );
  }
  const size = kind.slice(4);
  const names: Record<string, [string, string]> = {
    '256': ['prime256v1', 'nistp256'],
    '384': ['secp384r1', 'nistp384'],
    '521': ['secp521r1', 'nistp521'],
  };
  const [curve, name] = names[size] as [string, string];
  const ecdh = createECDH(curve);
  ecdh.setPrivateKey(d);
  return Buffer.concat([text(`ecdsa-sha2-${name}`), text(name), text(ecdh.getPublicKey())]).toString('hex');
};

describe('scalars', () => {
  /** SEC1 without a public key. */
  const sec1 = (scalar: Uint8Array, oid = '2a8648ce3d030107'): Uint8Array => {
    const o = Buffer.from(oid, 'hex');
    const parameters = Buffer.concat([Buffer.from([0xa0, o.length + 2, 6, o.length]), o]);
    const content = Buffer.concat([Buffer.from([2, 1, 1, 4, scalar.length]), scalar, parameters]);
    return new Uint8Array(Buffer.concat([Buffer.from([0x30, content.length]), content]));
  };
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
  it('short ones are padded, as older programs wrote them', () => {
    expect(read(sec1(new Uint8Array([7])))).toEqual({ kind: 'ec-p256', key: '07'.padStart(64, '0') });
  });
  it.each([
    ['zero', new Uint8Array(32), 'bad-value'],
    ['no bytes', new Uint8Array(0), 'bad-value'],
    ['the order', new Uint8Array(order), 'bad-value'],
    ['all ones', new Uint8Array(32).fill(0xff), 'bad-value'],
    ['a byte too many', new Uint8Array(33).fill(1), 'wrong-length'],
  ])('%s: refused', (_, scalar, code) => {
    expect(codeOf(() => readEcPrivateKey(sec1(scalar)))).toBe(code);
  });
  it('no curve at all: refused', () => {
    const content = Buffer.concat([Buffer.from([2, 1, 1, 4, 32]), randomBytes(32)]);
    expect(codeOf(() => readEcPrivateKey(new Uint8Array(Buffer.concat([Buffer.from([0x30, content.length]), content]))))).toBe(
      'missing-field',
    );
  });
});

describe('other files', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const x25519 = generateKeyPairSync('x25519');
  const p256 = (made[0] as Made).key;
  const pem = Buffer.from(exported(p256, 'pkcs8', 'pem')).toString();
  it.each([
    ['an empty file', new Uint8Array(0), 'empty'],
    ['a text', utf8('hello'), 'not-recognised'],
    ['32 random bytes', new Uint8Array(32).fill(0x61), 'not-recognised'],
    ['RSA, PKCS#8', utf8(String(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }))), 'wrong-curve'],
    ['RSA, PKCS#1', utf8(String(rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }))), 'wrong-curve'],
    ['RSA, PKCS#1 DER', new Uint8Array(rsa.privateKey.export({ type: 'pkcs1', format: 'der' })), 'wrong-curve'],
    ['X25519', utf8(String(x25519.privateKey.export({ type: 'pkcs8', format: 'pem' }))), 'wrong-curve'],
    ['a DSA block', utf8('-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----\n'), 'wrong-curve'],
    ['a PuTTY file', utf8('PuTTY-User-Key-File-3: ssh-ed25519\n'), 'not-recognised'],
    ['two keys', utf8(pem + pem), 'duplicate'],
    ['no end line', utf8(pem.slice(0, -30)), 'too-short'],
    ['other characters in the PEM', utf8(pem.replace('M', '*')), 'bad-encoding'],
    ['padding in the middle of the PEM', utf8(pem.replace('\nM', '\n=')), 'bad-encoding'],
    ['a byte behind the DER', join(exported(p256, 'pkcs8', 'der'), new Uint8Array(1)), 'trailing-bytes'],
    ['DER cut', exported(p256, 'pkcs8', 'der').subarray(0, 100), 'bad-encoding'],
    ['over 64 KiB', new Uint8Array(65537), 'too-long'],
  ])('%s: refused', (_, file, code) => {
    expect(codeOf(() => readEcPrivateKey(file))).toBe(code);
  });
  itWith(haveOpenssl, 'OPENSSL', 'a certificate: refused for what it is', () => {
    const key = path(directory, 'c.pem');
    writeFileSync(key, pem);
    const crt = run('openssl', ['req', '-x509', '-key', key, '-subj', '/CN=x', '-days', '1']);
    expect(errorOf(() => readEcPrivateKey(new Uint8Array(crt)))).toMatchObject({ facts: { found: 'a certificate' } });
  });
  it('any change of one byte of a key file: another key of the kind, or a typed error', () => {
    const der = exported(p256, 'pkcs8', 'der');
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const changed = der.slice();
        changed[at] = (changed[at] as number) ^ bits;
        // codeOf lets through anything that is no typed error
        codeOf(() => readEcPrivateKey(changed));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('as a value of a policy', () => {
  const secret = (key?: Constraints['key']): PolicySecret => ({
    name: 'tls-key',
    purpose: 'tls-service-key',
    type: 'ec',
    required: true,
    source: ['import'],
    constraints: key ? { key } : {},
    apply: { kind: 'none' },
  });
  const file = exported((made[0] as Made).key, 'pkcs8', 'pem');
  const ed = exported((made[3] as Made).key, 'pkcs8', 'pem');
  it('goes into the request as what it is', () => {
    expect(secretOf(secret(), file)).toMatchObject({ kind: 'ec-p256' });
    expect(hex(secretOf(secret(), file).value)).toBe(privateValue((made[0] as Made).key));
    expect(secretOf(secret(), ed)).toMatchObject({ kind: 'ec-ed25519' });
  });
  it('is checked: readable, and of a kind the policy allows', () => {
    expect(checkValue(secret(), file)).toEqual([]);
    expect(checkValue(secret(['ec-p256', 'ec-p384']), file)).toEqual([]);
    expect(checkValue(secret(['ed25519']), ed)).toEqual([]);
    expect(checkValue(secret(['ed25519']), file)).toMatchObject([
      { rule: 'P10', severity: 'error', found: 'ec-p256', expected: 'ed25519' },
    ]);
    expect(checkValue(secret(), utf8('x'))).toMatchObject([{ rule: 'P10', severity: 'error', found: 'something else' }]);
  });
});
