/**
 * Bundles by other people's inputs: the worked example of spec page "generic-guest", and a bundle for the host certificates and the
 * SE header of s390-tools, opened and measured by Node's own crypto and the offsets of the spec, not by our code.
 */
import { createDecipheriv, createECDH, createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { secretStoreHash } from '../../core/attestation/storehash.ts';
import { makeReference } from '../../core/bundle/reference.ts';
import { readTocPol, writeTocPol } from '../../core/bundle/tocpol.ts';
import { hex, unhex, utf8 } from '../../core/bytes.ts';
import { writePaesToken } from '../../core/guestsim/disk.ts';
import { templateText } from '../../core/policy/templates.ts';
import { hashedId } from '../../core/secret/secret.ts';
import { at, json, run } from '../cli/program.ts';
import { describeVectors, vectorFile, vectorPath, vectors } from '../support/vectors.ts';

const sha256 = (b: Uint8Array): string => createHash('sha256').update(b).digest('hex');
const sha512 = (b: Uint8Array): string => createHash('sha512').update(b).digest('hex');

describe('the worked example of spec page "generic-guest"', () => {
  const tags = ['00112233445566778899aabbccddeeff', 'ffeeddccbbaa99887766554433221100'].map((t) => unhex(t, 'tag'));
  const tocAsr = unhex('a0a1a2a3a4a5a6a7a8a9aaabacadaeaf', 'tag');
  const tocPol = writeTocPol(tags);
  it('toc.pol', () => {
    expect(tocPol).toHaveLength(66);
    expect(sha256(tocPol)).toBe('7f828c8f628e687dd1c5dd5ffe8be542ab112d82ec46c1e7a4d2a0c82843d17e');
    expect(readTocPol(tocPol)).toEqual(tags);
  });
  it('the reference to it', () => {
    const reference = makeReference('toc.pol', tocPol);
    expect(reference).toHaveLength(512);
    expect(sha256(reference)).toBe('265e64eeb286730d0360117d355d838a65f5f1a776a5505a1cbc74a97c282f37');
  });
  it('the secret-store hash, not locked and locked', () => {
    expect(hex(secretStoreHash([tocAsr, ...tags], false))).toBe(
      '392baa1ed545878f7f4a41ac1440959f3513d58e41a2c652abcd600ba3b7258ba5cbe16f54ab87ac5da4da48e6f27fb06a68c71c5d5cc0c03e4fd1084410c8d8',
    );
    expect(hex(secretStoreHash([tocAsr, ...tags], true))).toBe(
      'c6a4ee77158f673bbe6871c3ec41d5b03a586c5f4c1135db17a167555d06819cddbcde576d29380022ac4f8b2700620b737d2a1af0320aca5791cc68840739a8',
    );
  });
  it('ids, and the token of the volume key', () => {
    expect(hex(hashedId('rfs-luks-key'))).toBe('e5d942e791497084f2cc3888b7d70303f76abda459c4bb4db9ae464e480b74e5');
    expect(hex(hashedId('luks-rfs-passphrase'))).toBe('e49193059affb0bcbfe7bf555246b0ba195eda44b260898833b57f1e7835d504');
    expect(hex(writePaesToken(8, hashedId('rfs-luks-key')))).toBe(
      '000000000900000000080000e5d942e791497084f2cc3888b7d70303f76abda459c4bb4db9ae464e480b74e5',
    );
  });
});

/** Opens a request with a private key and nothing else, by the offsets of spec page "asrcb". @returns type, value and extension secret */
const openByHand = (request: Buffer, key: { d: Buffer; phkh: string }) => {
  const slots = request.readUInt8(0x27);
  const slotAt = Array.from({ length: slots }, (_, i) => 0x4b8 + 80 * i).find(
    (o) => request.subarray(o, o + 32).toString('hex') === key.phkh,
  );
  if (slotAt === undefined) throw new Error('no slot for this host key');
  const ecdh = createECDH('secp521r1');
  ecdh.setPrivateKey(key.d);
  const point = Buffer.concat([
    Buffer.from([4]),
    request.subarray(0x418 + 14, 0x418 + 80),
    request.subarray(0x418 + 94, 0x418 + 160),
  ]);
  const kek = createHash('sha256')
    .update(ecdh.computeSecret(point))
    .update(Buffer.from([0, 0, 0, 1]))
    .digest();
  const gcm = (k: Buffer, iv: Buffer, aad: Buffer, cipher: Buffer, tag: Buffer): Buffer => {
    const d = createDecipheriv('aes-256-gcm', k, iv).setAuthTag(tag).setAAD(aad);
    return Buffer.concat([d.update(cipher), d.final()]);
  };
  const slot = request.subarray(slotAt, slotAt + 80);
  const protection = gcm(kek, Buffer.alloc(12), Buffer.alloc(0), slot.subarray(32, 64), slot.subarray(64));
  const cryptAt = request.length - 16 - request.readUInt32BE(0x2c);
  const plain = gcm(
    protection,
    request.subarray(0x10, 0x1c),
    request.subarray(0, cryptAt),
    request.subarray(cryptAt, -16),
    request.subarray(-16),
  );
  const type = request.readUInt16BE(0x4b8 + 80 * slots + 2);
  return { type, value: plain.subarray(0, -32), extension: plain.subarray(-32) };
};

/** A private key of the vectors: its scalar and the hash of its public key in 160 bytes, by Node. */
const hostKey = (pem: Uint8Array): { d: Buffer; phkh: string } => {
  const jwk = createPrivateKey(Buffer.from(pem)).export({ format: 'jwk' });
  const coordinate = (t: string | undefined): Buffer => {
    const b = Buffer.from(t as string, 'base64url');
    return Buffer.concat([Buffer.alloc(80 - b.length), b]);
  };
  return { d: Buffer.from(jwk.d as string, 'base64url'), phkh: sha256(Buffer.concat([coordinate(jwk.x), coordinate(jwk.y)])) };
};

describeVectors("a bundle for the vectors' host certificates and secure_guest.hdr", () => {
  const PV = 's390-tools/pv';
  const header = vectorPath(`${PV}/exp/secure_guest.hdr`);
  const documents = [`${PV}/keys/host.pem.crt`, `${PV}/cert/host.crt`, `${PV}/cert/host2.crt`];
  // keys/host.pem.crt is the certificate whose private key is not among the vectors: its slot is looked at from outside
  const keys = [`${PV}/cert/host.key`, `${PV}/cert/host2.key`].map((f) => hostKey(vectorFile(f)));
  const policy = (encryption: string): string =>
    templateText('ebc-minimal')
      .replace('image-encryption: disabled', `image-encryption: ${encryption}`)
      .replace('verify: required', 'verify: warn');
  const build = (name: string, text: string) => {
    writeFileSync(at('policy.yaml'), text);
    return run([
      ...[
        'bundle',
        'build',
        '--policy',
        'policy.yaml',
        '--values',
        'values',
        '--hdr',
        header,
        '--no-verify',
        '--generate',
        '--json',
      ],
      ...documents.flatMap((d) => ['-k', vectorPath(d)]),
      ...['-o', name],
    ]);
  };
  const sics = (f: string): Buffer => readFileSync(at('bundle/sics', f));
  let answer: ReturnType<typeof json>;
  beforeAll(() => {
    mkdirSync(at('values'));
    const refused = build('refused', policy('disabled'));
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/error +B17 .*SE header: found component encryption on, expected a generic image/);
    expect(readdirSync(at('values'))).toEqual([]);
    const made = build('bundle', policy('any'));
    expect(made.code, made.err).toBe(0);
    answer = json(made);
  });

  it('the header is not of a generic image: a policy must say "any", and it is still warned about', () => {
    const rules = answer.warnings.map((w: { rule: string; subject: string }) => `${w.rule} ${w.subject}`);
    expect(rules).toContain('B17 SE header');
    // no slot in the header for these hosts, and nobody verified them
    expect(rules.filter((r: string) => r.startsWith('B11'))).toHaveLength(3);
    expect(rules.filter((r: string) => r.startsWith('H01'))).toHaveLength(3);
    const check = run(['bundle', 'check', 'bundle', '--hdr', header]);
    expect(check).toMatchObject({ code: 0, out: expect.stringMatching(/^warning +B17 /m) });
  });

  it('every request names the three hosts and the tags of the header', () => {
    const h = vectorFile(`${PV}/exp/secure_guest.hdr`);
    const spki = (f: string) => createPublicKey(Buffer.from(vectorFile(f))).export({ format: 'jwk' });
    const phkhs = documents.map((f) => {
      const { x, y } = spki(f);
      const pad = (t: string | undefined) => Buffer.concat([Buffer.alloc(14), Buffer.from(t as string, 'base64url')]);
      return sha256(Buffer.concat([pad(x), pad(y)]));
    });
    expect(answer.expected.host_keys.map((k: { phkh: string }) => k.phkh)).toEqual(phkhs);
    for (const { file } of answer.expected.submission_order) {
      const r = sics(file);
      expect(r.subarray(0x38, 0xf8).equals(Buffer.from(h.subarray(0xe0, 0x1a0))), file).toBe(true);
      expect(r.subarray(0xf8, 0x108).toString('hex')).toBe(vectors.seHeader.tag);
      expect(
        Array.from({ length: r.readUInt8(0x27) }, (_, i) => r.subarray(0x4b8 + 80 * i, 0x4d8 + 80 * i).toString('hex')),
      ).toEqual(phkhs);
      expect(r.subarray(0x108, 0x118).every((b) => b === 0)).toBe(true);
    }
  });

  it('every request opens with nothing but a host key, and holds the value and one extension secret', () => {
    const record = answer.record as string;
    const extension = readFileSync(`${record}/extension-secret`);
    expect(extension.every((b) => b === 0)).toBe(false);
    const value = (name: string): Buffer => readFileSync(name === 'report-key' ? `${record}/report-key` : at('values', name));
    for (const { file, name, type } of answer.expected.submission_order)
      for (const key of keys) {
        const opened = openByHand(sics(file), key);
        expect(opened.extension.equals(extension), file).toBe(true);
        if (name === undefined) expect(opened).toMatchObject({ type: 1, value: Buffer.alloc(0) });
        else if (type !== 'plaintext') expect(opened.value.equals(value(name)), file).toBe(true);
        else {
          const v = value(name);
          expect(opened.value.readUInt16BE(0)).toBe(v.length);
          expect(opened.value.subarray(2, 2 + v.length).equals(v), file).toBe(true);
        }
      }
    expect(answer.expected.submission_order.map((s: { type: string }) => s.type)).toEqual([
      'meta',
      'meta',
      'update-cck',
      'aes-xts-256',
      'plaintext',
      'plaintext',
    ]);
  });

  it('toc.pol, the references and both store hashes are those of the spec, by hand', () => {
    const order: { file: string; tag: string }[] = answer.expected.submission_order;
    const tags = order.map((s) => sics(s.file).subarray(-16));
    expect(order.map((s) => s.tag)).toEqual(tags.map((t) => t.toString('hex')));
    const tocPol = sics('toc.pol');
    expect(tocPol.toString()).toBe(
      tags
        .slice(1)
        .map((t) => `${t.toString('hex')}\n`)
        .join(''),
    );
    expect(answer.expected.toc_pol_sha256).toBe(sha256(tocPol));
    for (const [asr, pol] of [
      ['toc.asr', 'toc.pol'],
      ['manifest.asr', 'manifest.pol'],
    ] as const) {
      const reference = Buffer.concat([Buffer.from(sha256(sics(pol)), 'hex'), Buffer.from(pol.padEnd(480, '\0'))]);
      expect(sics(asr).subarray(0x218, 0x418).equals(reference), asr).toBe(true);
      expect(sics(asr).readUInt16BE(6)).toBe(1);
    }
    for (const s of order.slice(2))
      expect(
        sics(s.file)
          .subarray(0x218, 0x418)
          .every((b) => b === 0),
        s.file,
      ).toBe(true);
    expect(answer.expected.store_hash).toEqual({
      unlocked: sha512(Buffer.concat([...tags, Buffer.from([0])])),
      locked: sha512(Buffer.concat([...tags, Buffer.from([1])])),
    });
    expect(answer.expected.manifest_sha256).toBe(sha256(sics('manifest.pol')));
    expect(answer.expected.listed_ids).toEqual(['rfs-luks-key', 'luks-rfs-passphrase', 'report-key'].map((n) => sha256(utf8(n))));
  });
});
