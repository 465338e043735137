/**
 * Lint of a bundle before it goes out: rules B01 to B22 of spec page "bundle", section 6, and T01, whether the files are those
 * of meta/index.json. Each rule answers, also when it found nothing or could not look: what is not given (the header, the
 * tenant's expectation) is "not-checked", never "ok".
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { allZero, type Bytes, fromUtf8, hex, same, utf8 } from '../bytes.ts';
import { TAG_SIZE } from '../crypto/gcm.ts';
import { SelError } from '../errors.ts';
import type { Finding, Severity } from '../findings.ts';
import { isGeneric, type ParsedHeader } from '../image/header.ts';
import { type HexTags, hexTags, sameImage } from '../image/tags.ts';
import { policyHash, readPolicy } from '../policy/document.ts';
import { PASSPHRASE_NAME } from '../policy/rules.ts';
import type { Policy } from '../policy/schema.ts';
import { quiet } from '../quiet.ts';
import { FLAG_DISABLE_DUMP } from '../request/asrcb.ts';
import { type ParsedRequest, parseRequest } from '../request/parse.ts';
import { kindRow } from '../secret/kinds.ts';
import { hashedId } from '../secret/secret.ts';
import type { Expected } from './expected.ts';
import { HOST_KEYS, readHostKeyList } from './hostkeys.ts';
import { INDEX, readIndex } from './index.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { MANIFEST_POL, TOC_ASR, TOC_POL } from './names.ts';
import { policyReference, REFERENCE_NAME_MAX } from './reference.ts';
import { readTocPol } from './tocpol.ts';

/** Something in the bundle directory. */
export interface BundleEntry {
  /** path inside the bundle, with / */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  /** content of a file */
  readonly bytes?: Bytes | undefined;
}

export interface CheckInput {
  readonly entries: readonly BundleEntry[];
  /** header of the image it is for */
  readonly header?: ParsedHeader | undefined;
  /** the tenant's own expectation, or the bundle's copy */
  readonly expected?: Expected | undefined;
  /** room for listed secrets at the target, when known */
  readonly storeLimit?: number | undefined;
  /** free bytes of the boot partition, when known */
  readonly bootFree?: number | undefined;
  /** the present moment: whether host-key documents have expired meanwhile; absent: not looked at */
  readonly now?: Date | undefined;
}

type Say = (rule: string, severity: Severity, subject?: string, found?: string | number, expected?: string | number) => void;

/** One request file of sics/: as far as it could be read. */
interface RequestFile {
  readonly name: string;
  readonly bytes: Bytes;
  readonly request?: ParsedRequest;
  readonly error?: SelError;
}

/** What the rules look at. */
interface View {
  /** regular files at the top of sics/ that the guest copies: what it sees */
  readonly files: ReadonlyMap<string, Bytes>;
  readonly requests: readonly RequestFile[];
  /** the list that toc.asr refers to, usually toc.pol */
  readonly listName: string;
  readonly tags?: readonly Bytes[] | undefined;
  /** listed requests in the order of the list, as far as they were found; all but toc.asr when there is no list to read */
  readonly listed: readonly RequestFile[];
  readonly manifest?: Manifest | undefined;
  /** the policy the bundle was made from, when it is the one that manifest or expectation names */
  readonly policy?: Policy | undefined;
  readonly input: CheckInput;
}

const SICS = 'sics/';
/** Endings that the guest's wrapper copies. */
const COPIED = /\.(asr|pol)$/;

const readRequest = (name: string, bytes: Bytes): RequestFile => {
  try {
    return { name, bytes, request: parseRequest(bytes) };
  } catch (e) {
    if (e instanceof SelError) return { name, bytes, error: e };
    throw e;
  }
};

const tagOf = (r: RequestFile): Bytes => r.bytes.slice(-TAG_SIZE);
const fileAt = (input: CheckInput, path: string): Bytes | undefined =>
  input.entries.find((e) => e.path === path && e.kind === 'file')?.bytes;

/** meta/policy.yaml is not authenticated by itself: it counts when its hash is the one of the manifest or the expectation. */
const ownPolicy = (input: CheckInput, manifest: Manifest | undefined): Policy | undefined => {
  const bytes = fileAt(input, 'meta/policy.yaml');
  const policy = bytes && quiet(() => readPolicy(bytes));
  const hash = input.expected?.policy_sha256 ?? manifest?.policy_sha256;
  return policy && policyHash(policy) === hash ? policy : undefined;
};

