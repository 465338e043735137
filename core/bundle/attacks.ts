/**
 * What can be wrong with a bundle, and what can be done to a guest: one list for the attack lab, the command line and the tests.
 * Each is a pure change of a scene, with what a real guest does then. Source: spec pages "bundle" section 7, "generic-guest"
 * sections 3 and 7, "retrieval-report" section 3a.
 */
import { sha512 } from '@noble/hashes/sha2.js';
import { type Bytes, fromUtf8, hex, join, utf8 } from '../bytes.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import type { RootDisk } from '../guestsim/disk.ts';
import type { BootCode, Stage } from '../guestsim/events.ts';
import type { PvebcProblem } from '../guestsim/pvebc.ts';
import type { ParsedHeader } from '../image/header.ts';
import type { ImageTags } from '../image/tags.ts';
import { readReport, writeReport } from '../report/format.ts';
import type { Grade } from '../report/verdict.ts';
import { buildRequest, freshRequestKeys, type RequestInput, wipeRequestKeys } from '../request/build.ts';
import { parseRequest } from '../request/parse.ts';
import { hashedId, makeSecret, type Secret, storePlaintext } from '../secret/secret.ts';
import { ADD_RC } from '../uvsim/codes.ts';
import type { SimHost } from '../uvsim/profile.ts';
import type { UltravisorGuest } from '../uvsim/ultravisor.ts';
import type { BundleEntry } from './check.ts';
import type { Expected } from './expected.ts';
import { makeLookalike } from './lookalike.ts';
import { MANIFEST_POL, TOC_ASR, TOC_POL } from './names.ts';
import { makeReference, policyReference } from './reference.ts';

/** What goes into a boot, and can be changed on the way. */
export interface AttackScene {
  readonly entries: readonly BundleEntry[];
  readonly host: SimHost;
  readonly image: Bytes;
  /** the tenant's root disk; absent: the host brings one of its own that fits */
  readonly disk?: RootDisk | undefined;
}

/** What the changes are made with. The extension secret is the tenant's: only mistakes of the maker use it. */
export interface AttackKit {
  readonly expected: Expected;
  readonly header: ParsedHeader;
  /** public keys of the hosts the bundle is for, 160 bytes each */
  readonly hostKeys: readonly Bytes[];
  /** 32 bytes, secret */
  readonly extensionSecret: Bytes;
  /** another machine, which the image is not made for */
  readonly strangerHost: SimHost;
  /** another image for the same hosts */
  readonly otherImage: { readonly image: Bytes; readonly tags: ImageTags };
  /** a complete bundle that somebody else made for the same image and hosts */
  readonly otherTenant: () => readonly BundleEntry[];
  /** the tenant's bundle before this one */
  readonly older: () => readonly BundleEntry[];
  readonly env: Env;
}

/** What a real guest does. */
export interface GuestOutcome {
  readonly booted: boolean;
  /** where it stops; `report` when it came up */
  readonly stage: Stage;
  readonly code?: BootCode;
  readonly problem?: PvebcProblem;
  /** return code of the UV */
  readonly rc?: number;
  /** exit code of pvebc, where it is pvebc that stops */
  readonly exitCode?: 1 | 101;
}

/** Who does it: the provider, who has every file in hand; the maker of the bundle, by mistake; root in the running guest. */
export type Attacker = 'provider' | 'maker' | 'guest-root';

export interface Attack {
  readonly id: AttackId;
  readonly by: Attacker;
  /** changes what the guest is started with */
  readonly scene?: (scene: AttackScene, kit: AttackKit) => AttackScene;
  /** changes the ultravisor's store before the first request comes */
  readonly prepare?: (guest: UltravisorGuest) => void;
  /** what root does in the running guest. @returns the return code of the UV */
  readonly inGuest?: (guest: UltravisorGuest, kit: AttackKit) => number;
  /** changes the report on its way. `second` is the report of another start of the same bundle */
  readonly report?: (report: Bytes, second: () => Bytes) => Bytes;
  /** the tenant asks anew after the report was made, and gets this one again */
  readonly askedAnew?: boolean;
  /** a second guest is started with the same bundle, and its report sent as well */
  readonly twice?: boolean;
  readonly guest: GuestOutcome;
  /** rules of the bundle check that must name it; none: files cannot show it */
  readonly check: readonly string[];
  /** grade of the verdict, when there is a report */
  readonly grade?: Grade;
  /** checks of the verdict that show it; none: this evidence cannot */
  readonly verdict: readonly string[];
}

