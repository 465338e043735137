/** Byte for byte what s390-tools reads and writes: exchange files, the request, measurements, secret-store hashes. */
import { expect, it } from 'vitest';
import { type Exchange, readExchange, requestExchange, writeExchange } from '../../core/attestation/exchange.ts';
import { measure } from '../../core/attestation/measurement.ts';
import {
  type AttestationFlag,
  buildAttestationRequest,
  openAttestationRequest,
  parseAttestationRequest,
} from '../../core/attestation/request.ts';
import { secretStoreHash } from '../../core/attestation/storehash.ts';
import { hex, unhex } from '../../core/bytes.ts';
import { keyPair } from '../../core/crypto/p521.ts';
import { makeKeySlot } from '../../core/request/keyslot.ts';
import { parseRequest } from '../../core/request/parse.ts';
import { describeVectors, vectorFile, vectors } from '../support/vectors.ts';
import { hostKeyOf } from '../support/x509.ts';

const h = (text: string): Uint8Array => unhex(text, 'vector');
const filled = (size: number, value: number): Uint8Array => new Uint8Array(size).fill(value);

/** The inputs of the reference's tests: each part is filled with one value. */
const PARTS = {
  request: filled(16, 0x11),
  measurement: filled(64, 0x12),
  additional: filled(32, 0x13),
  cuid: filled(16, 0x14),
  user: filled(256, 0x15),
};
const NONE = { measurement: undefined, additional: undefined, user: undefined, cuid: undefined };
const response = (more: Partial<Exchange>): Uint8Array =>
  writeExchange({ ...NONE, request: PARTS.request, measurement: PARTS.measurement, cuid: PARTS.cuid, ...more });

const EXCHANGE: readonly (readonly [file: string, build: () => Uint8Array])[] = [
  ['pvattest/exp/exchange/min_req.bin', () => requestExchange(PARTS.request, 64, 0)],
  ['pvattest/exp/exchange/add_req.bin', () => requestExchange(PARTS.request, 64, 32)],
  ['pvattest/exp/exchange/full_req.bin', () => requestExchange(PARTS.request, 64, 32)],
  [
    'pvattest/exp/exchange/user_req.bin',
    () => writeExchange({ ...NONE, request: PARTS.request, measurement: { needed: 64 }, user: PARTS.user }),
  ],
  ['pvattest/exp/exchange/min_resp.bin', () => response({})],
  ['pvattest/exp/exchange/add_resp.bin', () => response({ additional: PARTS.additional })],
  ['pvattest/exp/exchange/user_resp.bin', () => response({ user: PARTS.user })],
  ['pvattest/exp/exchange/full_resp.bin', () => response({ additional: PARTS.additional, user: PARTS.user })],
  ['pvattest/exp/exchange/full.bin', () => response({ additional: PARTS.additional, user: PARTS.user })],
  // an older file: its user data has the value of the additional data
  ['pv/exp/exchange.bin', () => response({ additional: PARTS.additional, user: filled(256, 0x13) })],
];

describeVectors('exchange files of s390-tools', () => {
  it.each(EXCHANGE)('%s: built from its inputs, read, and rebuilt', (file, build) => {
    const bytes = vectorFile(`s390-tools/${file}`);
    expect(hex(build())).toBe(hex(bytes));
    expect(hex(writeExchange(readExchange(bytes)))).toBe(hex(bytes));
  });
  it('all of them', () => {
    expect(EXCHANGE).toHaveLength(10);
    console.info(
      `vectors: ${EXCHANGE.length} exchange files built, read and rebuilt byte for byte (9 of pvattest/exp, 1 of pv/exp)`,
    );
  });
});

const FLAGS: Record<string, AttestationFlag> = {
  nonce: 'nonce',
  imageHostKeyHash: 'image-host-key-hash',
  attestationHostKeyHash: 'attestation-host-key-hash',
};

describeVectors('attestation request of s390-tools', () => {
  it('arcb.bin: built from its inputs, read, and opened', () => {
    const v = vectors.attestationRequest;
    const flags = v.flags.map((f: string) => FLAGS[f]) as AttestationFlag[];
    const keys = {
      customer: keyPair(vectorFile(v.customerPrivateKey), 'vector'),
      protectionKey: h(v.requestProtectionKey),
      iv: h(v.iv),
      measurementKey: h(v.measurementKey),
      nonce: h(v.nonce),
    };
    const hostKeys = v.hostKeys.map((f: string) => hostKeyOf(vectorFile(f)));
    const bytes = vectorFile(v.file);
    expect(hex(buildAttestationRequest(hostKeys, flags, keys))).toBe(hex(bytes));
    // the nonce is always asked for, as the reference does, whether one says so or not
    expect(
      hex(
        buildAttestationRequest(
          hostKeys,
          flags.filter((f) => f !== 'nonce'),
          keys,
        ),
      ),
    ).toBe(hex(bytes));
    const parsed = parseAttestationRequest(bytes);
    expect(parsed.flags).toEqual(flags);
    expect(openAttestationRequest(parsed, keys.protectionKey)).toEqual({
      measurementKey: keys.measurementKey,
      nonce: keys.nonce,
    });
    console.info(`vectors: 1 attestation request built byte for byte (${v.file})`);
  });
  it('keyslot.bin: the slot of such a request', () => {
    const v = vectors.keyslot;
    const slot = makeKeySlot(
      keyPair(vectorFile(v.customerPrivateKey), 'vector'),
      hostKeyOf(vectorFile(v.hostKey)),
      h(v.requestProtectionKey),
    );
    expect(hex(slot)).toBe(hex(vectorFile(v.file)));
  });
});

describeVectors('measurements and store hashes of s390-tools', () => {
  it('measurements', () => {
    for (const v of vectors.measurement) {
      const image = { pld: h(v.tags.pld), ald: h(v.tags.ald), tld: h(v.tags.tld), tag: h(v.tags.seht) };
      const nonce = v.nonce === null ? undefined : h(v.nonce);
      expect(hex(measure(h(v.key), { image, cuid: h(v.cuid), userData: h(v.user), nonce, additional: h(v.additional) }))).toBe(
        v.hmac,
      );
    }
    console.info(`vectors: ${vectors.measurement.length} measurements (vectors.json)`);
  });
  it('secret-store hashes: the list in order, locked and not locked', () => {
    const lists = vectors.secretStoreHash.map((v: { requests: string[] }) => v.requests.length);
    for (const v of vectors.secretStoreHash) {
      const tags = v.requests.map((f: string) => parseRequest(vectorFile(f)).tag);
      expect(hex(secretStoreHash(tags, v.locked))).toBe(v.hash);
      if (tags.length > 1) expect(hex(secretStoreHash([...tags].reverse(), v.locked))).not.toBe(v.hash);
    }
    console.info(`vectors: ${lists.length} secret-store hashes, of lists of ${lists.join(', ')} requests (vectors.json)`);
  });
});