const lookAt = (input: CheckInput): View => {
  const files = new Map<string, Bytes>();
  for (const e of input.entries) {
    const name = e.path.slice(SICS.length);
    if (e.kind === 'file' && e.bytes && e.path.startsWith(SICS) && !name.includes('/') && COPIED.test(name))
      files.set(name, e.bytes);
  }
  const requests = [...files].filter(([n]) => n.endsWith('.asr')).map(([n, b]) => readRequest(n, b));
  const toc = requests.find((r) => r.name === TOC_ASR)?.request;
  const ref = toc && referenceProblem(toc.userData);
  // a list of another name is unusual, but it is the one the guest goes by
  const listName = ref === undefined || typeof ref === 'string' ? TOC_POL : ref.name;
  const list = files.get(listName);
  const tags = list && quiet(() => readTocPol(list));
  const others = requests.filter((r) => r.name !== TOC_ASR);
  const listed = tags?.flatMap((t) => others.filter((r) => same(tagOf(r), t)).slice(0, 1)) ?? others;
  const manifestBytes = files.get(MANIFEST_POL);
  const manifest = manifestBytes && quiet(() => readManifest(manifestBytes));
  return { files, requests, listName, tags, listed, manifest, policy: ownPolicy(input, manifest), input };
};

/** What could not be read, in words of the reader. */
const readerSays = (e: SelError | undefined): string =>
  e === undefined ? 'something else' : [e.facts.field, e.facts.found].filter((t) => t !== undefined).join(': ');

const b01: Rule = (v, say) => {
  const toc = v.requests.find((r) => r.name === TOC_ASR);
  if (toc === undefined) say('B01', 'error', TOC_ASR, 'no such file', 'the request that refers to toc.pol');
  else if (toc.request === undefined) say('B01', 'error', TOC_ASR, readerSays(toc.error), 'a whole add-secret request');
  else if (toc.request.userDataKind !== 'unsigned')
    say('B01', 'error', TOC_ASR, `user data of kind ${toc.request.userDataKind}`, 'unsigned');
};

/** The name of a reference, checked as the guest checks it and as strictly as we write it. */
const referenceProblem = (userData: Bytes): { name: string; hash: Bytes } | string => {
  const r = policyReference.read(userData);
  const name = quiet(() => fromUtf8(r.name, 'name'));
  if (name === undefined) return 'a name that is not UTF-8';
  const bare = name.replace(/\0+$/, '');
  if (bare === '') return 'no name';
  if (bare.includes('..') || bare.includes('/') || bare.includes('\0')) return `the name ${bare.slice(0, 60)}`;
  const size = utf8(bare).length;
  return size > REFERENCE_NAME_MAX ? `a name of ${size} bytes` : { name: bare, hash: r.hash };
};

/** Why the guest does not find a file that a reference names. */
const missing = (v: View, name: string): string =>
  v.input.entries.some((e) => e.path === `${SICS}${name}`) ? 'a file that is not copied into the guest' : 'no such file';

const b02b03: Rule = (v, say) => {
  const toc = v.requests.find((r) => r.name === TOC_ASR)?.request;
  if (toc === undefined) return skip(say, 'B02', 'B03');
  const ref = referenceProblem(toc.userData);
  if (typeof ref === 'string') {
    say('B02', 'error', TOC_ASR, ref, 'a bare file name without .., at most 255 bytes');
    return skip(say, 'B03');
  }
  const file = v.files.get(ref.name);
  if (file === undefined) {
    say('B02', 'error', ref.name.slice(0, 60), missing(v, ref.name), `the file ${TOC_ASR} refers to`);
    return skip(say, 'B03');
  }
  if (ref.name !== TOC_POL) say('B02', 'warning', TOC_ASR, `a list named ${ref.name.slice(0, 60)}`, TOC_POL);
  if (!same(sha256(file), ref.hash)) say('B03', 'error', ref.name, hex(sha256(file)), hex(ref.hash));
};

const b04: Rule = (v, say) => {
  const list = v.files.get(v.listName);
  if (list === undefined) return say('B04', 'error', v.listName.slice(0, 60), 'no such file', 'tags, one a line');
  try {
    readTocPol(list);
  } catch (e) {
    if (!(e instanceof SelError)) throw e;
    say('B04', 'error', e.facts.field, e.facts.found, e.facts.expected);
  }
};

