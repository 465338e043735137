/** Until when a verdict holds, and what is warned of ahead: at the edges, and with several CRLs of one issuer. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortFile } from '../../core/hostkey/sort.ts';
import { type HostKeyVerdict, verifyHostKeys } from '../../core/hostkey/verify.ts';
import { verifySignature } from '../../edge/keys.ts';
import { AT, DAY, type Files, goodPki, inDays, LEVELS, type Level, type Pki, SERIAL, writeCrl, writePki } from './forge.ts';
import { judge } from './judge.ts';

const SECOND = 1000;
const at = (ms: number): Date => new Date(AT.getTime() + ms);

const verdictOf = (change: (p: Pki) => unknown, more: (f: Files, p: Pki) => unknown = () => {}): HostKeyVerdict => {
  const p = goodPki();
  change(p);
  const f = writePki(p);
  more(f, p);
  return judge(f).verdict as HostKeyVerdict;
};

/** The verdict of files as a function of time; they are read once. */
const overTime = (f: Files): ((then: Date) => HostKeyVerdict) => {
  const sorted = (list: Uint8Array[]) => list.flatMap((b) => sortFile('file', b));
  const certificates = (list: Uint8Array[]) => sorted(list).flatMap((p) => (p.certificate ? [p.certificate] : []));
  const input = {
    hostKeys: sorted(f.hosts).flatMap((p) => (p.hostKey ? [p.hostKey] : [])),
    certificates: certificates(f.certificates),
    roots: certificates(f.roots),
    crls: sorted(f.crls).flatMap((p) => (p.crl ? [p.crl] : [])),
    verify: verifySignature,
  };
  return (then) => verifyHostKeys({ ...input, at: then })[0] as HostKeyVerdict;
};

describe('holds until', () => {
  const limits: readonly (readonly [string, (p: Pki, end: Date) => unknown])[] = [
    ...(['root', 'intermediate', 'signing', 'host'] as const).map(
      (l) => [l, (p: Pki, end: Date) => (p[l].notAfter = end)] as const,
    ),
    ...LEVELS.map((l) => [`CRL of ${l}`, (p: Pki, end: Date) => (p.crls[l].nextUpdate = end)] as const),
  ];
  it.each(limits)('%s: the first to end limits, and at that second it is over', (_, limit) => {
    const p = goodPki();
    limit(p, inDays(5));
    const verdictAt = overTime(writePki(p));
    expect(verdictAt(AT).holdsUntil).toEqual(inDays(5));
    expect(verdictAt(new Date(inDays(5).getTime() - SECOND)).trusted).toBe(true);
    expect(verdictAt(new Date(inDays(5).getTime() - 1)).trusted).toBe(true);
    expect(verdictAt(inDays(5)).trusted).toBe(false);
  });

  it('of two valid CRLs the one that ends last, as long as it would be taken then', () => {
    for (const l of LEVELS) {
      const p = goodPki();
      p.crls[l].nextUpdate = inDays(3);
      const f = writePki(p);
      f.crls.push(writeCrl({ ...p.crls[l], thisUpdate: inDays(-20), nextUpdate: inDays(9) }));
      expect(overTime(f)(AT).holdsUntil, l).toEqual(inDays(9));
    }
  });

  it('a CRL of tomorrow that revokes limits', () => {
    const below: Record<Level, string> = { root: SERIAL.intermediate, intermediate: SERIAL.signing, signing: SERIAL.host };
    for (const l of LEVELS) {
      const p = goodPki();
      const f = writePki(p);
      f.crls.push(writeCrl({ ...p.crls[l], thisUpdate: inDays(1), revoked: [{ serial: below[l] }] }));
      expect(overTime(f)(AT).holdsUntil, l).toEqual(inDays(1));
    }
  });

  it('a CRL of tomorrow that does not revoke does not limit, and takes over', () => {
    const p = goodPki();
    p.crls.signing.nextUpdate = inDays(2);
    const f = writePki(p);
    f.crls.push(writeCrl({ ...p.crls.signing, thisUpdate: inDays(1), nextUpdate: inDays(8) }));
    expect(overTime(f)(AT).holdsUntil).toEqual(inDays(8));
  });

  it('a CRL without an end does not limit', () => {
    const { holdsUntil } = verdictOf((p) => (p.crls.root.nextUpdate = undefined));
    expect(holdsUntil).toEqual(inDays(300));
  });

  it('is never past a moment at which it is not trusted, whatever the CRLs', () => {
    const list = fc.record({
      level: fc.constantFrom(...LEVELS),
      from: fc.integer({ min: -20, max: 20 }),
      days: fc.integer({ min: 1, max: 40 }),
      open: fc.boolean(),
      revokes: fc.boolean(),
    });
    const below: Record<Level, string> = { root: SERIAL.intermediate, intermediate: SERIAL.signing, signing: SERIAL.host };
    let trusted = 0;
    fc.assert(
      fc.property(fc.array(list, { maxLength: 6 }), (lists) => {
        const p = goodPki();
        const f = writePki(p);
        for (const x of lists) {
          const nextUpdate = x.open ? undefined : inDays(x.from + x.days);
          const revoked = x.revokes && x.from > 0 ? [{ serial: below[x.level] }] : [];
          f.crls.push(writeCrl({ ...p.crls[x.level], thisUpdate: inDays(x.from), nextUpdate, revoked }));
        }
        const verdictAt = overTime(f);
        const { holdsUntil } = verdictAt(AT);
        if (holdsUntil === undefined) return true;
        trusted++;
        const moments = Array.from({ length: 70 }, (_, d) => inDays(d)).filter((m) => m < holdsUntil);
        return !verdictAt(holdsUntil).trusted && moments.every((m) => verdictAt(m).trusted);
      }),
      { numRuns: 60, seed: 7 },
    );
    expect(trusted).toBeGreaterThan(20);
  });

  it('is not said of what is not trusted', () => {
    expect(verdictOf((p) => (p.host.notAfter = inDays(-1))).holdsUntil).toBeUndefined();
  });
});

