/** Turns the project into what the window shows: words and plain data, never a value. */

import { type AttackId, attackOf } from '../core/bundle/attacks.ts';
import { TOC_ASR } from '../core/bundle/names.ts';
import { isMadeForBundle, plannedOrder, preflight } from '../core/bundle/preflight.ts';
import { hex } from '../core/bytes.ts';
import type { Finding } from '../core/findings.ts';
import type { BootResult } from '../core/guestsim/boot.ts';
import { STAGES } from '../core/guestsim/events.ts';
import type { LabResult } from '../core/guestsim/lab.ts';
import { fingerprint as certificateHash } from '../core/hostkey/certificate.ts';
import { shortName } from '../core/hostkey/checks.ts';
import { nameText } from '../core/hostkey/name.ts';
import { isLacking } from '../core/hostkey/wanted.ts';
import { PLAINTEXT_FLAGS } from '../core/image/flags.ts';
import { isGeneric } from '../core/image/header.ts';
import { checkEntry, publicFacts } from '../core/policy/contents.ts';
import { policyHash } from '../core/policy/document.ts';
import { checkPolicy } from '../core/policy/rules.ts';
import { type Policy, type PolicySecret, PURPOSES } from '../core/policy/schema.ts';
import { TEMPLATE_NAMES, templateDescription } from '../core/policy/templates.ts';
import type { ProjectHostKey } from '../core/project/hostkeys.ts';
import {
  projectApprovalState,
  projectApprovals,
  projectBits,
  projectPublics,
  projectValues,
  trustedKeys,
} from '../core/project/project.ts';
import { waysFor } from '../core/values/generate.ts';
import { type Recognised, recogniseValue } from '../core/values/recognise.ts';
import type { Trap } from '../core/values/traps.ts';
import { systemRoots } from '../edge/roots.ts';
import { nodeSha512 } from '../edge/values.ts';
import { approvalStateSays } from '../words/approval.ts';
import { ATTACKERS, attackSays, CAUGHT_BY } from '../words/attacks.ts';
import { bootSays, STAGE_NAMES } from '../words/boot.ts';
import { basisSays, referenceCommands } from '../words/commands.ts';
import { explain } from '../words/errors.ts';
import { CHECK_WORDS, checklist, hostKeyErrorSays, lackingSays, PIECES } from '../words/hostkey.ts';
import { dayText, fact, t } from '../words/language.ts';
import { modelSays } from '../words/machines.ts';
import { applySays, policyFacts, publicPurposeSays, purposeSays } from '../words/policy.ts';
import { formOf } from '../words/policyform.ts';
import { auditEventSays } from '../words/project.ts';
import { publicFactsSay, publicFindingSays } from '../words/publics.ts';
import { consequence, findingSays } from '../words/rules.ts';
import { recognisedSays, remedySays, trapSays } from '../words/values.ts';
import {
  CLASSES,
  checkAbout,
  checkFailure,
  diagnosisSays,
  GRADES,
  OUTCOMES,
  reasonsSay,
  unprovenSays,
  verdictAsText,
} from '../words/verdict.ts';
import { certificateEntry } from './companions.ts';
import type { AttackView, FindingView, HostKeyView, LabView, ProjectView, PublicView, SecretView, StepId } from './contract.ts';
import { fileNames } from './forms.ts';
import type { Keeper } from './keeper.ts';
import { suggestedPath } from './session.ts';
import type { CurrentBundle, State } from './state.ts';

/** The newest entries of the audit trail that are shown; all of it can be exported. */
const AUDIT_SHOWN = 200;

const day = (d: Date): string => d.toISOString().slice(0, 10);

export const findingView = (f: Finding): FindingView => ({
  rule: f.rule,
  severity: f.severity,
  says: findingSays(f),
  consequence: consequence(f) ?? null,
});

