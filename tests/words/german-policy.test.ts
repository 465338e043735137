/** German of policies, their rules and differences, of reviews and approvals, of the audit trail, of a boot and of its attacks. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApprovalState } from '../../core/approval/state.ts';
import { ATTESTATION_CHECKS } from '../../core/attestation/check.ts';
import { ATTACK_IDS } from '../../core/bundle/attacks.ts';
import { utf8 } from '../../core/bytes.ts';
import { BOOT_CODES, type BootEvent } from '../../core/guestsim/events.ts';
import { findHeader } from '../../core/image/find.ts';
import type { OpenedHeader } from '../../core/image/header.ts';
import { diffPolicies } from '../../core/policy/diff.ts';
import { readPolicy } from '../../core/policy/document.ts';
import { templateText } from '../../core/policy/templates.ts';
import { type AuditEvent, auditEventSchema } from '../../core/project/audit.ts';
import { reviewPolicy } from '../../core/review/review.ts';
import { approvalStateSays } from '../../words/approval.ts';
import { ATTACKERS, attackSays, CAUGHT_BY } from '../../words/attacks.ts';
import { checksText, TAGS_ONLY, VERIFIED_FOR_ME } from '../../words/attest.ts';
import { bootSays, STAGE_NAMES } from '../../words/boot.ts';
import { diffSays } from '../../words/diff.ts';
import { durationSays } from '../../words/duration.ts';
import { headerText, NOT_BOOTABLE, TAMPERED, UNVERIFIED, unknownMetadata } from '../../words/image.ts';
import { speak, t, untranslated } from '../../words/language.ts';
import { messagesOf } from '../../words/locales/messages.ts';
import { modelSays } from '../../words/machines.ts';
import { applySays, policyFacts, purposeSays } from '../../words/policy.ts';
import { formOf } from '../../words/policyform.ts';
import { auditEventSays, auditFaultSays } from '../../words/project.ts';
import { REQUEST_CHECK_WORDS, requestCheckSays } from '../../words/request.ts';
import { dumpSays, reachableSays, reviewAsText } from '../../words/review.ts';
import { consequence, findingSays, RULES } from '../../words/rules.ts';
import { changedPolicy } from '../review/policies.ts';
import { header } from '../support/tenant.ts';

const TEXT = templateText('ssh-server');
const base = readPolicy(utf8(TEXT));
/** What is said when the text of the policy is changed. */
const changed = (from: string | RegExp, to: string, text = TEXT): string[] =>
  diffSays(diffPolicies(readPolicy(utf8(text)), readPolicy(utf8(text.replace(from, to)))));

const KEY = `SHA256:${'A'.repeat(43)}`;
const state: ApprovalState = {
  subject: { kind: 'policy', sha256: '0'.repeat(64) },
  required: 2,
  by: [],
  approvedBy: [{ fingerprint: KEY, name: 'Ada', form: 'statement', time: '2026-11-24T19:05:14Z', comment: 'gut' }],
  rejectedBy: [],
  notCounted: [{ fingerprint: KEY, decision: 'reject', reason: 'bad-signature' }],
  missing: 1,
  satisfied: false,
};
const event = (code: BootEvent['code'], more: Partial<BootEvent> = {}): string =>
  bootSays({ stage: 'pvebc', code, outcome: 'ok', ...more });

/** One event of each kind. */
const SAMPLE = {
  ...{
    project: 'p',
    program: 's',
    generation: 2,
    role: 'image',
    sha256: 'h',
    phkh: 'h',
    name: 'n',
    secret: 's',
    source: 'typed',
  },
  ...{ entry: 'e', secrets: ['s'], fingerprint: KEY, decision: 'approve', about: 'policy', bundle: 'b', serial: 1, policy: 'h' },
  ...{ manifest: 'h', toc_pol: 'h', host_keys: ['h'], unverified: 1, approved_by: [KEY], bundles: 2, challenge: 'c' },
  ...{ grade: 'proven', rehearsal: true, report: 'h' },
};
const EVENTS = auditEventSchema.options.map(({ shape }) => ({ ...SAMPLE, kind: shape.kind.value }));
const OPENED: OpenedHeader = {
  cck: new Uint8Array(32),
  componentKey: new Uint8Array(64),
  pswMask: 0n,
  pswAddress: 0n,
  secretFlags: 1n,
};

beforeAll(() => speak('de', messagesOf('de')));
afterAll(() => speak('en'));

