/** Turns the project into what the window shows: words and plain data, never a value. */

import { type AttackId, attackOf } from '../core/bundle/attacks.ts';
import { TOC_ASR } from '../core/bundle/names.ts';
import { plannedOrder, preflight } from '../core/bundle/preflight.ts';
import { hex } from '../core/bytes.ts';
import type { Finding } from '../core/findings.ts';
import type { BootResult } from '../core/guestsim/boot.ts';
import { STAGES } from '../core/guestsim/events.ts';
import type { LabResult } from '../core/guestsim/lab.ts';
import { shortName } from '../core/hostkey/checks.ts';
import { nameText } from '../core/hostkey/name.ts';
import { isLacking } from '../core/hostkey/wanted.ts';
import { PLAINTEXT_FLAGS } from '../core/image/flags.ts';
import { isGeneric } from '../core/image/header.ts';
import { policyHash } from '../core/policy/document.ts';
import { checkPolicy } from '../core/policy/rules.ts';
import { PURPOSES } from '../core/policy/schema.ts';
import { TEMPLATE_NAMES, template } from '../core/policy/templates.ts';
import { checkValue, generatorFor } from '../core/secret/value.ts';
import { systemRoots } from '../edge/roots.ts';
import { ATTACK_WORDS, ATTACKERS, CAUGHT_BY } from '../words/attacks.ts';
import { bootSays, STAGE_NAMES } from '../words/boot.ts';
import { explain } from '../words/errors.ts';
import { CHECK_WORDS, checklist, hostKeyErrorSays, lackingSays, PIECES } from '../words/hostkey.ts';
import { modelSays } from '../words/machines.ts';
import { applySays, policyFacts, purposeSays } from '../words/policy.ts';
import { consequence, findingSays } from '../words/rules.ts';
import { CHECKS, CLASSES, diagnosisSays, GRADES, OUTCOMES, UNPROVEN, verdictAsText } from '../words/verdict.ts';
import type { AttackView, FindingView, HostKeyView, LabView, ProjectView, SecretView, StepId } from './contract.ts';
import type { GeneratedBundle, Project, ProjectHostKey } from './session.ts';
import { fingerprintOf, suggestedPath } from './session.ts';

const day = (d: Date): string => d.toISOString().slice(0, 10);

const findingView = (f: Finding): FindingView => ({
  rule: f.rule,
  severity: f.severity,
  says: findingSays(f),
  consequence: consequence(f) ?? null,
});

const hostKeyView = (p: Project, k: ProjectHostKey, i: number): HostKeyView => {
  const v = p.verdicts[i];
  const chain = p.pieces.some((x) => x.kind === 'signing-key' || x.kind === 'intermediate' || x.kind === 'root');
  const phkh = hex(k.document.phkh);
  return {
    phkh,
    serial: k.document.serial,
    subject: shortName(k.document.certificate),
    model: modelSays(k.document.subject, k.file),
    file: k.file,
    notBefore: day(k.document.notBefore),
    notAfter: day(k.document.notAfter),
    state: v?.trusted ? 'verified' : k.accepted ? 'accepted' : chain ? 'refused' : 'not-verified',
    holdsUntil: v?.holdsUntil ? day(v.holdsUntil) : null,
    reason: v?.error ? hostKeyErrorSays(v.error) : null,
    endingSoon: (v?.endingSoon ?? []).map((e) => `${e.subject}, ${day(e.until)}`),
    checks: (v?.checks ?? []).map((c) => ({
      about: CHECK_WORDS[c.id],
      subject: c.subject,
      outcome: c.outcome,
      expected: c.expected,
      found: c.found,
    })),
    inImage: p.image ? p.image.found.header.hostKeyHashes.some((h) => hex(h) === phkh) : null,
  };
};

const pieceViews = (p: Project): ProjectView['pieces'] =>
  p.pieces.map((x) => ({
    file: x.file,
    kind: PIECES[x.kind],
    name: x.certificate
      ? shortName(x.certificate)
      : x.crl
        ? shortName({ subject: x.crl.issuer })
        : x.error
          ? explain(x.error.code, { ...x.error.facts, file: undefined }).what
          : '',
    until: x.certificate ? day(x.certificate.notAfter) : x.crl?.nextUpdate ? day(x.crl.nextUpdate) : null,
    used: x.kind !== 'unknown' && x.kind !== 'certificate',
  }));

const rootViews = (p: Project): ProjectView['roots'] => {
  const system = systemRoots().flatMap((x) => (x.certificate ? [fingerprintOf(x.certificate)] : []));
  return p.pieces.flatMap((x) => {
    if (x.kind !== 'root' || x.certificate === undefined) return [];
    const fingerprint = fingerprintOf(x.certificate);
    const trusted = system.includes(fingerprint) ? 'system' : p.trustedRoots.has(fingerprint) ? 'you' : 'no';
    return [{ file: x.file, name: nameText(x.certificate.subject), fingerprint, trusted }];
  });
};