const hostKeyView = ({ derived: d }: State, k: ProjectHostKey): HostKeyView => {
  const v = k.verdict;
  const chain = d.pieces.some((x) => x.kind === 'signing-key' || x.kind === 'intermediate' || x.kind === 'root');
  const phkh = hex(k.document.phkh);
  return {
    phkh,
    serial: k.document.serial,
    subject: shortName(k.document.certificate),
    model: modelSays(k.document.subject, k.file),
    file: k.file,
    notBefore: day(k.document.notBefore),
    notAfter: day(k.document.notAfter),
    state: v.trusted ? 'verified' : k.accepted ? 'accepted' : chain ? 'refused' : 'not-verified',
    holdsUntil: v.holdsUntil ? day(v.holdsUntil) : null,
    reason: v.error ? hostKeyErrorSays(v.error) : null,
    endingSoon: v.endingSoon.map((e) => `${fact(e.subject)}, ${dayText(day(e.until))}`),
    checks: v.checks.map((c) => ({
      about: t(CHECK_WORDS[c.id]),
      subject: fact(c.subject),
      outcome: c.outcome,
      expected: fact(c.expected),
      found: fact(c.found),
    })),
    inImage: d.image ? d.image.found.header.hostKeyHashes.some((h) => hex(h) === phkh) : null,
  };
};

