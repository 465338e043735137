/** Byte-for-byte conformance with s390-tools: requests, attestation, headers, ids. */
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { readExchange, writeExchange } from '../../core/attestation/exchange.ts';
import { measure } from '../../core/attestation/measurement.ts';
import { buildAttestationRequest, openAttestationRequest, parseAttestationRequest } from '../../core/attestation/request.ts';
import { secretStoreHash } from '../../core/attestation/storehash.ts';
import { hex, unhex } from '../../core/bytes.ts';
import { open } from '../../core/crypto/gcm.ts';
import { keyPair } from '../../core/crypto/p521.ts';
import { findHeader } from '../../core/image/find.ts';
import type { ImageTags } from '../../core/image/tags.ts';
import { buildRequest, type RequestKeys } from '../../core/request/build.ts';
import { deriveExtensionSecret } from '../../core/request/extension.ts';
import { makeKeySlot } from '../../core/request/keyslot.ts';
import { parseRequest } from '../../core/request/parse.ts';
import { verifyRequest } from '../../core/request/verify.ts';
import { hashedId, makeSecret, storePlaintext } from '../../core/secret/secret.ts';
import { describeVectors, vectorFile, vectors } from '../support/vectors.ts';
import { hostKeyOf } from '../support/x509.ts';

const h = (text: string) => unhex(text, 'vector');
// biome-ignore lint/suspicious/noExplicitAny: data of somebody else's shape
const tags = (t: any): ImageTags => ({ pld: h(t.pld), ald: h(t.ald), tld: h(t.tld), tag: h(t.seht) });
// biome-ignore lint/suspicious/noExplicitAny: data of somebody else's shape
const keys = (v: any): RequestKeys => ({
  customer: keyPair(vectorFile(v.customerPrivateKey), 'vector'),
  protectionKey: h(v.requestProtectionKey),
  iv: h(v.iv),
});

/** Files of s390-tools that came out the same. */
const done: string[] = [];

describeVectors('add-secret requests of s390-tools', () => {
  for (const v of vectors?.requests ?? []) {
    it(`rebuilds and reads ${v.file.split('/').at(-1)}`, () => {
      const image = tags(v.tags);
      const ext = v.extensionSecret;
      const built = buildRequest(
        {
          hostKeys: v.hostKeys.map((f: string) => hostKeyOf(vectorFile(f))),
          image,
          flags: BigInt(`0x${v.flags}`),
          cuid: h(v.cuid),
          secret:
            v.secret.kind === 'meta'
              ? makeSecret('meta', new Uint8Array(0), undefined, 'vector')
              : makeSecret(v.secret.kind, h(v.secret.value), hashedId(v.secret.name), 'vector'),
          extensionSecret:
            ext === null ? undefined : ext.kind === 'cck' ? deriveExtensionSecret(h(ext.value), image.tag) : h(ext.value),
        },
        keys(v),
      );
      const expected = vectorFile(v.file);
      expect(hex(built)).toBe(hex(expected));
      const parsed = parseRequest(expected);
      expect(parsed.kind).toBe(v.secret.kind);
      expect(parsed.hostKeyHashes).toHaveLength(v.hostKeys.length);
      expect(hex(parsed.cuid)).toBe(v.cuid);
      expect(parsed.flags).toBe(BigInt(`0x${v.flags}`));
      if (v.secret.name) expect(hex(parsed.id as Uint8Array)).toBe(hex(hashedId(v.secret.name)));
      expect(hex(parsed.customerKey)).toBe(hex(vectorFile(v.customerPublicKey)));

      // and once more from nothing but its own bytes and its protection key
      const plain = open(h(v.requestProtectionKey), parsed.iv, parsed.aad, parsed.encrypted, parsed.tag, 'vector');
      const value = plain.slice(0, parsed.secretLength);
      const again = buildRequest(
        {
          hostKeys: v.hostKeys.map((f: string) => hostKeyOf(vectorFile(f))),
          image: parsed.image,
          flags: parsed.flags,
          cuid: parsed.cuid,
          secret: parsed.id ? { kind: parsed.kind, id: parsed.id, value } : { kind: parsed.kind, value },
          extensionSecret: plain.slice(parsed.secretLength),
        },
        keys(v),
      );
      expect(hex(again)).toBe(hex(expected));
      expect(verifyRequest(expected, undefined, () => false).ok).toBe(true);
      done.push(v.file);
    });
  }

  it('makes the key slot', () => {
    const v = vectors.keyslot;
    const customer = keyPair(vectorFile(v.customerPrivateKey), 'vector');
    expect(hex(makeKeySlot(customer, hostKeyOf(vectorFile(v.hostKey)), h(v.requestProtectionKey)))).toBe(hex(vectorFile(v.file)));
    done.push(v.file);
  });

  it('all of them were there', () => {
    const by = new Map<string, number>();
    for (const file of done) by.set(dirname(file), (by.get(dirname(file)) ?? 0) + 1);
    console.log(`vectors, byte for byte: ${[...by].map(([d, n]) => `${n} in ${d}`).join(', ')}`);
    expect(done.filter((f) => f.includes('/exp/asrcb/'))).toHaveLength(9);
    expect(done).toHaveLength(10);
  });

  it('has the same ids and the same stored form of plaintext', () => {
    for (const v of vectors.secretIds) expect(hex(hashedId(v.name))).toBe(v.id);
    for (const v of vectors.plaintextEncoding) expect(hex(storePlaintext(h(v.input), 'vector'))).toBe(v.stored);
  });

  it('has the same secret-store hashes', () => {
    for (const v of vectors.secretStoreHash) {
      const list = v.requests.map((f: string) => parseRequest(vectorFile(f)).tag);
      expect(hex(secretStoreHash(list, v.locked))).toBe(v.hash);
    }
  });
});