const b05b06: Rule = (v, say) => {
  const others = v.requests.filter((r) => r.name !== TOC_ASR);
  for (const r of others)
    if (r.bytes.length < TAG_SIZE)
      say('B06', 'error', r.name, `${r.bytes.length} bytes, too few for a tag`, 'no such file: pvebc stops at it, listed or not');
  if (v.tags === undefined) return skip(say, 'B05', 'B06');
  v.tags.forEach((t, i) => {
    const hits = others.filter((r) => same(tagOf(r), t));
    if (hits.length === 1) return;
    const expectedFile = v.input.expected?.submission_order.find((s) => s.tag === hex(t))?.file;
    say(
      'B05',
      'error',
      expectedFile ?? `line ${i + 1} of ${v.listName}`,
      hits.length === 0 ? `no file with the tag ${hex(t)}` : hits.map((r) => r.name).join(', '),
      'one file',
    );
  });
  for (const r of others)
    if (!v.listed.includes(r) && r.bytes.length >= TAG_SIZE)
      say('B06', 'error', r.name, `not in ${v.listName}`, 'no request that is not listed');
};

const b07b08b09: Rule = (v, say) => {
  if (v.listed.length === 0) return skip(say, 'B07', 'B08', 'B09');
  for (const r of v.listed) {
    if (r.request === undefined) {
      const trailing = r.error?.code === 'trailing-bytes';
      say('B07', 'error', r.name, trailing ? 'bytes behind the request' : readerSays(r.error), 'one whole add-secret request');
      continue;
    }
    const { userDataKind, userData } = r.request;
    if (userDataKind !== 'none' && userDataKind !== 'unsigned')
      say('B08', 'error', r.name, `user data of kind ${userDataKind}`, 'none, or a policy reference');
    if (allZero(userData)) continue;
    const ref = referenceProblem(userData);
    if (typeof ref === 'string') {
      say('B08', 'error', r.name, ref, 'zeros or a policy reference');
      continue;
    }
    const file = v.files.get(ref.name);
    if (file === undefined)
      say('B09', 'error', r.name, `${ref.name.slice(0, 60)}: ${missing(v, ref.name)}`, 'the policy file it refers to');
    else if (!same(sha256(file), ref.hash)) say('B09', 'error', ref.name, hex(sha256(file)), hex(ref.hash));
  }
};

/** toc.asr and the listed requests, as far as they could be read. */
const parsed = (v: View): (RequestFile & { request: ParsedRequest })[] =>
  [...v.requests.filter((r) => r.name === TOC_ASR), ...v.listed].filter(
    (r): r is RequestFile & { request: ParsedRequest } => r.request !== undefined,
  );

const b10: Rule = (v, say) => {
  const { header, expected } = v.input;
  const all = parsed(v);
  const first = all[0];
  if (first === undefined) return skip(say, 'B10');
  const image = header?.image ?? first.request.image;
  for (const r of all)
    if (!sameImage(r.request.image, image)) say('B10', 'error', r.name, hex(r.request.image.tag), hex(image.tag));
  if (expected && !sameTags(hexTags(first.request.image), expected.image))
    say('B10', 'error', TOC_ASR, hex(first.request.image.tag), `${expected.image.tag}, as your expectation says`);
  if (header === undefined) say('B10', 'not-checked', 'SE header', 'not given', 'the header of the image');
};

const sameTags = (a: HexTags, b: HexTags): boolean => a.tag === b.tag && a.pld === b.pld && a.ald === b.ald && a.tld === b.tld;

/** Host-key documents that have expired since the bundle was made. meta/host-keys.json is for people, and enough for a hint. */
const expiredHosts = (v: View, say: Say): void => {
  const bytes = fileAt(v.input, HOST_KEYS);
  const keys = bytes && quiet(() => readHostKeyList(bytes));
  const now = v.input.now;
  if (keys === undefined || now === undefined) return;
  for (const k of keys)
    if (now.getTime() >= Date.parse(k.not_after))
      say('B11', 'error', short(k.phkh), `a host-key document that expired ${k.not_after}`, 'one that is valid');
};

const b11: Rule = (v, say) => {
  const { header, expected } = v.input;
  const all = parsed(v);
  const first = all[0];
  if (first === undefined) return skip(say, 'B11');
  const wanted = expected?.host_keys.map((k) => k.phkh).sort() ?? first.request.hostKeyHashes.map(hex).sort();
  for (const r of all) {
    const have = r.request.hostKeyHashes.map(hex).sort();
    if (have.join() !== wanted.join())
      say(
        'B11',
        'error',
        r.name,
        `${have.length} host keys: ${have.map(short).join(' ')}`,
        `${wanted.length}: ${wanted.map(short).join(' ')}`,
      );
  }
  for (const k of expected?.host_keys ?? [])
    if (!k.verified) say('B11', 'warning', short(k.phkh), 'a host key that was used without verification', 'a verified host key');
  for (const k of wanted)
    if (header && !header.hostKeyHashes.some((h) => hex(h) === k))
      say('B11', 'warning', short(k), 'no key slot in the image header', 'an image that starts on this host');
  expiredHosts(v, say);
  if (expected === undefined) say('B11', 'not-checked', 'host keys', 'no expectation given', 'the machines you chose');
};

