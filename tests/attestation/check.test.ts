/** The policy checks: each one passes and fails for its own reason, and none is made on a response that is not authentic. */
import { describe, expect, it } from 'vitest';
import {
  ATTESTATION_CHECKS,
  type AttestationCheckId,
  type AttestationPolicy,
  type AttestationResult,
  checkAttestation,
} from '../../core/attestation/check.ts';
import { readExchange, requestExchange, writeExchange } from '../../core/attestation/exchange.ts';
import { type AttestationFlag, sealAttestationRequest } from '../../core/attestation/request.ts';
import { readResponse, verifyMeasurement } from '../../core/attestation/response.ts';
import { hex, join } from '../../core/bytes.ts';
import { publicKeyHash } from '../../core/crypto/p521.ts';
import { SelError } from '../../core/errors.ts';
import type { ImageTags } from '../../core/image/tags.ts';
import { ATTESTATION_OUTCOMES, ATTESTATION_WORDS, checksText } from '../../words/attest.ts';
import { customer, flipped, protectionKey, slotHosts, slots, strangerHost } from '../support/slots.ts';
import { respond, storeHash } from './respond.ts';

const filled = (size: number, value: number): Uint8Array => new Uint8Array(size).fill(value);
const image: ImageTags = { pld: filled(64, 1), ald: filled(64, 2), tld: filled(64, 3), tag: filled(16, 4) };
const ALL: AttestationFlag[] = ['image-host-key-hash', 'attestation-host-key-hash', 'secret-store-hash', 'firmware-state'];
const requestOf = (flags: readonly AttestationFlag[]): Uint8Array =>
  sealAttestationRequest(flags, slots, {
    customer,
    protectionKey,
    iv: filled(12, 5),
    measurementKey: filled(64, 6),
    nonce: filled(16, 7),
  });
const [alpha, beta] = slotHosts.map((h) => publicKeyHash(h.publicKey)) as [Uint8Array, Uint8Array];
const stranger = publicKeyHash(strangerHost.publicKey);
const tags = [filled(16, 0xa1), filled(16, 0xa2), filled(16, 0xa3)];
const answer = {
  image,
  cuid: filled(16, 8),
  userData: filled(40, 9),
  imageHostKey: alpha,
  attestationHostKey: beta,
  tags,
  locked: true,
};
const file = respond(requestOf(ALL), protectionKey, answer);
const bare = respond(requestOf([]), protectionKey, { ...answer, userData: new Uint8Array(0) });

const check = (policy: AttestationPolicy = {}, bytes = file): AttestationResult =>
  checkAttestation(readResponse(bytes), protectionKey, image, policy);
const outcome = (r: AttestationResult, id: AttestationCheckId) => r.checks.find((c) => c.id === id)?.outcome;
const documents = (...phkh: Uint8Array[]) => phkh.map((h, i) => ({ file: `host${i}.crt`, phkh: h }));

describe('the measurement', () => {
  it('is verified for the right key and image, and for no other', () => {
    const r = readResponse(file);
    expect(verifyMeasurement(r, protectionKey, image)).toBe('verified');
    expect(verifyMeasurement(r, flipped(protectionKey, 1), image)).toBe('foreign-request');
    for (const part of ['pld', 'ald', 'tld', 'tag'] as const)
      expect(verifyMeasurement(r, protectionKey, { ...image, [part]: flipped(image[part], 3) }), part).toBe('differs');
    expect(verifyMeasurement(readResponse(bare), protectionKey, image)).toBe('verified');
    expect(() => verifyMeasurement(r, protectionKey.slice(1), image)).toThrow(/wrong-length/);
  });
  it('any bit of the response changed: not verified, or not a response', () => {
    let unreadable = 0;
    for (let at = 0; at < file.length; at++) {
      const changed = flipped(file, at, at % 8);
      try {
        expect(checkAttestation(readResponse(changed), protectionKey, image).verified, `byte ${at}`).toBe(false);
      } catch (e) {
        if (!(e instanceof SelError)) throw e;
        unreadable++;
      }
    }
    expect(unreadable).toBeGreaterThan(50);
    expect(unreadable).toBeLessThan(file.length / 2);
  });
  it('a request that was not answered, and parts of another size, are errors that name the field', () => {
    expect(() => readResponse(requestExchange(requestOf(ALL), 64, 448))).toThrow(/missing-field.*measurement/);
    const x = readExchange(file);
    const without = { ...x, additional: undefined };
    expect(() => readResponse(writeExchange(without))).toThrow(/wrong-length.*additional data/);
    expect(() => readResponse(writeExchange({ ...x, cuid: filled(15, 0) }))).toThrow(/wrong-length.*configuration UID/);
    expect(() => readResponse(writeExchange({ ...x, measurement: filled(63, 0) }))).toThrow(/wrong-length.*measurement/);
    expect(() => readResponse(writeExchange({ ...x, user: filled(257, 0) }))).toThrow(/too-long.*user data/);
  });
});