const imageView = (p: Project): ProjectView['image'] => {
  if (p.image === undefined) return null;
  const { header } = p.image.found;
  const chosen = p.hostKeys.map((k) => hex(k.document.phkh));
  const findings: Finding[] = isGeneric(header)
    ? []
    : [{ rule: 'B17', severity: 'warning', subject: 'SE header', found: 'component encryption on', expected: 'a generic image' }];
  return {
    file: p.image.file,
    whole: p.image.whole,
    generic: isGeneric(header),
    tag: hex(header.image.tag),
    pld: hex(header.image.pld),
    ald: hex(header.image.ald),
    tld: hex(header.image.tld),
    pages: Number(header.pages),
    flags: PLAINTEXT_FLAGS.map((f) => ({ name: f.name, doc: f.doc, set: header.flagNames.includes(f.name) })),
    hostKeys: header.hostKeyHashes.map((h) => ({ phkh: hex(h), chosen: chosen.includes(hex(h)) })),
    findings: findings.map(findingView),
  };
};

const policyView = (p: Project): ProjectView['policy'] =>
  p.policy === undefined
    ? null
    : {
        file: p.policy.file,
        name: p.policy.policy.name,
        description: p.policy.policy.description ?? '',
        hash: policyHash(p.policy.policy),
        text: p.policy.text,
        facts: policyFacts(p.policy.policy),
        findings: checkPolicy(p.policy.policy).map(findingView),
      };

const secretViews = (p: Project): SecretView[] =>
  (p.policy?.policy.secrets ?? []).map((s) => {
    const value = p.values.get(s.name);
    const automatic = s.purpose === 'report-authentication' && generatorFor(s) !== undefined;
    const problems = value ? checkValue(s, value) : [];
    return {
      name: s.name,
      purpose: purposeSays(s.purpose),
      type: s.type,
      required: s.required,
      canGenerate: generatorFor(s) !== undefined && !automatic,
      canType: s.source.includes('type') && !automatic,
      state: automatic ? 'automatic' : value === undefined ? 'missing' : problems.length > 0 ? 'wrong' : 'ready',
      // a passphrase's length is a hint at it; a key's size is not
      size: value === undefined || s.type === 'plaintext' ? null : value.length,
      bits: p.bits.get(s.name) ?? null,
      problems: problems.map((f) => `Found ${f.found}, expected ${f.expected}.`),
      goesTo: applySays(s.apply),
    };
  });

/** @param purpose as an expectation carries it: any text */
const carries = (file: string, name: string | undefined, purpose: string | undefined): string => {
  if (name === undefined) return file === TOC_ASR ? 'The list of all others' : 'What the guest does with each secret';
  const known = PURPOSES.find((p) => p === purpose);
  return known === undefined ? name : `${name}: ${purposeSays(known)}`;
};

const bundleView = (b: GeneratedBundle, home: string): NonNullable<ProjectView['bundle']> => {
  const { expected, id } = b.built;
  const handover = b.built.files.find((f) => f.path === 'HANDOVER.txt')?.bytes;
  return {
    id: id.id,
    name: id.name,
    serial: id.serial,
    created: id.created,
    order: expected.submission_order.map(({ file, tag, name, purpose }) => ({
      file,
      carries: carries(file, name, purpose),
      tag,
    })),
    tocPolSha256: expected.toc_pol_sha256,
    storeHash: expected.lock ? expected.store_hash.locked : expected.store_hash.unlocked,
    locked: expected.lock,
    findings: b.findings.map(findingView),
    handover: handover ? Buffer.from(handover).toString('utf8') : '',
    savedTo: b.savedTo ?? null,
    recordIn: b.record?.directory ?? null,
    suggestedPath: suggestedPath(home, id.name, id.serial),
  };
};

const bootView = (host: string, result: BootResult): NonNullable<ProjectView['boot']> => ({
  host,
  booted: result.booted,
  stoppedAt: result.booted ? null : STAGE_NAMES[result.stage],
  stages: STAGES.map((stage) => {
    const events = result.events.filter((e) => e.stage === stage);
    return {
      name: STAGE_NAMES[stage],
      outcome: events.length === 0 ? 'not-reached' : events.some((e) => e.outcome === 'failed') ? 'failed' : 'ok',
      events: events.map((e) => ({ outcome: e.outcome, says: bootSays(e) })),
    };
  }),
  hasReport: result.report !== undefined,
});

export const attackView = (id: AttackId): AttackView => {
  const { name, does } = ATTACK_WORDS[id];
  return { id, name, does, by: ATTACKERS[attackOf(id).by] };
};

export const labView = (host: string, r: LabResult): LabView => ({
  attack: attackView(r.attack.id),
  boot: bootView(host, r.boot),
  caughtBy: r.caughtBy,
  caughtSays: CAUGHT_BY[r.caughtBy],
  lesson: ATTACK_WORDS[r.attack.id].lesson,
  gradeName: r.verdict ? GRADES[r.verdict.grade].name : null,
  findings: r.findings.map(findingView),
});