const b12: Rule = (v, say) => {
  const kind = v.input.expected?.extension_secret;
  if (kind === undefined)
    say('B12', 'not-checked', 'extension secret', 'not visible in the files', "the tenant's own expectation");
  else if (kind === 'none') say('B12', 'error', 'extension secret', 'none', 'random, new for this bundle');
};

const b13b14: Rule = (v, say) => {
  if (parsed(v).length === 0) return skip(say, 'B13', 'B14');
  for (const r of parsed(v))
    if (!allZero(r.request.cuid))
      say('B13', 'error', r.name, hex(r.request.cuid), 'zero: a generic guest has no known configuration UID');
  const seen = new Map<string, string>();
  for (const r of parsed(v)) {
    if (r.request.id === undefined) continue;
    const id = hex(r.request.id);
    const earlier = seen.get(id);
    if (earlier) say('B14', 'error', r.name, `the id of ${earlier}`, 'an id of its own');
    seen.set(id, r.name);
  }
};

const b15: Rule = (v, say) => {
  if (v.policy?.profile === 'kata') return say('B15', 'not-checked', PASSPHRASE_NAME, 'a Kata profile', 'none is needed');
  const passphrase = parsed(v).find((r) => r.request.id && same(r.request.id, hashedId(PASSPHRASE_NAME)));
  if (passphrase === undefined)
    say('B15', 'error', PASSPHRASE_NAME, 'no request with this id', 'a plaintext secret of this name');
  else if (passphrase.request.kind !== 'plaintext') say('B15', 'error', passphrase.name, passphrase.request.kind, 'plaintext');
};

const b16: Rule = (v, say) => {
  if (v.policy?.profile === 'kata') return say('B16', 'not-checked', 'LUKS volume key', 'a Kata profile', 'none is needed');
  const xts = parsed(v).filter((r) => r.request.kind === 'aes-xts-128' || r.request.kind === 'aes-xts-256');
  const key = [...(v.manifest?.secrets ?? []), ...(v.input.expected?.submission_order ?? [])].find(
    (s) => s.purpose === 'luks-root-key',
  );
  if (xts.length === 0) say('B16', 'error', 'LUKS volume key', 'no aes-xts request', 'the volume key of the root disk');
  else if (key && !xts.some((r) => r.request.id && hex(r.request.id) === key.id))
    say('B16', 'error', key.name, 'no aes-xts request with this id', key.id);
  else say('B16', 'not-checked', 'LUKS header', 'not given', 'a token with this id and size on the root disk');
};

const b17: Rule = (v, say) => {
  const { header } = v.input;
  if (header === undefined) return skip(say, 'B17');
  if (!isGeneric(header)) say('B17', 'warning', 'SE header', 'component encryption on', 'a generic image');
  const wanted = v.policy?.image.require.dump ?? 'any';
  const dump = header.flagNames.includes('dump-allowed');
  if (wanted !== 'any' && (wanted === 'allowed') !== dump)
    say('B17', 'warning', 'SE header', dump ? 'dump allowed' : 'dump not allowed', `dump ${wanted}, as the policy says`);
};

const b18: Rule = (v, say) => {
  const { header } = v.input;
  if (header === undefined) return skip(say, 'B18');
  const all = parsed(v);
  const cck = all.some((r) => r.request.kind === 'update-cck');
  const off = all.some((r) => (r.request.flags & FLAG_DISABLE_DUMP) !== 0n);
  if (header.flagNames.includes('dump-allowed') && !cck && !off)
    say(
      'B18',
      'warning',
      'update-cck',
      'no such request, and the image allows dumps',
      "a CCK of your own: dumps open with the image builder's",
    );
};

const b19: Rule = (v, say) => {
  let total = 0;
  const seen = new Map<string, string>();
  for (const e of v.input.entries) {
    if (e.path.startsWith(SICS)) total += e.bytes?.length ?? 0;
    const low = e.path.toLowerCase();
    const earlier = seen.get(low);
    if (earlier !== undefined)
      say('B19', 'error', e.path, `the name of ${earlier} in another case`, 'names that differ even without case');
    seen.set(low, e.path);
    if (e.kind === 'symlink') say('B19', 'error', e.path, 'a symbolic link', 'a regular file');
    else if (e.kind === 'other') say('B19', 'error', e.path, 'not a regular file', 'a regular file');
    else if (e.kind === 'directory' && /\.(asr|pol)$/i.test(e.path))
      say('B19', 'error', e.path, 'a directory', 'no directory of such a name');
    else if (e.path.startsWith(SICS) && /\.(asr|pol)$/i.test(e.path) && !COPIED.test(e.path))
      say('B19', 'error', e.path, 'an ending in capitals', '.asr or .pol in lower case');
  }
  const free = v.input.bootFree;
  if (free === undefined) say('B19', 'not-checked', 'size', `${total} bytes in sics/`, 'the free space of the boot partition');
  else if (total > free) say('B19', 'error', 'size', `${total} bytes in sics/`, `at most ${free} bytes free`);
};

