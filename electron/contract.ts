/**
 * What the window can ask for: one table of channels, from which the types, the list of channels and the renderer's api are
 * derived. Only plain data and Uint8Array cross it, and no answer holds a secret value but those of
 * `secrets.reveal` and `secrets.login`, which a person asks for.
 */
import * as z from 'zod';
import { boundsSchema, choicesSchema } from '../edge/settings.ts';
import { LANGUAGES } from '../words/language.ts';

export const STEPS = ['host-keys', 'image', 'policy', 'secrets', 'review', 'hand-over', 'boot', 'verify'] as const;
export type StepId = (typeof STEPS)[number];

const text = z.string();
const bytes = z.custom<Uint8Array>((v) => v instanceof Uint8Array, 'bytes');
/** Bytes of an argument that are wiped when its call is over: a desk that keeps them keeps a copy. */
export const secretBytes = z.custom<Uint8Array>((v) => v instanceof Uint8Array, 'bytes');
const file = z.strictObject({ name: z.string().min(1).max(1024), bytes });
/** A file that the user chose or dropped. */
export type ChosenFile = z.infer<typeof file>;

const severity = z.enum(['error', 'warning', 'ok', 'not-checked']);
const finding = z.strictObject({ rule: text, severity, says: text, consequence: text.nullable() });
export type FindingView = z.infer<typeof finding>;

const check = z.strictObject({ about: text, subject: text, outcome: z.enum(['passed', 'failed']), expected: text, found: text });

const hostKey = z.strictObject({
  phkh: text,
  serial: text,
  subject: text,
  /** machine type and where it was read from, when the certificate or its file name says */
  model: text.nullable(),
  file: text,
  notBefore: text,
  notAfter: text,
  state: z.enum(['verified', 'refused', 'not-verified', 'accepted']),
  /** day until which the verification holds */
  holdsUntil: text.nullable(),
  reason: text.nullable(),
  endingSoon: z.array(text),
  checks: z.array(check),
  /** whether the chosen image has a key slot for it; null without an image */
  inImage: z.boolean().nullable(),
});
export type HostKeyView = z.infer<typeof hostKey>;

const piece = z.strictObject({ file: text, kind: text, name: text, until: text.nullable(), used: z.boolean() });
/** A root certificate that was added. Roots of the system are trusted without a word. */
const root = z.strictObject({ file: text, name: text, fingerprint: text, trusted: z.enum(['system', 'you', 'no']) });

const image = z.strictObject({
  file: text,
  whole: z.boolean(),
  generic: z.boolean(),
  tag: text,
  pld: text,
  ald: text,
  tld: text,
  pages: z.number(),
  flags: z.array(z.strictObject({ name: text, doc: text, set: z.boolean() })),
  hostKeys: z.array(z.strictObject({ phkh: text, chosen: z.boolean() })),
  findings: z.array(finding),
});

const policy = z.strictObject({
  file: text,
  name: text,
  description: text,
  hash: text,
  text,
  facts: z.array(z.strictObject({ about: text, value: text })),
  /** the form beside the text */
  form: z.array(
    z.strictObject({ path: text, label: text, value: text, choices: z.array(z.strictObject({ value: text, text })) }),
  ),
  findings: z.array(finding),
});

/** What is wrong with something, what to do, and what the program can do about it. */
const trap = z.strictObject({
  severity,
  says: text,
  todo: text,
  details: text,
  remedies: z.array(z.strictObject({ id: text, says: text, needsPassphrase: z.boolean() })),
});

const secret = z.strictObject({
  name: text,
  purpose: text,
  type: text,
  required: z.boolean(),
  canGenerate: z.boolean(),
  /** ways to generate it, the usual one first */
  ways: z.array(z.strictObject({ generator: text, keys: z.array(text), bits: z.number().nullable() })),
  /** what is public of a key that was given */
  key: z.strictObject({ kind: text.nullable(), fingerprint: text.nullable(), publicLine: text.nullable() }).nullable(),
  /** user name of a login that was given */
  login: text.nullable(),
  canType: z.boolean(),
  state: z.enum(['missing', 'ready', 'wrong', 'automatic']),
  size: z.number().nullable(),
  /** strength, where it is known */
  bits: z.number().nullable(),
  /** the strength is an estimate: the value was not generated here */
  estimated: z.boolean(),
  /** what the program understood of the value */
  understood: text.nullable(),
  /** what is wrong with the value, what to do, and what the program can do about it */
  traps: z.array(trap),
  goesTo: text,
  /** the policy's entry for the certificate of this key */
  certificate: text.nullable(),
  /** what can be made to go with the key */
  makes: z.enum(['host-certificate', 'signing-request']).nullable(),
  /** the signing request that was made for it, PEM */
  request: text.nullable(),
});
export type SecretView = z.infer<typeof secret>;