describe('warned ahead', () => {
  const soon = (end: Date): string[] => verdictOf((p) => (p.crls.signing.nextUpdate = end)).endingSoon.map((e) => e.subject);
  const NAME = 'revocation list of IBM Z Host Key Signing Service';

  it.each([
    ['14 days', at(14 * DAY), [NAME]],
    ['14 days and a second', at(14 * DAY + SECOND), []],
    ['a second', at(SECOND), [NAME]],
    ['a year', at(365 * DAY), []],
  ])('a CRL that ends in %s', (_, end, expected) => expect(soon(end)).toEqual(expected));

  it('not of one that has ended: that is a refusal', () => {
    const v = verdictOf((p) => (p.crls.signing.nextUpdate = AT));
    expect(v.error?.kind).toBe('NoCrl');
    expect(v.endingSoon).toEqual([]);
  });

  it.each([
    ['host key', (p: Pki) => (p.host.notAfter = inDays(3)), 'host key 44'],
    ['signing key', (p: Pki) => (p.signing.notAfter = inDays(3)), 'IBM Z Host Key Signing Service'],
    ['intermediate', (p: Pki) => (p.intermediate.notAfter = inDays(3)), 'IBM Z Intermediate CA'],
    ['root', (p: Pki) => (p.root.notAfter = inDays(3)), 'IBM Z Root CA'],
    ['CRL of the root', (p: Pki) => (p.crls.root.nextUpdate = inDays(3)), 'revocation list of IBM Z Root CA'],
    [
      'CRL of the intermediate',
      (p: Pki) => (p.crls.intermediate.nextUpdate = inDays(3)),
      'revocation list of IBM Z Intermediate CA',
    ],
  ])('of the %s', (_, change, subject) => {
    const v = verdictOf(change);
    expect(v.trusted).toBe(true);
    expect(new Set(v.endingSoon.map((e) => e.subject))).toEqual(new Set([subject]));
    expect(v.endingSoon.every((e) => e.until.getTime() === inDays(3).getTime())).toBe(true);
  });

  it('not of a CRL whose successor is there already', () => {
    const v = verdictOf(
      (p) => (p.crls.signing.nextUpdate = inDays(3)),
      (f, p) => f.crls.push(writeCrl({ ...p.crls.signing, thisUpdate: inDays(1), nextUpdate: inDays(90) })),
    );
    expect(v.endingSoon).toEqual([]);
  });
});