const b20: Rule = (v, say) => {
  const limit = v.input.storeLimit;
  const listable = parsed(v).filter((r) => kindRow(r.request.kind).listed).length;
  if (limit === undefined)
    say('B20', 'not-checked', 'secret store', `${listable} listable secrets`, "the machine's limit: ask the provider");
  else if (listable > limit) say('B20', 'error', 'secret store', `${listable} listable secrets`, `at most ${limit}`);
};

const b21: Rule = (v, say) => {
  const { expected } = v.input;
  if (v.tags === undefined) return skip(say, 'B21');
  if (expected === undefined) say('B21', 'not-checked', TOC_POL, 'no expectation given', 'the list this bundle was made with');
  else {
    const wanted = expected.submission_order.slice(1).map((s) => s.tag);
    if (v.tags.map(hex).join() !== wanted.join())
      say('B21', 'error', TOC_POL, 'another list or order of tags', 'the list this bundle was made with');
  }
};

const b22: Rule = (v, say) => {
  const purposes = v.manifest?.secrets.map((s) => s.purpose) ?? v.input.expected?.submission_order.map((s) => s.purpose);
  if (purposes === undefined) return skip(say, 'B22');
  if (!purposes.includes('report-authentication') && !purposes.includes('ssh-host-key'))
    say(
      'B22',
      'warning',
      'report key',
      'no secret whose possession can be shown',
      'a report-authentication secret: without it no report can be proven',
    );
};

const t01: Rule = (v, say) => {
  const bytes = fileAt(v.input, INDEX);
  if (bytes === undefined) return say('T01', 'not-checked', INDEX, 'no such file', 'the list of files as they were made');
  const index = quiet(() => readIndex(bytes));
  if (index === undefined) return say('T01', 'error', INDEX, 'something else', 'an index');
  const listed = new Set([INDEX, ...index.files.map((f) => f.path)]);
  for (const f of index.files) {
    const own = fileAt(v.input, f.path);
    if (own === undefined) say('T01', 'error', f.path, 'no such file', `${f.size} bytes, as the index says`);
    else if (own.length !== f.size) say('T01', 'error', f.path, `${own.length} bytes`, `${f.size} bytes, as the index says`);
    else if (hex(sha256(own)) !== f.sha256) say('T01', 'error', f.path, 'other content', 'the content the index names');
  }
  for (const e of v.input.entries)
    if (e.kind !== 'directory' && !listed.has(e.path))
      say('T01', 'warning', e.path, 'a file that is not in the index', 'only what was made');
};

type Rule = (view: View, say: Say) => void;
const RULES: readonly (readonly [readonly string[], Rule])[] = [
  [['B01'], b01],
  [['B02', 'B03'], b02b03],
  [['B04'], b04],
  [['B05', 'B06'], b05b06],
  [['B07', 'B08', 'B09'], b07b08b09],
  [['B10'], b10],
  [['B11'], b11],
  [['B12'], b12],
  [['B13', 'B14'], b13b14],
  [['B15'], b15],
  [['B16'], b16],
  [['B17'], b17],
  [['B18'], b18],
  [['B19'], b19],
  [['B20'], b20],
  [['B21'], b21],
  [['B22'], b22],
  [['T01'], t01],
];

const skip = (say: Say, ...rules: string[]): void => {
  for (const r of rules) say(r, 'not-checked');
};
const short = (phkh: string): string => `${phkh.slice(0, 16)}...`;

/** All rules, in order; a rule without anything to say answers "ok". */
export const checkBundle = (input: CheckInput): Finding[] => {
  const view = lookAt(input);
  return RULES.flatMap(([rules, run]) => {
    const findings: Finding[] = [];
    run(view, (rule, severity, subject, found, expected) =>
      findings.push({ rule, severity, subject, found: found?.toString(), expected: expected?.toString() }),
    );
    return rules.flatMap((rule) => {
      const own = findings.filter((f) => f.rule === rule);
      return own.length > 0 ? own : [{ rule, severity: 'ok' as const }];
    });
  });
};