const SICS = 'sics/';
const NO_ID = undefined;
const FULL_BOOT: GuestOutcome = { booted: true, stage: 'report' };
const pvebcStops = (problem: PvebcProblem, more: Partial<GuestOutcome> = {}): GuestOutcome => ({
  booted: false,
  stage: 'pvebc',
  code: 'pvebc-failed',
  problem,
  exitCode: 1,
  ...more,
});
const uvRefuses = (rc: number): GuestOutcome => pvebcStops('uv-refused', { rc });

// -- files of a bundle

const bytesOf = (entries: readonly BundleEntry[], name: string): Bytes =>
  entries.find((e) => e.path === SICS + name)?.bytes ?? fail('not-found', 'bundle', name, 'a file of the bundle');

/** The bundle with one file put in the place of another of its name, or added. */
const put = (entries: readonly BundleEntry[], name: string, bytes: Bytes): BundleEntry[] => {
  const entry: BundleEntry = { path: SICS + name, kind: 'file', bytes };
  return entries.some((e) => e.path === entry.path)
    ? entries.map((e) => (e.path === entry.path ? entry : e))
    : [...entries, entry];
};
const without = (entries: readonly BundleEntry[], name: string): BundleEntry[] => entries.filter((e) => e.path !== SICS + name);
const flipped = (bytes: Bytes, at: number): Bytes => bytes.map((b, i) => (i === (at < 0 ? bytes.length + at : at) ? b ^ 1 : b));
const lines = (toc: Bytes): string[] => fromUtf8(toc, TOC_POL).trimEnd().split('\n');

/** File of the last request of the list: a secret that can be missed, swapped and spoilt. */
const lastFile = (kit: AttackKit): string => kit.expected.submission_order.at(-1)?.file ?? TOC_ASR;

/** A change of the bundle alone. */
const bundle =
  (change: (entries: readonly BundleEntry[], kit: AttackKit) => readonly BundleEntry[]) =>
  (scene: AttackScene, kit: AttackKit): AttackScene => ({ ...scene, entries: change(scene.entries, kit) });
/** A change of one file of the bundle. */
const file = (name: (kit: AttackKit) => string, change: (bytes: Bytes) => Bytes) =>
  bundle((entries, kit) => put(entries, name(kit), change(bytesOf(entries, name(kit)))));

// -- requests made anew

const META: Secret = makeSecret('meta', new Uint8Array(0), NO_ID, 'meta');

/** A request of the tenant's set, or, with another extension secret, of somebody else. */
const request = (kit: AttackKit, secret: Secret, more: Partial<RequestInput> = {}): Bytes => {
  const keys = freshRequestKeys(kit.env);
  try {
    return buildRequest(
      { hostKeys: kit.hostKeys, image: kit.header.image, secret, extensionSecret: kit.extensionSecret, ...more },
      keys,
    );
  } finally {
    wipeRequestKeys(keys);
  }
};

/** toc.asr made anew, with a reference of any content. */
const withReference = (entries: readonly BundleEntry[], kit: AttackKit, userData: Bytes, more: Partial<RequestInput> = {}) =>
  put(entries, TOC_ASR, request(kit, META, { userData: { kind: 'unsigned', bytes: userData }, ...more }));

/** Another list, and a toc.asr that refers to it. */
const withList = (entries: readonly BundleEntry[], kit: AttackKit, toc: Bytes, more: Partial<RequestInput> = {}): BundleEntry[] =>
  withReference(put(entries, TOC_POL, toc), kit, makeReference(TOC_POL, toc), more);

/** A mistake in the text of the list, made before toc.asr. */
const list = (change: (lines: string[]) => string) =>
  bundle((entries, kit) => withList(entries, kit, utf8(change(lines(bytesOf(entries, TOC_POL))))));

/** A mistake in the name that toc.asr refers to. @param copy name of a file with the same content that lies there */
const name = (text: string | undefined, copy?: string) =>
  bundle((entries, kit) => {
    const toc = bytesOf(entries, TOC_POL);
    const { hash } = policyReference.read(makeReference(TOC_POL, toc));
    const padded = new Uint8Array(480);
    padded.set(utf8(text ?? ''));
    const there = copy === undefined ? entries : put(entries, copy, toc);
    return withReference(there, kit, policyReference.write({ hash, name: padded }));
  });

/** One more request at the end of the list. */
const extra = (make: (kit: AttackKit) => Bytes) =>
  bundle((entries, kit) => {
    const bytes = make(kit);
    const toc = [...lines(bytesOf(entries, TOC_POL)), hex(bytes.slice(-16))];
    return withList(put(entries, 'extra.asr', bytes), kit, utf8(`${toc.join('\n')}\n`));
  });

