/**
 * Any byte flipped anywhere in a chain that verifies: never trusted. First every byte of every file once, then thousands of
 * random ones, then files as PEM, where the text has room for changes that change nothing.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Piece, sortFile } from '../../core/hostkey/sort.ts';
import { verifyHostKeys } from '../../core/hostkey/verify.ts';
import { verifySignature } from '../../edge/keys.ts';
import { AT, goodPki, writePki } from './forge.ts';

const written = writePki(goodPki());
const FILES = {
  root: written.roots[0],
  intermediate: written.certificates[0],
  'signing key': written.certificates[1],
  'CRL of the root': written.crls[0],
  'CRL of the intermediate': written.crls[1],
  'CRL of the signing key': written.crls[2],
  'host key': written.hosts[0],
} as Record<string, Uint8Array>;
const NAMES = Object.keys(FILES);

/** The pieces of the other files are read once. */
const whole = new Map<string, readonly Piece[]>(NAMES.map((n) => [n, sortFile(n, FILES[n] as Uint8Array)]));

/** Trusted, with one file replaced? Sizes of everything else stay as they are. */
const trustedWith = (name: string, file: Uint8Array): boolean => {
  const pieces = new Map(whole).set(name, sortFile(name, file));
  const of = (...names: string[]): Piece[] => names.flatMap((n) => [...(pieces.get(n) ?? [])]);
  const certificates = (list: Piece[]) => list.flatMap((p) => (p.certificate ? [p.certificate] : []));
  const hostKey = of('host key').find((p) => p.hostKey)?.hostKey;
  if (hostKey === undefined) return false;
  const [verdict] = verifyHostKeys({
    hostKeys: [hostKey],
    certificates: certificates(of('intermediate', 'signing key')),
    roots: certificates(of('root')),
    crls: of(...NAMES).flatMap((p) => (p.crl ? [p.crl] : [])),
    at: AT,
    verify: verifySignature,
  });
  return verdict?.trusted === true;
};

const flip = (file: Uint8Array, at: number, mask: number): Uint8Array => {
  const out = file.slice();
  out[at] = (out[at] as number) ^ mask;
  return out;
};

const counts = { every: 0, random: 0, pem: 0, harmless: 0 };

describe('DER', () => {
  it('is trusted as it is', () => {
    for (const n of NAMES) expect(trustedWith(n, FILES[n] as Uint8Array), n).toBe(true);
  });

  // there is no byte outside the signed and parsed parts: lengths and tags outside are parsed, the algorithm outside must be the
  // one inside, the root's signature over itself is checked
  it.each(NAMES)('every byte of the %s, one bit of it', (name) => {
    const file = FILES[name] as Uint8Array;
    const survived: number[] = [];
    for (let at = 0; at < file.length; at++) if (trustedWith(name, flip(file, at, 1 << (at % 8)))) survived.push(at);
    counts.every += file.length;
    expect(survived).toEqual([]);
  });

  it('random bytes, any change of them', () => {
    const place = fc.constantFrom(...NAMES).chain((name) =>
      fc.record({
        name: fc.constant(name),
        at: fc.noBias(fc.nat((FILES[name] as Uint8Array).length - 1)),
        mask: fc.integer({ min: 1, max: 255 }),
      }),
    );
    fc.assert(
      fc.property(place, ({ name, at, mask }) => {
        counts.random++;
        return !trustedWith(name, flip(FILES[name] as Uint8Array, at, mask));
      }),
      { numRuns: 2500, seed: 20261124 },
    );
  });

  it('a byte taken out, or put in', () => {
    const place = fc.constantFrom(...NAMES).chain((name) =>
      fc.record({
        name: fc.constant(name),
        at: fc.noBias(fc.nat((FILES[name] as Uint8Array).length - 1)),
        byte: fc.option(fc.nat(255)),
      }),
    );
    fc.assert(
      fc.property(place, ({ name, at, byte }) => {
        const file = FILES[name] as Uint8Array;
        const changed = [
          ...file.subarray(0, at),
          ...(byte === null ? [] : [byte]),
          ...file.subarray(byte === null ? at + 1 : at),
        ];
        return !trustedWith(name, new Uint8Array(changed));
      }),
      { numRuns: 500, seed: 20261125 },
    );
  });
});

const label = (name: string): string => (name.startsWith('CRL') ? 'X509 CRL' : 'CERTIFICATE');

/** PEM with a line of text in front of it, as tools write it. */
const asPem = (name: string): Uint8Array => {
  const lines =
    Buffer.from(FILES[name] as Uint8Array)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  const text = ['subject: somebody', `-----BEGIN ${label(name)}-----`, ...lines, `-----END ${label(name)}-----`, ''].join('\n');
  return new Uint8Array(Buffer.from(text));
};

/** What a reader that takes PEM at its word gets out of it: the first block's bytes. */
const contentOf = (name: string, pem: Uint8Array): string | undefined =>
  new RegExp(`-----BEGIN ${label(name)}-----([A-Za-z0-9+/=\\s]*)-----END ${label(name)}-----`)
    .exec(Buffer.from(pem).toString('latin1'))?.[1]
    ?.replace(/\s/g, '');

describe('PEM', () => {
  it('is trusted as it is', () => {
    for (const n of NAMES) expect(trustedWith(n, asPem(n)), n).toBe(true);
  });

  // What may change without consequence: the text in front, what stands behind the end line, and one kind of white space for
  // another. The Base64 itself is then the same to the letter: unused bits at its end must be zero.
  it('is trusted only when the same Base64 is still in it', () => {
    const place = fc.constantFrom(...NAMES).chain((name) =>
      fc.record({
        name: fc.constant(name),
        at: fc.noBias(fc.nat(asPem(name).length - 1)),
        mask: fc.integer({ min: 1, max: 255 }),
      }),
    );
    fc.assert(
      fc.property(place, ({ name, at, mask }) => {
        counts.pem++;
        const changed = flip(asPem(name), at, mask);
        if (!trustedWith(name, changed)) return true;
        counts.harmless++;
        return contentOf(name, changed) === contentOf(name, asPem(name));
      }),
      { numRuns: 2000, seed: 20261126 },
    );
    expect(counts.harmless).toBeGreaterThan(0);
  });

  afterAll(() =>
    console.log(
      `flips: every byte of 7 files (${counts.every}), ${counts.random} random in DER: none trusted; ${counts.pem} in PEM: ${counts.harmless} trusted, all outside the Base64`,
    ),
  );
});