const publicEntry = z.strictObject({
  name: text,
  purpose: text,
  goesTo: text,
  state: z.enum(['missing', 'ready', 'wrong']),
  /** what the program understood of it */
  facts: z.array(z.strictObject({ about: text, value: text, copy: z.boolean() })),
  traps: z.array(trap),
});
export type PublicView = z.infer<typeof publicEntry>;

/** One request; `goesTo`: what becomes of the secret in the guest */
const submitted = z.strictObject({ file: text, carries: text, goesTo: text.nullable(), tag: text.nullable() });

const bundle = z.strictObject({
  id: text,
  name: text,
  serial: z.number(),
  created: text,
  order: z.array(submitted),
  tocPolSha256: text,
  manifestSha256: text.nullable(),
  storeHash: text,
  locked: z.boolean(),
  findings: z.array(finding),
  handover: text,
  savedTo: text.nullable(),
  recordIn: text.nullable(),
  suggestedPath: text,
});

const bootEvent = z.strictObject({ outcome: z.enum(['ok', 'failed', 'note']), says: text });
const boot = z.strictObject({
  host: text,
  booted: z.boolean(),
  stoppedAt: text.nullable(),
  stages: z.array(z.strictObject({ name: text, outcome: z.enum(['ok', 'failed', 'not-reached']), events: z.array(bootEvent) })),
  hasReport: z.boolean(),
});

const attack = z.strictObject({ id: text, name: text, does: text, by: text });
export type AttackView = z.infer<typeof attack>;
const labResult = z.strictObject({
  attack,
  boot,
  caughtBy: z.enum(['guest', 'verdict', 'bundle-check', 'nothing']),
  caughtSays: text,
  lesson: text,
  gradeName: text.nullable(),
  findings: z.array(finding),
});
export type LabView = z.infer<typeof labResult>;

const reportCheck = z.strictObject({
  id: text,
  about: text,
  class: z.enum(['C', 'D', 'I']),
  className: text,
  outcome: z.enum(['passed', 'failed', 'not-checked', 'not-needed', 'question']),
  outcomeName: text,
  expected: text.nullable(),
  found: text.nullable(),
  failure: text.nullable(),
});

const verdict = z.strictObject({
  file: text,
  grade: z.enum(['proven', 'list-attested', 'possession-shown', 'claimed', 'failed']),
  gradeName: text,
  says: text,
  rehearsal: z.boolean(),
  ownRecord: z.boolean(),
  unverifiedHostKeys: z.number(),
  /** why it is not proven, a sentence a point */
  reasons: z.array(text),
  diagnosis: text.nullable(),
  bundle: text,
  time: text,
  reportSha256: text,
  checks: z.array(reportCheck),
  unproven: z.array(text),
  asText: text,
  asJson: text,
});

const review = z.strictObject({
  file: text,
  about: z.enum(['policy', 'bundle', 'project']),
  name: text,
  title: text,
  /** SHA-256 of what an approval would be about; null when there is nothing to sign */
  signable: text.nullable(),
  policySha256: text,
  gets: z.array(text),
  hostKeys: z.array(text),
  dump: z.array(text),
  report: text,
  approvals: z.array(text),
  findings: z.array(finding),
});
/** What a security officer sees: no secret is needed for it. */
export type ReviewView = z.infer<typeof review>;