/** Every request replaced by one with the same tag, of the same kind and size, whose content the host chose. */
const lookAlikes = (scene: AttackScene, kit: AttackKit): AttackScene => {
  const extensionSecret = kit.env.random(32);
  const host = scene.host.keys.publicKey;
  let { entries } = scene;
  for (const s of kit.expected.submission_order) {
    const original = parseRequest(bytesOf(entries, s.file));
    const value =
      original.kind === 'plaintext'
        ? storePlaintext(kit.env.random(original.secretLength - 2), s.file)
        : kit.env.random(original.secretLength);
    const secret: Secret = { kind: original.kind, value, ...(original.id ? { id: original.id } : {}) };
    entries = put(entries, s.file, makeLookalike({ hostKeys: kit.hostKeys, host, original, secret, extensionSecret }, kit.env));
  }
  // the host's own disk: the tenant's would not open
  return { ...scene, entries, disk: undefined };
};

const editReport = (report: Bytes): Bytes => {
  const r = readReport(report);
  return writeReport({ ...r, body: { ...r.body, guest: { ...r.body.guest, kernel: '6.18' }, problems: [] } });
};
const foreignAttestation = (report: Bytes, second: () => Bytes): Bytes => {
  const { attestation } = readReport(second());
  return writeReport({ ...readReport(report), ...(attestation ? { attestation } : {}) });
};

