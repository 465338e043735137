/** The audit trail: every change of it shows, and no field of it could hold a secret. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, hex, utf8 } from '../../core/bytes.ts';
import { canonicalJson } from '../../core/canonical.ts';
import { SelError } from '../../core/errors.ts';
import {
  type AuditEntry,
  type AuditEvent,
  auditEventSchema,
  audited,
  auditHead,
  readAuditLines,
  verifyAudit,
  writeAuditLines,
} from '../../core/project/audit.ts';
import { auditFaultSays, auditSays } from '../../words/project.ts';
import { fullProject, secretsOf } from './fixture.ts';

const project = fullProject();
const trail = project.audit;
const copy = (): AuditEntry[] => structuredClone(trail);

describe('the chain', () => {
  it('is whole, and each entry carries the SHA-256 of the one before', () => {
    expect(verifyAudit(trail, project.audit_head)).toEqual({ good: true, entries: trail.length, head: project.audit_head });
    trail.forEach((e, i) => {
      const before = trail[i - 1];
      expect(e.n).toBe(i + 1);
      // by another implementation
      const wanted = before ? createHash('sha256').update(canonicalJson(before)).digest('hex') : '0'.repeat(64);
      expect(e.previous).toBe(wanted);
    });
  });
  it('breaks when any entry is removed, in every place', () => {
    for (let i = 0; i < trail.length - 1; i++) {
      const cut = copy().filter((_, k) => k !== i);
      expect(verifyAudit(cut).fault, `entry ${i + 1}`).toEqual({ kind: 'number', n: i + 1, found: i + 2 });
      const renumbered = cut.map((e, k) => ({ ...e, n: k + 1 }));
      expect(verifyAudit(renumbered).fault, `entry ${i + 1}`).toEqual({ kind: 'link', n: i + 1 });
    }
  });
  it('shows what is missing at the end by the head, and by nothing else', () => {
    const cut = copy().slice(0, -1);
    expect(verifyAudit(cut).good).toBe(true);
    expect(verifyAudit(cut, project.audit_head).fault).toEqual({ kind: 'head', n: cut.length });
    expect(verifyAudit([], project.audit_head).good).toBe(false);
  });
  it('breaks when two entries change places, when one stands twice, when a stranger is put in', () => {
    for (let i = 1; i < trail.length; i++) {
      const swapped = copy();
      [swapped[i - 1], swapped[i]] = [swapped[i] as AuditEntry, swapped[i - 1] as AuditEntry];
      expect(verifyAudit(swapped.map((e, k) => ({ ...e, n: k + 1 }))).good).toBe(false);
      const doubled = copy();
      doubled.splice(i, 0, trail[i] as AuditEntry);
      expect(verifyAudit(doubled.map((e, k) => ({ ...e, n: k + 1 }))).good).toBe(false);
    }
  });
  it('breaks when any field of any entry is changed', () => {
    const leaves = (v: unknown, path: string[] = []): string[][] =>
      typeof v === 'object' && v !== null ? Object.entries(v).flatMap(([k, x]) => leaves(x, [...path, k])) : [path];
    for (const [i, entry] of trail.entries())
      for (const path of leaves(entry)) {
        const edited = copy();
        // biome-ignore lint/suspicious/noExplicitAny: a path through data of any shape
        let at: any = edited[i];
        for (const key of path.slice(0, -1)) at = at[key];
        const last = path.at(-1) as string;
        at[last] = typeof at[last] === 'number' ? at[last] + 1 : typeof at[last] === 'boolean' ? !at[last] : `${at[last]}x`;
        expect(verifyAudit(edited, project.audit_head).good, `entry ${i + 1}, ${path.join('.')}`).toBe(false);
      }
  });
});

describe('the export', () => {
  const lines = writeAuditLines(trail);
  it('has one canonical object a line, and comes back', () => {
    expect(fromUtf8(lines, 'test').split('\n')).toHaveLength(trail.length + 1);
    expect(readAuditLines(lines)).toEqual(trail);
    expect(hex(writeAuditLines(readAuditLines(lines)))).toBe(hex(lines));
    expect(readAuditLines(utf8(''))).toEqual([]);
  });
  it('any changed character is an error or a broken chain', () => {
    const text = fromUtf8(lines, 'test');
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(...'0a"{},:Z \n'), (at, c) => {
        fc.pre(text[at] !== c);
        const edited = utf8(text.slice(0, at) + c + text.slice(at + 1));
        let good = true;
        try {
          good = verifyAudit(readAuditLines(edited), project.audit_head).good;
        } catch (e) {
          if (!(e instanceof SelError)) throw e;
          return true;
        }
        return !good;
      }),
      { numRuns: 400 },
    );
  });
  it('refuses what is no export', () => {
    for (const bad of ['{', '[]\n', '{}\n', 'x'.repeat(5000), '{"n":1}\n\n'])
      expect(() => readAuditLines(utf8(bad)), bad.slice(0, 10)).toThrow(SelError);
  });
  it('holds no secret', () => {
    for (const s of secretsOf(project))
      for (const form of ['latin1', 'hex', 'base64'] as const)
        expect(Buffer.from(lines).includes(Buffer.from(s).toString(form))).toBe(false);
  });
});

describe('the kinds of events', () => {
  it('are a closed set: another kind, another field, another value of a field cannot be written', () => {
    const now = new Date('2026-11-24T05:00:00Z');
    const bad: unknown[] = [
      { kind: 'value-set', secret: 'luks-rfs-passphrase', source: 'typed', value: 'hunter2' },
      { kind: 'value-set', secret: 'my pass phrase: hunter2', source: 'typed' },
      { kind: 'value-set', secret: 'x', source: 'hunter2' },
      { kind: 'note', text: 'hunter2' },
      { kind: 'policy-set', name: 'hunter2 !', sha256: '0'.repeat(64) },
      { kind: 'project-created', project: '00000000-0000-4000-8000-000000000000', program: 'p\nq' },
    ];
    for (const event of bad) expect(() => audited([], event as AuditEvent, now)).toThrow(SelError);
  });
  it('have fields that hold hashes, names, numbers and words of ours only: none takes a free text', () => {
    // every string of every kind is refused when it is a sentence
    const sentence = 'correct horse battery staple';
    for (const { shape } of auditEventSchema.options) {
      const strings = Object.entries(shape).filter(([, s]) => s.safeParse(sentence).success);
      expect(strings.map(([k]) => k).filter((k) => k !== 'program')).toEqual([]);
    }
  });
  it('each has a sentence', () => {
    expect(trail.map(auditSays).every((t) => t.length > 30 && !t.includes('undefined'))).toBe(true);
    expect(auditFaultSays({ kind: 'link', n: 1 })).toContain('beginning');
    expect(auditFaultSays({ kind: 'link', n: 7 })).toContain('7');
    expect(auditFaultSays({ kind: 'head', n: 3 })).toContain('3');
  });
  it('an empty trail has zeros as its head', () => {
    expect(auditHead([])).toBe('0'.repeat(64));
    expect(verifyAudit([]).good).toBe(true);
  });
});