const verdictView = (p: Project): ProjectView['verdict'] => {
  if (p.verdict === undefined) return null;
  const { verdict: v, file, ownRecord } = p.verdict;
  return {
    file,
    grade: v.grade,
    gradeName: GRADES[v.grade].name,
    says: GRADES[v.grade].says,
    rehearsal: v.rehearsal,
    ownRecord,
    unverifiedHostKeys: v.unverifiedHostKeys.length,
    diagnosis: v.diagnosis ? diagnosisSays(v.diagnosis) : null,
    bundle: `${v.bundle.name}, number ${v.bundle.serial}`,
    time: v.time,
    reportSha256: v.reportSha256,
    checks: v.checks.map((c) => ({
      id: c.id,
      about: CHECKS[c.id]?.about ?? c.id,
      class: c.class,
      className: CLASSES[c.class],
      outcome: c.outcome,
      outcomeName: OUTCOMES[c.outcome],
      expected: c.expected ?? null,
      found: c.found ?? null,
      failure: c.outcome === 'failed' ? (CHECKS[c.id]?.failure ?? null) : null,
    })),
    unproven: [...UNPROVEN],
    asText: verdictAsText(v),
    asJson: `${JSON.stringify(v, null, 2)}\n`,
  };
};

/** What each step lacks, in words. */
const lacksOf = (
  p: Project,
  keys: readonly HostKeyView[],
  secrets: readonly SecretView[],
  risks: readonly FindingView[],
): Record<StepId, string[]> => {
  const required = p.policy?.policy['host-keys'].verify === 'required';
  const open = secrets.filter((s) => s.state === 'wrong' || (s.required && s.state === 'missing'));
  const unverified = keys.filter((k) => k.state !== 'verified' && !(k.state === 'accepted' && !required));
  const first = [
    ...(keys.length === 0 ? ['Choose the host-key document of at least one machine.'] : []),
    ...unverified.map((k) => `${k.file} is not verified${required ? ', and the policy requires it' : ''}.`),
  ];
  const image = p.image === undefined ? ['Choose the image, or its SE header.'] : [];
  const policy =
    p.policy === undefined
      ? ['Choose a policy or a template.']
      : checkPolicy(p.policy.policy).some((f) => f.severity === 'error')
        ? ['The policy breaks a rule.']
        : [];
  const values =
    p.policy === undefined
      ? ['Choose a policy first.']
      : open.map((s) => (s.state === 'wrong' ? `The value of ${s.name} does not fit.` : `${s.name} has no value.`));
  const before = [...first, ...image, ...policy, ...values];
  const errors = risks.filter((r) => r.severity === 'error').map((r) => r.says);
  const review =
    before.length > 0 ? before : errors.length > 0 ? errors : p.bundle === undefined ? ['The bundle is not generated yet.'] : [];
  const bundle = p.bundle === undefined ? ['Generate the bundle first.'] : [];
  return {
    'host-keys': first,
    image,
    policy,
    secrets: values,
    review,
    'hand-over': bundle.length > 0 ? bundle : p.bundle?.savedTo === undefined ? ['The bundle is not saved yet.'] : [],
    boot: bundle.length > 0 ? bundle : p.boot === undefined ? ['The guest was not started yet.'] : [],
    verify: p.verdict === undefined ? ['There is no report yet.'] : [],
  };
};

/** The whole view. */
export const viewOf = (p: Project, home: string, now: Date): ProjectView => {
  const hostKeys = p.hostKeys.map((k, i) => hostKeyView(p, k, i));
  const secrets = secretViews(p);
  const policy = p.policy?.policy;
  const risks =
    policy && p.image && p.hostKeys.length > 0
      ? preflight({
          policy,
          header: p.image.found.header,
          hostKeys: p.hostKeys.map((k, i) => ({
            label: k.file,
            phkh: k.document.phkh,
            verified: p.verdicts[i]?.trusted === true,
          })),
          values: p.values,
        }).map(findingView)
      : [];
  const lacks = lacksOf(p, hostKeys, secrets, risks);
  return {
    sample: p.sample !== undefined,
    hostKeys,
    pieces: pieceViews(p),
    roots: rootViews(p),
    missing: p.wanted.filter(isLacking).map(lackingSays),
    checklist: checklist(p.wanted, now),
    image: imageView(p),
    policy: policyView(p),
    templates: TEMPLATE_NAMES.map((name) => ({ name, description: template(name).description ?? '' })),
    secrets,
    planned: policy
      ? plannedOrder(policy)
          .filter((x) => x.secret === undefined || x.secret.required || p.values.has(x.secret.name))
          .map((x) => ({ file: x.file, carries: carries(x.file, x.secret?.name, x.secret?.purpose), tag: null }))
      : [],
    risks,
    bundle: p.bundle ? bundleView(p.bundle, home) : null,
    hosts: p.sample?.hosts.map((h) => h.name) ?? [],
    home,
    boot: p.boot ? bootView(p.boot.host, p.boot.result) : null,
    verdict: verdictView(p),
    lacks,
    done: (Object.keys(lacks) as StepId[]).filter((s) => lacks[s].length === 0),
  };
};