const pieceViews = (s: State): ProjectView['pieces'] =>
  [...s.derived.pieces, ...s.notUsed].map((x) => ({
    file: x.file,
    kind: t(PIECES[x.kind]),
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

const rootViews = ({ derived, kept }: State): ProjectView['roots'] => {
  const system = systemRoots().flatMap((x) => (x.certificate ? [certificateHash(x.certificate)] : []));
  return derived.pieces.flatMap((x) => {
    if (x.kind !== 'root' || x.certificate === undefined) return [];
    const fingerprint = certificateHash(x.certificate);
    const trusted = system.includes(fingerprint) ? 'system' : kept.roots.some((r) => r.sha256 === fingerprint) ? 'you' : 'no';
    return [{ file: x.file, name: nameText(x.certificate.subject), fingerprint, trusted }];
  });
};

const imageView = ({ derived: d }: State): ProjectView['image'] => {
  if (d.image === undefined) return null;
  const { header } = d.image.found;
  const chosen = d.hostKeys.map((k) => hex(k.document.phkh));
  const findings: Finding[] = isGeneric(header)
    ? []
    : [{ rule: 'B17', severity: 'warning', subject: 'SE header', found: 'component encryption on', expected: 'a generic image' }];
  return {
    file: d.image.file,
    whole: d.image.whole,
    generic: isGeneric(header),
    tag: hex(header.image.tag),
    pld: hex(header.image.pld),
    ald: hex(header.image.ald),
    tld: hex(header.image.tld),
    pages: Number(header.pages),
    flags: PLAINTEXT_FLAGS.map((f) => ({ name: f.name, doc: fact(f.doc), set: header.flagNames.includes(f.name) })),
    hostKeys: header.hostKeyHashes.map((h) => ({ phkh: hex(h), chosen: chosen.includes(hex(h)) })),
    findings: findings.map(findingView),
  };
};

const policyView = ({ derived: { policy: p } }: State): ProjectView['policy'] =>
  p === undefined
    ? null
    : {
        file: p.file,
        name: p.policy.name,
        description: p.policy.description ?? '',
        hash: policyHash(p.policy),
        text: p.text,
        facts: policyFacts(p.policy),
        form: formOf(p.policy).map(({ field, value, offered }) => ({
          path: field.path.join('.'),
          label: field.label,
          value,
          choices: [
            ...(offered ? [] : [{ value, text: value }]),
            ...field.choices.map((c) => ({ value: String(c.value), text: c.text })),
          ],
        })),
        findings: checkPolicy(p.policy).map(findingView),
      };

const trapView = (t: Trap): SecretView['traps'][number] => {
  const { what, todo, details } = trapSays(t);
  return {
    severity: t.severity,
    says: what,
    todo,
    details,
    remedies: t.remedies.map((id) => ({ id, says: remedySays(id), needsPassphrase: id === 'decrypt' })),
  };
};

const secretViews = ({ derived, kept, requests }: State): SecretView[] =>
  (derived.policy?.policy.secrets ?? []).map((s) => {
    const held = kept.values.find((v) => v.secret === s.name);
    const automatic = isMadeForBundle(s);
    const beside = { policy: derived.policy?.policy as Policy, publics: projectPublics(kept) };
    const known = held ? recogniseValue(s, held.value, beside, held.bits) : undefined;
    const ways = automatic ? [] : waysFor(s);
    const request = requests.get(s.name);
    // a warning is shown, and keeps nobody from using the value
    const bad = known?.traps.some((t) => t.severity === 'error') ?? false;
    return {
      name: s.name,
      purpose: purposeSays(s.purpose),
      type: s.type,
      required: s.required,
      canGenerate: ways.length > 0,
      ways: ways.map((w) => ({ generator: w.generator, keys: [...(w.keys ?? [])], bits: w.bits ?? null })),
      key: known?.key ? { kind: known.key.kind, fingerprint: known.key.fingerprint, publicLine: known.key.publicLine } : null,
      login: known?.login?.user ?? null,
      canType: s.source.includes('type') && !automatic,
      state: automatic ? 'automatic' : held === undefined ? 'missing' : bad ? 'wrong' : 'ready',
      // a passphrase's length is a hint at it; a key's size is not
      size: held === undefined || s.type === 'plaintext' ? null : held.value.length,
      bits: held?.bits ?? null,
      estimated: held !== undefined && held.source !== 'generated',
      understood: known ? recognisedSays(known) : null,
      traps: (known?.traps ?? []).map(trapView),
      goesTo: applySays(s.apply),
      ...companionView(beside.policy, s, known, request?.value === held?.value ? request?.text : undefined),
    };
  });

/** What goes with a key. */
const companionView = (
  policy: Policy,
  s: PolicySecret,
  known: Recognised | undefined,
  request: string | undefined,
): Pick<SecretView, 'certificate' | 'makes' | 'request'> => {
  const entry = certificateEntry(policy, s);
  const makes = s.purpose === 'tls-service-key' ? 'signing-request' : entry ? 'host-certificate' : null;
  return { certificate: entry?.name ?? null, makes: known?.key ? makes : null, request: request ?? null };
};

const publicTrap = (f: Finding): PublicView['traps'][number] => {
  const { what, todo, details } = publicFindingSays(f);
  return { severity: f.severity, says: what, todo, details, remedies: [] };
};

const publicViews = ({ derived, kept }: State, now: Date): ProjectView['publics'] => {
  const policy = derived.policy?.policy;
  const publics = projectPublics(kept);
  return (policy?.public ?? []).map((p): PublicView => {
    const content = publics.get(p.name);
    const found = content ? checkEntry(p, content, { policy: policy as Policy, values: projectValues(kept), now }) : [];
    const facts = content ? publicFacts(p, content) : undefined;
    return {
      name: p.name,
      purpose: publicPurposeSays(p.purpose),
      goesTo: applySays(p.apply),
      state: content === undefined ? 'missing' : found.some((f) => f.severity === 'error') ? 'wrong' : 'ready',
      facts: facts ? publicFactsSay(facts) : [],
      traps: found.map(publicTrap),
    };
  });
};

const approvalViews = ({ kept }: State): ProjectView['approvals'] => {
  const state = projectApprovalState(kept);
  return {
    required: state?.required ?? 0,
    satisfied: state?.satisfied ?? true,
    says: state ? approvalStateSays(state) : [],
    trusted: trustedKeys(kept).map((k) => ({ fingerprint: k.fingerprint, name: k.name })),
    given: kept.approvals.length,
  };
};

const fileView = (s: State, keeper: Keeper): ProjectView['file'] => ({
  path: keeper.path ?? null,
  name: s.kept.name,
  locked: keeper.isLocked,
  problem: keeper.problem ?? null,
  saved: keeper.isOpen ? s.kept.saved : null,
  holdsValues: s.kept.values.length > 0,
});

/** @param purpose as an expectation carries it: any text */
const carries = (file: string, name: string | undefined, purpose: string | undefined): string => {
  if (name === undefined) return file === TOC_ASR ? t('The list of all others') : t('What the guest does with each secret');
  const known = PURPOSES.find((p) => p === purpose);
  return known === undefined ? name : `${name}: ${purposeSays(known)}`;
};

/** What becomes of a secret in the guest; null for requests that carry none. */
const goesTo = (policy: Policy | undefined, name: string | undefined): string | null => {
  const s = policy?.secrets.find((x) => x.name === name);
  return s ? applySays(s.apply) : null;
};

const bundleView = (b: CurrentBundle, home: string, policy: Policy | undefined): NonNullable<ProjectView['bundle']> => {
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
      goesTo: goesTo(policy, name),
      tag,
    })),
    tocPolSha256: expected.toc_pol_sha256,
    manifestSha256: expected.manifest_sha256 ?? null,
    storeHash: expected.lock ? expected.store_hash.locked : expected.store_hash.unlocked,
    locked: expected.lock,
    findings: b.findings.map(findingView),
    handover: handover ? Buffer.from(handover).toString('utf8') : '',
    savedTo: b.savedTo ?? null,
    recordIn: b.recordIn ?? null,
    suggestedPath: suggestedPath(home, id.name, id.serial),
  };
};