const project = z.strictObject({
  sample: z.boolean(),
  /** the project file behind the window */
  file: z.strictObject({
    path: text.nullable(),
    name: text,
    locked: z.boolean(),
    /** why the last save failed */
    problem: text.nullable(),
    saved: text.nullable(),
    holdsValues: z.boolean(),
  }),
  /** what was just removed and can be taken back; `n` tells one from the next */
  undo: z.strictObject({ n: z.number(), says: text }).nullable(),
  hostKeys: z.array(hostKey),
  pieces: z.array(piece),
  roots: z.array(root),
  missing: z.array(text),
  /** what to get elsewhere, as text to carry there */
  checklist: text,
  image: image.nullable(),
  /** the file of the key the image was built with; null while it is missing; undefined when the policy has no use for it */
  builderKey: text.nullable().optional(),
  policy: policy.nullable(),
  templates: z.array(z.strictObject({ name: text, description: text })),
  secrets: z.array(secret),
  publics: z.array(publicEntry),
  approvals: z.strictObject({
    required: z.number(),
    satisfied: z.boolean(),
    says: z.array(text),
    trusted: z.array(z.strictObject({ fingerprint: text, name: text })),
    given: z.number(),
  }),
  planned: z.array(submitted),
  risks: z.array(finding),
  bundle: bundle.nullable(),
  /** the same with the reference tools, part by part */
  commands: z.array(z.strictObject({ title: text, says: text, basis: text, text })),
  /** every bundle of the project, oldest first */
  bundles: z.array(z.strictObject({ name: text, serial: z.number(), created: text, savedTo: text.nullable() })),
  hosts: z.array(text),
  /** where files are suggested to go */
  home: text,
  boot: boot.nullable(),
  verdict: verdict.nullable(),
  audit: z.array(z.strictObject({ n: z.number(), time: text, says: text })),
  /** what each step still lacks, in words; an empty list is a step that is done or needs nothing */
  lacks: z.record(z.enum(STEPS), z.array(text)),
  done: z.array(z.enum(STEPS)),
});
/** Everything the window shows. No secret in it. */
export type ProjectView = z.infer<typeof project>;

/** How the window looks and speaks. */
const settings = z.strictObject({
  ...choicesSchema.shape,
  /** every zoom there is, smallest first */
  zooms: z.array(choicesSchema.shape.zoom),
  /** the language that comes of it, and its messages: English to it */
  spoken: z.enum(LANGUAGES),
  messages: z.record(z.string(), z.string()),
});
export type SettingsView = z.infer<typeof settings>;

const problem = z.strictObject({ what: text, todo: text.nullable() });
const count = z.number().int().min(0);
const fleet = z.strictObject({
  /** what the open project gives */
  policy: text.nullable(),
  hostKeys: count,
  lacks: z.array(z.strictObject({ step: z.enum(STEPS), says: text })),
  findings: z.array(finding),
  table: z
    .strictObject({
      file: text,
      guests: count,
      /** names of the first ones */
      first: z.array(text),
      /** for each entry of the policy: where its value comes from, and how many guests say something else */
      values: z.array(z.strictObject({ name: text, says: text, own: count })),
      problem: problem.nullable(),
    })
    .nullable(),
  suggested: z.strictObject({ values: text, output: text }),
  plan: z
    .strictObject({
      values: text,
      output: text,
      total: count,
      /** made in an earlier run */
      before: count,
      /** the first of them */
      missing: z.array(z.strictObject({ guest: text, line: count, path: text })),
      missingCount: count,
    })
    .nullable(),
  run: z
    .strictObject({
      policy: text,
      values: text,
      output: text,
      state: z.enum(['preparing', 'running', 'cancelling', 'done', 'incomplete', 'broken']),
      total: count,
      made: count,
      before: count,
      failed: count,
      atHand: z.array(text),
      /** guests a second */
      rate: z.number().nullable(),
      remaining: text.nullable(),
      elapsed: text,
      /** the first of them */
      failures: z.array(z.strictObject({ guest: text, line: count, says: text })),
      problem: problem.nullable(),
    })
    .nullable(),
});
/** A fleet: its table, what would be done, and what is being done. No value is in it. */
export type FleetView = z.infer<typeof fleet>;

const nothing = z.strictObject({});
const named = z.strictObject({ name: z.string().min(1).max(256) });
const secretText = z.strictObject({ passphrase: secretBytes });
const place = z.strictObject({ path: z.string().min(1).max(4096) });
const fleetPlaces = z.strictObject({ values: z.string().min(1).max(4096), output: z.string().min(1).max(4096) });