const ALL = [
  // what the provider can do to the files
  {
    id: 'missing-request',
    by: 'provider',
    scene: bundle((e, kit) => without(e, lastFile(kit))),
    guest: pvebcStops('no-request-for-tag'),
    check: ['B05'],
    verdict: [],
  },
  {
    id: 'stranger-request',
    by: 'provider',
    scene: bundle((e, kit) => put(e, 'stranger.asr', request(kit, META, { extensionSecret: kit.env.random(32) }))),
    guest: FULL_BOOT,
    check: ['B06'],
    grade: 'proven',
    verdict: [],
  },
  {
    id: 'body-bit-flipped',
    by: 'provider',
    scene: file(lastFile, (b) => flipped(b, -20)),
    guest: uvRefuses(ADD_RC.cannotDecrypt),
    check: ['T01'],
    verdict: [],
  },
  {
    id: 'tag-bit-flipped',
    by: 'provider',
    scene: file(lastFile, (b) => flipped(b, -1)),
    guest: pvebcStops('no-request-for-tag'),
    check: ['B05', 'B06'],
    verdict: [],
  },
  {
    id: 'toc-bit-flipped',
    by: 'provider',
    scene: file(
      () => TOC_ASR,
      (b) => flipped(b, -20),
    ),
    guest: uvRefuses(ADD_RC.cannotDecrypt),
    check: ['T01'],
    verdict: [],
  },
  {
    id: 'trailing-byte',
    by: 'provider',
    scene: file(lastFile, (b) => join(b, new Uint8Array(1))),
    guest: pvebcStops('no-request-for-tag'),
    check: ['B05', 'B06'],
    verdict: [],
  },
  {
    id: 'toc-trailing-byte',
    by: 'provider',
    scene: file(
      () => TOC_ASR,
      (b) => join(b, new Uint8Array(1)),
    ),
    guest: FULL_BOOT,
    check: ['B01'],
    grade: 'proven',
    verdict: [],
  },
  {
    id: 'list-edited',
    by: 'provider',
    scene: file(
      () => TOC_POL,
      (b) => utf8(`${lines(b).reverse().join('\n')}\n`),
    ),
    guest: pvebcStops('policy-mismatch'),
    check: ['B03', 'B21'],
    verdict: [],
  },
  {
    id: 'list-remade',
    by: 'provider',
    scene: bundle((e, kit) =>
      withList(e, kit, utf8(`${lines(bytesOf(e, TOC_POL)).reverse().join('\n')}\n`), { extensionSecret: kit.env.random(32) }),
    ),
    guest: uvRefuses(ADD_RC.unableToAdd),
    check: ['B21'],
    verdict: [],
  },
  {
    id: 'manifest-edited',
    by: 'provider',
    scene: file(
      () => MANIFEST_POL,
      (b) => utf8(fromUtf8(b, MANIFEST_POL).replace('"lock": true', '"lock": false')),
    ),
    guest: pvebcStops('policy-mismatch'),
    check: ['B09'],
    verdict: [],
  },
  {
    id: 'capital-ending',
    by: 'provider',
    scene: bundle((e, kit) => put(without(e, lastFile(kit)), lastFile(kit).replace('.asr', '.ASR'), bytesOf(e, lastFile(kit)))),
    guest: pvebcStops('no-request-for-tag'),
    check: ['B05', 'B19'],
    verdict: [],
  },
  {
    id: 'short-stranger',
    by: 'provider',
    scene: bundle((e) => put(e, 'short.asr', new Uint8Array(15))),
    guest: pvebcStops('too-small'),
    check: ['B06'],
    verdict: [],
  },
  {
    id: 'symlink',
    by: 'provider',
    scene: bundle((e, kit) => [...without(e, lastFile(kit)), { path: SICS + lastFile(kit), kind: 'symlink' }]),
    guest: pvebcStops('no-request-for-tag'),
    check: ['B05', 'B19'],
    verdict: [],
  },
  {
    id: 'other-tenant',
    by: 'provider',
    scene: bundle((_, kit) => kit.otherTenant()),
    guest: { booted: false, stage: 'crypttab', code: 'disk-not-opened' },
    check: ['B21'],
    verdict: [],
  },
  {
    id: 'other-tenant-own-disk',
    by: 'provider',
    scene: (s, kit) => ({ ...s, entries: kit.otherTenant(), disk: undefined }),
    guest: FULL_BOOT,
    check: ['B21'],
    grade: 'failed',
    verdict: ['C01', 'C02', 'C04', 'R07', 'R08'],
  },
  {
    id: 'older-bundle',
    by: 'provider',
    scene: bundle((_, kit) => kit.older()),
    guest: FULL_BOOT,
    check: ['B21'],
    grade: 'failed',
    verdict: ['C02', 'C04', 'R07', 'R08'],
  },
  { id: 'look-alikes', by: 'provider', scene: lookAlikes, guest: FULL_BOOT, check: ['T01'], grade: 'failed', verdict: ['C04'] },
  {
    id: 'other-image',
    by: 'provider',
    scene: (s, kit) => ({ ...s, image: kit.otherImage.image }),
    guest: uvRefuses(ADD_RC.cannotDecrypt),
    check: [],
    verdict: [],
  },
  {
    id: 'stranger-host',
    by: 'provider',
    scene: (s, kit) => ({ ...s, host: kit.strangerHost }),
    guest: { booted: false, stage: 'start', code: 'not-for-this-host' },
    check: [],
    verdict: [],
  },
  {
    id: 'no-bundle',
    by: 'provider',
    scene: bundle((e) => e.filter((x) => !x.path.startsWith(SICS))),
    guest: { booted: false, stage: 'boot-mount', code: 'no-sics-directory' },
    check: ['B01', 'B04'],
    verdict: [],
  },
  // what the maker of a bundle can get wrong
  {
    id: 'swapped-lines',
    by: 'maker',
    scene: list((l) => `${[...l.slice(0, -2), l.at(-1), l.at(-2)].join('\n')}\n`),
    guest: FULL_BOOT,
    check: ['B21'],
    grade: 'failed',
    verdict: ['R07', 'R12'],
  },
  {
    id: 'duplicate-line',
    by: 'maker',
    scene: list((l) => `${[...l, l.at(-1)].join('\n')}\n`),
    guest: FULL_BOOT,
    check: ['B04'],
    grade: 'failed',
    verdict: ['R07', 'R12'],
  },
  {
    id: 'list-crlf',
    by: 'maker',
    scene: list((l) => `${l.join('\r\n')}\r\n`),
    guest: FULL_BOOT,
    check: ['B04'],
    grade: 'failed',
    verdict: ['R07', 'R08'],
  },
  {
    id: 'list-blank-line',
    by: 'maker',
    scene: list((l) => `${l.join('\n')}\n\n`),
    guest: pvebcStops('bad-tag-line'),
    check: ['B04'],
    verdict: [],
  },
  {
    id: 'list-upper-case',
    by: 'maker',
    scene: list((l) => `${l.join('\n').toUpperCase()}\n`),
    guest: FULL_BOOT,
    check: ['B04'],
    grade: 'failed',
    verdict: ['R07', 'R08'],
  },
  {
    id: 'list-trailing-space',
    by: 'maker',
    scene: list((l) => `${l.join(' \n')}\n`),
    guest: pvebcStops('bad-tag-line'),
    check: ['B04'],
    verdict: [],
  },
  {
    id: 'reference-sha512',
    by: 'maker',
    scene: bundle((e, kit) => withReference(e, kit, join(sha512(bytesOf(e, TOC_POL)), utf8(TOC_POL)))),
    guest: pvebcStops('reference-not-utf8', { exitCode: 101 }),
    check: ['B02'],
    verdict: [],
  },
  { id: 'name-parent', by: 'maker', scene: name('../toc.pol'), guest: pvebcStops('reference-path'), check: ['B02'], verdict: [] },
  {
    id: 'name-absolute',
    by: 'maker',
    scene: name('/boot/sics/toc.pol'),
    guest: pvebcStops('reference-path'),
    check: ['B02'],
    verdict: [],
  },
  {
    id: 'name-dots',
    by: 'maker',
    scene: name('a..b.pol', 'a..b.pol'),
    guest: pvebcStops('reference-path'),
    check: ['B02'],
    verdict: [],
  },
  {
    id: 'name-480',
    by: 'maker',
    scene: name(`${'n'.repeat(476)}.pol`),
    guest: pvebcStops('missing-file'),
    check: ['B02'],
    verdict: [],
  },
  { id: 'name-empty', by: 'maker', scene: name(undefined), guest: pvebcStops('reference-empty'), check: ['B02'], verdict: [] },
  {
    id: 'signed-request',
    by: 'maker',
    scene: extra((kit) =>
      request(kit, META, { userData: { kind: 'signed-ec-p521', bytes: utf8('approved'), sign: () => kit.env.random(139) } }),
    ),
    guest: pvebcStops('reference-not-utf8', { exitCode: 101 }),
    check: ['B08'],
    verdict: [],
  },
  {
    id: 'request-for-other-image',
    by: 'maker',
    scene: extra((kit) => request(kit, META, { image: kit.otherImage.tags })),
    guest: uvRefuses(ADD_RC.cannotDecrypt),
    check: ['B10'],
    verdict: [],
  },
  {
    id: 'request-without-host',
    by: 'maker',
    scene: extra((kit) => request(kit, META, { hostKeys: [kit.strangerHost.keys.publicKey] })),
    guest: uvRefuses(ADD_RC.cannotDecrypt),
    check: ['B11'],
    verdict: [],
  },
  {
    id: 'request-with-cuid',
    by: 'maker',
    scene: extra((kit) => request(kit, META, { cuid: kit.env.random(16) })),
    guest: uvRefuses(ADD_RC.unableToAdd),
    check: ['B13'],
    verdict: [],
  },
  {
    id: 'id-twice',
    by: 'maker',
    scene: extra((kit) => request(kit, makeSecret('plaintext', utf8('another'), hashedId('luks-rfs-passphrase'), 'extra'))),
    guest: FULL_BOOT,
    check: ['B14'],
    grade: 'failed',
    verdict: ['R07', 'R12'],
  },
  // what the machine's state does
  {
    id: 'locked-store',
    by: 'provider',
    prepare: (guest) => void guest.lock(),
    guest: uvRefuses(ADD_RC.locked),
    check: [],
    verdict: [],
  },
  {
    id: 'full-store',
    by: 'provider',
    scene: (s) => ({ ...s, host: { ...s.host, profile: { ...s.host.profile, maxRetrievable: 1 } } }),
    guest: uvRefuses(ADD_RC.storeFull),
    check: [],
    verdict: [],
  },
  // afterwards
  {
    id: 'guest-root-adds',
    by: 'guest-root',
    inGuest: (guest, kit) => guest.add(request(kit, META, { extensionSecret: kit.env.random(32) })),
    guest: { ...FULL_BOOT, rc: ADD_RC.locked },
    check: [],
    grade: 'proven',
    verdict: [],
  },
  {
    id: 'report-edited',
    by: 'provider',
    report: editReport,
    guest: FULL_BOOT,
    check: [],
    grade: 'failed',
    verdict: ['C03', 'C04'],
  },
  { id: 'report-replayed', by: 'provider', askedAnew: true, guest: FULL_BOOT, check: [], grade: 'failed', verdict: ['R02'] },
  {
    id: 'attestation-of-another-guest',
    by: 'provider',
    report: foreignAttestation,
    guest: FULL_BOOT,
    check: [],
    grade: 'failed',
    verdict: ['C03', 'C04'],
  },
  { id: 'second-guest', by: 'provider', twice: true, guest: FULL_BOOT, check: [], grade: 'proven', verdict: ['R03'] },
] as const satisfies readonly (Omit<Attack, 'id'> & { readonly id: string })[];

export type AttackId = (typeof ALL)[number]['id'];

/** The whole list, in the order it is shown. */
export const ATTACKS: readonly Attack[] = ALL;
export const ATTACK_IDS: readonly AttackId[] = ALL.map((a) => a.id);

/** @throws not-found */
export const attackOf = (id: string): Attack =>
  ATTACKS.find((a) => a.id === id) ?? fail('not-found', 'attack', id.slice(0, 40), 'one of the list');