const bootView = (host: string, result: BootResult): NonNullable<ProjectView['boot']> => ({
  host,
  booted: result.booted,
  stoppedAt: result.booted ? null : t(STAGE_NAMES[result.stage]),
  stages: STAGES.map((stage) => {
    const events = result.events.filter((e) => e.stage === stage);
    return {
      name: t(STAGE_NAMES[stage]),
      outcome: events.length === 0 ? 'not-reached' : events.some((e) => e.outcome === 'failed') ? 'failed' : 'ok',
      events: events.map((e) => ({ outcome: e.outcome, says: bootSays(e) })),
    };
  }),
  hasReport: result.report !== undefined,
});

export const attackView = (id: AttackId): AttackView => {
  const { name, does } = attackSays(id);
  return { id, name, does, by: t(ATTACKERS[attackOf(id).by]) };
};

export const labView = (host: string, r: LabResult): LabView => ({
  attack: attackView(r.attack.id),
  boot: bootView(host, r.boot),
  caughtBy: r.caughtBy,
  caughtSays: t(CAUGHT_BY[r.caughtBy]),
  lesson: attackSays(r.attack.id).lesson,
  gradeName: r.verdict ? t(GRADES[r.verdict.grade].name) : null,
  findings: r.findings.map(findingView),
});

const verdictView = (p: State): ProjectView['verdict'] => {
  if (p.verdict === undefined) return null;
  const { verdict: v, file, ownRecord } = p.verdict;
  return {
    file,
    grade: v.grade,
    gradeName: t(GRADES[v.grade].name),
    says: t(GRADES[v.grade].says),
    rehearsal: v.rehearsal,
    ownRecord,
    unverifiedHostKeys: v.unverifiedHostKeys.length,
    reasons: reasonsSay(v),
    diagnosis: v.diagnosis ? diagnosisSays(v.diagnosis) : null,
    bundle: t('{name}, number {serial}', { name: v.bundle.name, serial: v.bundle.serial }),
    time: v.time,
    reportSha256: v.reportSha256,
    checks: v.checks.map((c) => ({
      id: c.id,
      about: checkAbout(c.id),
      class: c.class,
      className: t(CLASSES[c.class]),
      outcome: c.outcome,
      outcomeName: t(OUTCOMES[c.outcome]),
      expected: c.expected === undefined ? null : fact(c.expected),
      found: c.found === undefined ? null : fact(c.found),
      failure: c.outcome === 'failed' ? (checkFailure(c.id) ?? null) : null,
    })),
    unproven: unprovenSays(),
    asText: verdictAsText(v),
    asJson: `${JSON.stringify(v, null, 2)}\n`,
  };
};