describe('a change of a policy', () => {
  it.each([
    ['max-age: PT24H', 'max-age: P7D', 'Der Bericht darf älter sein: 7 Tage statt 24 Stunden.'],
    ['max-age: PT24H', 'max-age: PT1H', 'Der Bericht muss neuer sein: 1 Stunde statt 24 Stunden.'],
    ['max: 8', 'max: 9', 'Die Höchstzahl der Host-Schlüssel, gelockert: 9 statt 8.'],
    ['dump: any', 'dump: allowed', 'Der Speicherabzug ist jetzt erlaubt: Das Image muss ihn erlauben (bisher any).'],
    ['mode: "0600"', 'mode: "0644"', 'Die Zugriffsrechte des Geheimnisses ssh-host-ed25519-key im Gast: 0644 statt 0600.'],
    ['bits: [512, 256]', 'bits: [512]', 'Größen des Geheimnisses rfs-luks-key in Bit: 256 entfernt.'],
    [
      '    purpose: ssh-host-key',
      '    required: false\n    purpose: ssh-host-key',
      'Das Geheimnis ssh-host-ed25519-key ist nicht mehr verlangt.',
    ],
  ])('%s → %s', (from, to, sentence) => {
    expect(changed(from, to)).toEqual([sentence]);
  });
  it('has the plural of its approvals', () => {
    const one = `${TEXT}approvals: { required: 1 }\n`;
    expect(changed('required: 1 }', 'required: 2 }', one)).toEqual(['Jetzt sind 2 Genehmigungen verlangt statt 1.']);
    expect(changed('required: 1 }', 'required: 0 }', one)).toEqual(['Jetzt sind 0 Genehmigungen verlangt statt 1.']);
    expect(changed('required: 2 }', 'required: 1 }', `${TEXT}approvals: { required: 2 }\n`)).toEqual([
      'Jetzt ist 1 Genehmigung verlangt statt 2.',
    ]);
  });
  it('that is a secret says what it was', () => {
    const without = { ...base, secrets: base.secrets.filter((s) => s.name !== 'ssh-host-ed25519-key') };
    expect(diffSays(diffPolicies(base, without))).toEqual([
      'Das Geheimnis ssh-host-ed25519-key gibt es nicht mehr: Host-Schlüssel des SSH-Servers, plaintext, verlangt. Datei /etc/ssh/ssh_host_ed25519_key, Zugriffsrechte 0600.',
    ]);
  });
  it('of any field has a German sentence', () => {
    fc.assert(
      fc.property(changedPolicy, ([a, b]) => {
        for (const s of diffSays(diffPolicies(a, b))) {
          expect(s).toMatch(/^[A-ZÄÖÜ0-9].*\.$/s);
          expect(s).not.toMatch(/undefined|\{|\binstead of\b|\bthe\b/);
        }
      }),
      { numRuns: 1500 },
    );
    expect(untranslated()).toEqual([]);
  });
});

describe('what a policy asks for', () => {
  it('is said in the words of the form, none by what there is none of', () => {
    const none = readPolicy(utf8(TEXT.replace('attestation: required', 'attestation: none')));
    const facts = new Map(policyFacts(none).map((f) => [f.about, f.value]));
    expect(facts.get('Bericht')).toBe('verlangt, ohne Attestierung, höchstens 24 Stunden alt');
    expect(facts.get('Geheimnisspeicher')).toBe('nach der Personalisierung gesperrt');
    const last = formOf(none).map(({ field }) => [field.path.join('.'), field.choices.at(-1)?.text]);
    expect(Object.fromEntries(last)).toMatchObject({
      'dump.cck-update': 'keiner',
      'extension-secret': 'keines',
      'report.attestation': 'keine',
      'report.max-age': 'höchstens 7 Tage',
    });
  });
  it('durations', () => {
    expect(['P1DT12H', 'PT1H30M', 'PT90S'].map(durationSays)).toEqual(['1 Tag 12 Stunden', '1 Stunde 30 Minuten', '90 Sekunden']);
  });
});

describe('a finding', () => {
  it('says what was found in German, and what a real guest does', () => {
    const finding = { rule: 'H01', severity: 'error', subject: 'alpha.crt', found: 'not verified' } as const;
    expect(findingSays(finding)).toMatch(/^Host-Schlüssel sind geprüft: alpha\.crt: gefunden: /);
    expect(consequence(finding)).toBe('Eine Anforderung für den Schlüssel eines Fremden ist ein verschenktes Geheimnis.');
    expect(findingSays({ rule: 'P14', severity: 'not-checked' })).toBe(
      'Die Geheimnisse passen in den Geheimnisspeicher des Ziels: nicht geprüft.',
    );
    // the secret is called that, and the machine's store is a word of ours
    expect(findingSays({ rule: 'B14', severity: 'error', subject: 'required' })).toContain(': required: ');
    expect(findingSays({ rule: 'P14', severity: 'error', subject: 'secret store' })).toContain(': Geheimnisspeicher: ');
    expect(findingSays({ rule: 'B17', severity: 'error' })).toBe('Das Image ist generisch: das trifft nicht zu.');
  });
});

describe('approvals', () => {
  it('with their date, their number and whoever said it', () => {
    expect(approvalStateSays(state)).toEqual([
      'Eine Genehmigung fehlt: Bis dahin wird nichts gemacht.',
      `Genehmigt von Ada, ${KEY}, 24.11.2026, 19:05:14 UTC. „gut“`,
      `Nicht gezählt: eine Ablehnung von ${KEY}: ihre Signatur passt nicht: Sie wurde verändert.`,
    ]);
    expect(approvalStateSays({ ...state, missing: 2 })[0]).toBe(
      '2 Genehmigungen von verschiedenen Schlüsseln fehlen: Bis dahin wird nichts gemacht.',
    );
  });
});

describe('the audit trail', () => {
  it.each<[AuditEvent, string]>([
    [{ kind: 'records-exported', bundles: 1 }, 'Die Unterlagen zu 1 Bündel wurden exportiert.'],
    [{ kind: 'records-exported', bundles: 3 }, 'Die Unterlagen zu 3 Bündeln wurden exportiert.'],
    [{ kind: 'value-set', secret: 'cck', source: 'typed' }, 'Der Wert von cck wurde getippt.'],
    [{ kind: 'values-forgotten', secrets: [] }, 'Die Werte wurden vergessen: Es waren keine da.'],
    [
      {
        kind: 'bundle-made',
        bundle: '00000000-0000-4000-8000-000000000000',
        serial: 4,
        name: 'web',
        policy: 'p',
        toc_pol: 't',
        host_keys: ['a', 'b'],
        unverified: 1,
        approved_by: [],
      },
      'Bündel web, Nummer 4, wurde erzeugt: Richtlinie p, 2 Host-Schlüssel, davon 1 nicht geprüft, von niemandem genehmigt, toc.pol t.',
    ],
  ])('%o', (e, sentence) => {
    expect(auditEventSays(e as never)).toBe(sentence);
  });
  it('and what is wrong with it', () => {
    expect(auditFaultSays({ kind: 'number', n: 7, found: 9 })).toBe(
      'Eintrag 7 hat die Nummer 9: Einträge wurden entfernt, eingefügt oder verschoben.',
    );
  });
});

describe('a boot', () => {
  it('counts in German and leaves the reference tools their words', () => {
    expect(event('copied', { detail: '1' })).toBe('1 Datei wurde kopiert.');
    expect(event('copied', { detail: '3' })).toBe('3 Dateien wurden kopiert.');
    expect(event('pvebc-failed', { subject: 'toc.asr', detail: 'exit 3', problem: 'missing-file' })).toBe(
      'toc.asr: die Datei fehlt. pvebc endet mit exit 3; der Gast schaltet sich ab.',
    );
    expect(event('no-volume-key', { detail: 'no token' })).toContain('(kein Token)');
    expect(event('not-copied', { subject: 'X.ASR', detail: 'capitals' })).toBe(
      'X.ASR wurde ausgelassen: nur die Endungen .asr und .pol in Kleinbuchstaben werden kopiert.',
    );
  });
  it('machines and images', () => {
    expect(modelSays('', 'HKD-3931-02.crt')).toBe('laut Dateiname IBM z16 oder LinuxONE 4 (3931)');
    const found = findHeader(header);
    const text = headerText(found.header, found, undefined, false).join('\n');
    expect(text).toContain('ein generisches Image: Seine Komponenten sind nicht verschlüsselt');
    expect(text).toMatch(/ein dump-allowed: die Maschine darf einen Speicherabzug/);
  });
});

it('nothing of all this is left in English', () => {
  const finding = { subject: 's', found: 'a', expected: 'b' };
  for (const rule of Object.keys(RULES))
    for (const severity of ['ok', 'error', 'not-checked'] as const) {
      findingSays({ rule, severity, ...finding });
      consequence({ rule, severity, ...finding });
    }
  for (const id of ATTACK_IDS) attackSays(id);
  for (const words of [ATTACKERS, CAUGHT_BY, STAGE_NAMES]) for (const w of Object.values(words)) t(w);
  for (const code of BOOT_CODES) event(code, { subject: 's', detail: '1', rc: 1 });
  for (const secret of base.secrets) [purposeSays(secret.purpose), applySays(secret.apply)];
  for (const e of EVENTS) auditEventSays(e as never);
  const review = reviewPolicy(base);
  reviewAsText(review);
  dumpSays(review.dump);
  reachableSays(review.grade);
  checksText(
    { checks: ATTESTATION_CHECKS.map((id) => ({ id, outcome: 'failed', expected: 'a', found: 'b' })) } as never,
    ATTESTATION_CHECKS,
  );
  for (const id of Object.keys(REQUEST_CHECK_WORDS) as (keyof typeof REQUEST_CHECK_WORDS)[])
    requestCheckSays({ id, outcome: 'failed', expected: 'a', found: 'b' });
  const found = findHeader(header);
  for (const secrets of [true, false]) headerText(found.header, found, OPENED, secrets);
  for (const words of [TAGS_ONLY, VERIFIED_FOR_ME, UNVERIFIED, TAMPERED, NOT_BOOTABLE]) t(words);
  unknownMetadata(9);
  expect(untranslated()).toEqual([]);
});