describe('a policy that asks for everything', () => {
  const everything: AttestationPolicy = {
    hostKeys: documents(stranger, alpha, beta),
    demanded: ['image', 'attestation'],
    userData: answer.userData,
    tags,
    locked: true,
  };
  it('is fulfilled, check by check', () => {
    const r = check(everything);
    expect(r).toMatchObject({ verified: true, fulfilled: true });
    expect(r.checks.map((c) => c.id)).toEqual(ATTESTATION_CHECKS);
    expect(r.checks.filter((c) => c.outcome !== 'passed').map((c) => c.id)).toEqual(['firmware-state']);
    expect(r.checks.find((c) => c.id === 'image-host-key')?.found).toBe(`${hex(alpha)} (host1.crt)`);
  });
  it('is not even compared when the measurement is not verified: every check says so', () => {
    const changed = flipped(file, file.length - 1);
    for (const r of [
      check(everything, changed),
      checkAttestation(readResponse(file), flipped(protectionKey, 0), image, everything),
      checkAttestation(readResponse(file), protectionKey, { ...image, tag: filled(16, 5) }, everything),
    ]) {
      expect(r).toMatchObject({ verified: false, fulfilled: false });
      for (const id of ['image-host-key', 'attestation-host-key', 'user-data', 'secret-store', 'lock-state'] as const)
        expect(outcome(r, id), id).toBe('not-authentic');
      expect(JSON.stringify(r.checks.slice(2))).not.toContain('found');
    }
  });
});

describe('one check at a time', () => {
  const cases: [AttestationCheckId, string, AttestationPolicy, Uint8Array][] = [
    ['image-host-key', 'passed', { hostKeys: documents(alpha) }, file],
    ['image-host-key', 'failed', { hostKeys: documents(beta, stranger) }, file],
    ['image-host-key', 'absent', { hostKeys: documents(alpha) }, bare],
    ['image-host-key', 'failed', { hostKeys: documents(alpha), demanded: ['image'] }, bare],
    ['image-host-key', 'absent', { hostKeys: documents(alpha), demanded: ['attestation'] }, bare],
    ['attestation-host-key', 'passed', { hostKeys: documents(beta) }, file],
    ['attestation-host-key', 'failed', { hostKeys: documents(alpha) }, file],
    ['attestation-host-key', 'failed', { hostKeys: documents(beta), demanded: ['attestation'] }, bare],
    ['user-data', 'passed', { userData: filled(40, 9) }, file],
    ['user-data', 'failed', { userData: filled(41, 9) }, file],
    ['user-data', 'failed', { userData: new Uint8Array(0) }, file],
    ['user-data', 'passed', { userData: new Uint8Array(0) }, bare],
    ['secret-store', 'passed', { tags }, file],
    ['secret-store', 'failed', { tags: [...tags].reverse() }, file],
    ['secret-store', 'failed', { tags: tags.slice(1) }, file],
    ['secret-store', 'failed', { tags: [...tags, filled(16, 0xa4)] }, file],
    ['secret-store', 'failed', { tags: [], locked: true }, file],
    ['secret-store', 'failed', { tags }, bare],
    ['lock-state', 'passed', { tags, locked: true }, file],
    ['lock-state', 'failed', { tags, locked: false }, file],
    ['lock-state', 'failed', { tags: tags.slice(1), locked: true }, file],
    ['lock-state', 'not-asked', { tags }, file],
    ['firmware-state', 'not-checkable', { firmware: true }, file],
    ['firmware-state', 'not-checkable', { firmware: true }, bare],
  ];
  it.each(cases)('%s: %s (%#)', (id, wanted, policy, bytes) => {
    const r = check(policy, bytes);
    expect(r.verified).toBe(true);
    expect(outcome(r, id)).toBe(wanted);
    const bad = r.checks.some((c) => c.outcome === 'failed' || c.outcome === 'not-checkable');
    expect(r.fulfilled).toBe(!bad);
    // whatever was asked for shows what was expected, and what was found unless it is not there
    for (const c of r.checks) {
      if (c.outcome === 'passed' || c.outcome === 'failed')
        expect([c.expected, c.found].every((t) => t !== undefined && t !== '')).toBe(true);
    }
  });
  it('a right list with the other lock state: the list passes, the lock fails', () => {
    const r = check({ tags, locked: false });
    expect([outcome(r, 'secret-store'), outcome(r, 'lock-state')]).toEqual(['passed', 'failed']);
    expect(r.checks.find((c) => c.id === 'lock-state')).toMatchObject({ expected: 'not locked', found: 'locked' });
  });
  it('asked nothing, it compares nothing and shows what is there', () => {
    const r = check();
    expect(r).toMatchObject({ verified: true, fulfilled: true });
    expect(r.checks.slice(2).every((c) => c.outcome === 'not-asked')).toBe(true);
    expect(r.checks.find((c) => c.id === 'secret-store')?.found).toBe(storeHash(tags, true).toString('hex'));
  });
});

describe('in words', () => {
  it('each check and each outcome has its sentence, each failure its reason', () => {
    for (const id of ATTESTATION_CHECKS)
      expect(ATTESTATION_WORDS[id].about.length + ATTESTATION_WORDS[id].failure.length).toBeGreaterThan(40);
    const text = checksText(check({ hostKeys: documents(stranger), firmware: true, tags }), ATTESTATION_CHECKS).join('\n');
    expect(text).toContain(ATTESTATION_WORDS['image-host-key'].failure);
    expect(text).toContain(ATTESTATION_OUTCOMES['not-checkable']);
    expect(text).toContain(hex(alpha));
    expect(text).toContain(hex(stranger));
  });
  it('never shows the protection key or the measurement key', () => {
    const everything = JSON.stringify(check({ userData: join(answer.userData), tags, locked: true }));
    expect(everything).not.toContain(hex(protectionKey));
    expect(everything).not.toContain('06'.repeat(64));
  });
});