const bundleLacks = (s: State): Pick<Record<StepId, string[]>, 'hand-over' | 'boot'> => {
  const none = s.bundle === undefined ? [t('Generate the bundle first.')] : [];
  return {
    'hand-over': none.length > 0 ? none : s.bundle?.savedTo === undefined ? [t('The bundle is not saved yet.')] : [],
    boot: none.length > 0 ? none : s.boot === undefined ? [t('The guest was not started yet.')] : [],
  };
};

const firstReason = (x: SecretView | PublicView): string => x.traps.find((trap) => trap.severity === 'error')?.says ?? '';
/** That a value or a content cannot be used, and the first reason. */
const doesNotFit = (x: SecretView): string =>
  t('The value of {name} does not fit. {reason}', { name: x.name, reason: firstReason(x) });
const contentDoesNotFit = (x: PublicView): string =>
  t('The content of {name} does not fit. {reason}', { name: x.name, reason: firstReason(x) });

/** What each step lacks, in words. */
const lacksOf = (
  s: State,
  keys: readonly HostKeyView[],
  secrets: readonly SecretView[],
  publics: readonly PublicView[],
  risks: readonly FindingView[],
): Record<StepId, string[]> => {
  const { policy: p, image: i } = s.derived;
  const required = p?.policy['host-keys'].verify === 'required';
  const open = secrets.filter((x) => x.state === 'wrong' || (x.required && x.state === 'missing'));
  const unverified = keys.filter((k) => k.state !== 'verified' && !(k.state === 'accepted' && !required));
  const first = [
    ...(keys.length === 0 ? [t('Choose the host-key document of at least one machine.')] : []),
    ...unverified.map(({ file }) =>
      required ? t('{file} is not verified, and the policy requires it.', { file }) : t('{file} is not verified.', { file }),
    ),
  ];
  const image = i === undefined ? [t('Choose the image, or its SE header.')] : [];
  const policy =
    p === undefined
      ? [t('Choose a policy or a template.')]
      : checkPolicy(p.policy).some((f) => f.severity === 'error')
        ? [t('The policy breaks a rule.')]
        : [];
  const values =
    p === undefined
      ? [t('Choose a policy first.')]
      : [
          ...open.map((x) => (x.state === 'wrong' ? doesNotFit(x) : t('{name} has no value.', { name: x.name }))),
          ...publics.flatMap((x) =>
            x.state === 'missing'
              ? [t('{name} has no content.', { name: x.name })]
              : x.state === 'wrong'
                ? [contentDoesNotFit(x)]
                : [],
          ),
        ];
  const before = [...first, ...image, ...policy, ...values];
  const errors = risks.filter((r) => r.severity === 'error').map((r) => r.says);
  // a bundle that is there was made when nothing was missing; that its values were forgotten since is no lack
  const review = s.bundle
    ? []
    : before.length > 0
      ? before
      : errors.length > 0
        ? errors
        : [t('The bundle is not generated yet.')];
  return {
    'host-keys': first,
    image,
    policy,
    secrets: s.bundle && s.kept.values.length === 0 ? [] : values,
    review,
    ...bundleLacks(s),
    verify: s.verdict === undefined ? [t('There is no report yet.')] : [],
  };
};