describeVectors('SE header of s390-tools', () => {
  it('reads the tag and the flags', () => {
    const found = findHeader(vectorFile(vectors.seHeader.file));
    expect(hex(found.header.image.tag)).toBe(vectors.seHeader.tag);
    expect(found).toMatchObject({ offset: 0, by: 'start' });
    expect(found.header.flagNames).toEqual([]);
    expect(found.header.pages).toBe(0xfc25n);
    expect(found.header.hostKeyHashes).toHaveLength(1);
  });
});

describeVectors('attestation of s390-tools', () => {
  it('rebuilds the request and opens it again', () => {
    const v = vectors.attestationRequest;
    const names: Record<string, 'nonce' | 'image-host-key-hash' | 'attestation-host-key-hash'> = {
      nonce: 'nonce',
      imageHostKeyHash: 'image-host-key-hash',
      attestationHostKeyHash: 'attestation-host-key-hash',
    };
    const flags = v.flags.map((f: string) => names[f]);
    const k = keys(v);
    const built = buildAttestationRequest(
      v.hostKeys.map((f: string) => hostKeyOf(vectorFile(f))),
      flags,
      { ...k, measurementKey: h(v.measurementKey), nonce: h(v.nonce) },
    );
    expect(hex(built)).toBe(hex(vectorFile(v.file)));
    const parsed = parseAttestationRequest(built);
    expect(parsed.flags).toEqual(flags);
    const opened = openAttestationRequest(parsed, k.protectionKey);
    expect(hex(opened.measurementKey)).toBe(v.measurementKey);
    expect(hex(opened.nonce)).toBe(v.nonce);
  });

  it('computes the measurements', () => {
    for (const v of vectors.measurement) {
      const m = {
        image: tags(v.tags),
        cuid: h(v.cuid),
        userData: h(v.user),
        nonce: v.nonce === null ? undefined : h(v.nonce),
        additional: h(v.additional),
      };
      expect(hex(measure(h(v.key), m))).toBe(v.hmac);
    }
  });

  it('reads and writes every exchange file', () => {
    const files = ['add_req', 'add_resp', 'full', 'full_req', 'full_resp', 'min_req', 'min_resp', 'user_req', 'user_resp'];
    const all = [...files.map((f) => `s390-tools/pvattest/exp/exchange/${f}.bin`), 's390-tools/pv/exp/exchange.bin'];
    for (const f of all) {
      const bytes = vectorFile(f);
      expect(hex(writeExchange(readExchange(bytes))), f).toBe(hex(bytes));
    }
    expect(all).toHaveLength(10);
  });
});