/** Channel by channel: what is asked and what is answered. */
export const CONTRACT = {
  'app.info': {
    args: nothing,
    result: z.strictObject({
      version: text,
      shell: z.enum(['electron', 'chromium']),
      canChooseFolder: z.boolean(),
      /** what must be typed to use a host key without verification */
      acceptWord: text,
      /** the window died before and was opened again */
      reopened: z.boolean(),
      /** a project file that the program was started with */
      opens: text.nullable(),
    }),
  },
  'settings.view': { args: nothing, result: settings },
  'settings.change': {
    args: choicesSchema.partial(),
    result: settings,
  },
  /** where the window is and how large, for the next time */
  'window.moved': {
    args: boundsSchema,
    result: nothing,
  },
  'project.view': { args: nothing, result: project },
  'project.sample': { args: nothing, result: project },
  'project.reset': { args: nothing, result: project },
  'project.undo': { args: nothing, result: project },
  'project.create': {
    args: z.strictObject({ path: z.string().min(1).max(4096), name: text.max(64), passphrase: secretBytes }),
    result: project,
  },
  'project.open': {
    args: z.strictObject({ path: z.string().min(1).max(4096), passphrase: secretBytes, backup: z.boolean() }),
    result: project,
  },
  'project.lock': { args: nothing, result: project },
  'project.unlock': { args: secretText, result: project },
  'project.passphrase': { args: secretText, result: project },
  'project.audit': { args: place, result: z.strictObject({ path: text }) },
  /** asked every few seconds: a project that was left alone is locked, and the window must say so */
  'project.pulse': { args: nothing, result: z.strictObject({ locked: z.boolean() }) },
  'host-keys.add': { args: z.strictObject({ files: z.array(file).max(5000) }), result: project },
  'host-keys.remove': { args: z.strictObject({ phkh: z.string().length(64) }), result: project },
  'host-keys.accept': { args: z.strictObject({ phkh: z.string().length(64), typed: z.string().max(64) }), result: project },
  'host-keys.trust-root': { args: z.strictObject({ fingerprint: z.string().length(64) }), result: project },
  'host-keys.clear-pieces': { args: nothing, result: project },
  /** which part of a large image holds its header, so that the window need not hand over gigabytes */
  'image.locate': {
    args: z.strictObject({ name: z.string().min(1).max(1024), start: bytes, size: z.number().int().min(0) }),
    result: z.strictObject({ offset: z.number().int().min(0), length: z.number().int().min(0) }),
  },
  'image.set': { args: z.strictObject({ ...file.shape, cut: z.boolean() }), result: project },
  /** the key the image was built with, for a policy that derives the extension secret from it */
  'image.cck': { args: z.strictObject({ ...file.shape, bytes: secretBytes }), result: project },
  'image.cck-forget': { args: nothing, result: project },
  'policy.set': { args: file, result: project },
  'policy.text': { args: z.strictObject({ text: z.string().max(256 * 1024) }), result: project },
  'policy.edit': { args: z.strictObject({ path: z.string().max(128), value: z.string().max(64) }), result: project },
  'policy.save': { args: place, result: z.strictObject({ path: text }) },
  /** what changed from another policy to the one at hand, in words */
  'policy.compare': { args: file, result: z.strictObject({ other: text, changes: z.array(text) }) },
  'policy.template': { args: named, result: project },
  'secrets.generate': {
    args: z.strictObject({
      name: z.string().min(1).max(256),
      generator: z.string().max(16).optional(),
      key: z.string().max(16).optional(),
    }),
    result: project,
  },
  /** makes a login; the clear password is shown this once, and nowhere kept */
  'secrets.login': { args: named, result: z.strictObject({ clear: bytes }) },
  /** how hard a passphrase is to guess, while it is typed */
  'secrets.strength': {
    args: z.strictObject({ name: z.string().max(64), value: secretBytes }),
    result: z.strictObject({ says: text, feedback: z.array(text) }),
  },
  'secrets.generate-all': { args: nothing, result: project },
  'secrets.import': { args: z.strictObject({ name: z.string().max(64), bytes: secretBytes }), result: project },
  'secrets.type': { args: z.strictObject({ name: z.string().max(64), value: secretBytes }), result: project },
  'secrets.remedy': {
    args: z.strictObject({ name: z.string().max(64), remedy: z.string().max(32), passphrase: secretBytes.nullable() }),
    result: project,
  },
  /** signs a certificate for an ssh host key; without a CA's file with a CA that is made for this one signature */
  'secrets.certify': {
    args: z.strictObject({
      name: z.string().max(64),
      ca: z.strictObject({ ...file.shape, bytes: secretBytes }).nullable(),
      passphrase: secretBytes,
      principals: z.array(z.string().max(256)).max(256),
      days: z.number().int(),
    }),
    result: project,
  },
  'secrets.request': {
    args: z.strictObject({
      name: z.string().max(64),
      commonName: z.string().max(256),
      organization: z.string().max(256),
      names: z.array(z.string().max(256)).max(256),
    }),
    result: project,
  },
  'secrets.request-save': {
    args: z.strictObject({ name: z.string().max(64), path: z.string().min(1).max(4096) }),
    result: z.strictObject({ path: text }),
  },
  'secrets.clear': { args: named, result: project },
  'secrets.forget': { args: nothing, result: project },
  /** a private key that somebody takes for its public half comes here too */
  'publics.import': { args: z.strictObject({ name: z.string().max(64), bytes: secretBytes }), result: project },
  /** the one answer that holds a value: asked for by a person who wants to see it, never kept */
  'secrets.reveal': { args: named, result: z.strictObject({ value: bytes }) },
  'secrets.export': { args: place, result: z.strictObject({ path: text, files: z.array(text) }) },
  'bundle.generate': { args: z.strictObject({ name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/) }), result: project },
  'bundle.progress': { args: nothing, result: z.strictObject({ done: z.number(), total: z.number(), file: text }) },
  'bundle.cancel': { args: nothing, result: nothing },
  'bundle.sheet': { args: place, result: z.strictObject({ path: text }) },
  'bundle.pack': {
    args: z.strictObject({ path: z.string().min(1).max(4096), packing: z.enum(['tar', 'zip', 'initdata']) }),
    result: project,
  },
  'bundle.save': { args: place, result: project },
  /** a pvics.yaml, and what must lie beside it */
  'bundle.pvics': {
    args: place,
    result: z.strictObject({ path: text, beside: z.array(z.strictObject({ name: text, says: text })) }),
  },
  'dialog.folder': { args: nothing, result: z.strictObject({ path: text.nullable() }) },
  'boot.run': { args: named, result: project },
  'lab.list': { args: nothing, result: z.strictObject({ attacks: z.array(attack) }) },
  'lab.run': { args: z.strictObject({ host: z.string().min(1).max(256), attack: z.string().min(1).max(64) }), result: labResult },
  'report.simulated': { args: nothing, result: project },
  'approvals.add': { args: file, result: project },
  'approvers.trust': { args: z.strictObject({ line: z.string().min(1).max(2048) }), result: project },
  'approvers.remove': { args: z.strictObject({ fingerprint: z.string().max(64) }), result: project },
  'officer.policy': { args: file, result: review },
  'officer.bundle': { args: place, result: review },
  'officer.project': { args: z.strictObject({ path: z.string().min(1).max(4096), passphrase: secretBytes }), result: review },
  'officer.key': {
    args: z.strictObject({ path: z.string().min(1).max(4096), name: z.string().max(64), passphrase: secretBytes }),
    result: z.strictObject({ path: text, line: text, fingerprint: text }),
  },
  'officer.sign': {
    args: z.strictObject({
      key: file,
      passphrase: secretBytes,
      decision: z.enum(['approve', 'reject']),
      comment: z.string().max(1000),
      path: z.string().min(1).max(4096),
    }),
    result: z.strictObject({ path: text, fingerprint: text }),
  },
  'fleet.view': { args: nothing, result: fleet },
  'fleet.table': { args: file, result: fleet },
  'fleet.plan': { args: fleetPlaces, result: fleet },
  'fleet.start': { args: fleetPlaces, result: fleet },
  'fleet.cancel': { args: nothing, result: fleet },
  'report.load': { args: file, result: project },
  'report.save': { args: place, result: z.strictObject({ path: text }) },
  'verdict.save': { args: place, result: z.strictObject({ path: text, files: z.array(text) }) },
} as const satisfies Record<string, { args: z.ZodType; result: z.ZodType }>;

export type Channel = keyof typeof CONTRACT;
export const CHANNELS = Object.keys(CONTRACT) as Channel[];
export type ArgsOf<C extends Channel> = z.infer<(typeof CONTRACT)[C]['args']>;
export type ResultOf<C extends Channel> = z.infer<(typeof CONTRACT)[C]['result']>;

/** An answer: the value, or an error with its facts and the sentences for it. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string; readonly what: string; readonly todo: string | null };

/** What a shell puts into the page: one function. */
export interface Bridge {
  call(channel: string, args: unknown): Promise<Answer<unknown>>;
}