const risksOf = ({ derived: d, kept }: State, now: Date): FindingView[] =>
  d.policy && d.image && d.hostKeys.length > 0
    ? preflight({
        policy: d.policy.policy,
        header: d.image.found.header,
        hostKeys: d.hostKeys.map((k) => ({ label: k.file, phkh: k.document.phkh, verified: k.verdict.trusted })),
        values: projectValues(kept),
        bits: projectBits(kept),
        sha512: nodeSha512,
        publics: projectPublics(kept),
        approvals: projectApprovals(kept),
        now,
      }).map(findingView)
    : [];

/** Names of the user's files stand for themselves: the commands are run beside them. */
const commandsView = ({ derived: d, kept }: State, secrets: readonly SecretView[]): ProjectView['commands'] => {
  const { policy, image, hostKeys } = d;
  if (policy === undefined || image === undefined || hostKeys.length === 0) return [];
  const files = (kinds: readonly string[]): string[] => fileNames(d, kinds);
  const isReady = (name: string): boolean => secrets.some((x) => x.name === name && x.state === 'ready');
  // a policy that derives the extension secret needs a file that is not here: then there is nothing to show
  if (policy.policy['extension-secret'] === 'cck-derived') return [];
  return referenceCommands({
    policy: policy.policy,
    hostKeys: hostKeys.map((k) => k.file),
    certs: files(['signing-key', 'intermediate']),
    crls: files(['crl']),
    rootCa: files(['root'])[0],
    header: image.file,
    values: 'values',
    optional: new Set(kept.values.map((v) => v.secret)),
    // a value that does not fit has no command: what the policy prefers stands there
    keySizes: new Map(kept.values.filter((v) => isReady(v.secret)).map((v) => [v.secret, v.value.length])),
  }).map((p) => ({ title: p.title, says: p.says, basis: basisSays(p.basis), text: p.lines.join('\n') }));
};

/** The whole view. */
export const viewOf = (s: State, keeper: Keeper, home: string, now: Date): Omit<ProjectView, 'undo'> => {
  const { derived: d, kept } = s;
  const hostKeys = d.hostKeys.map((k) => hostKeyView(s, k));
  const secrets = secretViews(s);
  const publics = publicViews(s, now);
  const policy = d.policy?.policy;
  // once the bundle is made its own check speaks
  const risks = s.bundle ? [] : risksOf(s, now);
  const lacks = lacksOf(s, hostKeys, secrets, publics, risks);
  const values = projectValues(kept);
  return {
    sample: d.hosts.length > 0,
    file: fileView(s, keeper),
    hostKeys,
    pieces: pieceViews(s),
    roots: rootViews(s),
    missing: d.wanted.filter(isLacking).map(lackingSays),
    checklist: checklist(d.wanted, now),
    image: imageView(s),
    policy: policyView(s),
    templates: TEMPLATE_NAMES.map((name) => ({ name, description: templateDescription(name) })),
    secrets,
    publics,
    approvals: approvalViews(s),
    planned: policy
      ? plannedOrder(policy)
          .filter((x) => x.secret === undefined || x.secret.required || values.has(x.secret.name))
          .map((x) => ({
            file: x.file,
            carries: carries(x.file, x.secret?.name, x.secret?.purpose),
            goesTo: goesTo(policy, x.secret?.name),
            tag: null,
          }))
      : [],
    risks,
    bundle: s.bundle ? bundleView(s.bundle, home, policy) : null,
    commands: commandsView(s, secrets),
    bundles: kept.bundles.map(({ expected: e, savedTo }) => ({
      name: e.bundle.name,
      serial: e.bundle.serial,
      created: e.bundle.created,
      savedTo: savedTo ?? null,
    })),
    hosts: d.hosts.map((h) => h.name),
    home,
    boot: s.boot ? bootView(s.boot.host, s.boot.result) : null,
    verdict: verdictView(s),
    audit: kept.audit.slice(-AUDIT_SHOWN).map((e) => ({ n: e.n, time: e.time, says: auditEventSays(e.event) })),
    lacks,
    done: (Object.keys(lacks) as StepId[]).filter((x) => lacks[x].length === 0),
  };
};
