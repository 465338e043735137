/**
 * Lint of a bundle before it goes out: rules B01 to B22 of spec page "bundle", section 6. Each rule answers, also when it
 * found nothing or could not look: what is not given (the header, the tenant's expectation) is "not-checked", never "ok".
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { allZero, type Bytes, fromUtf8, hex, same } from '../bytes.ts';
import { SelError } from '../errors.ts';
import type { Finding, Severity } from '../findings.ts';
import { isGeneric, type ParsedHeader } from '../image/header.ts';
import { sameImage } from '../image/tags.ts';
import { PASSPHRASE_NAME } from '../policy/rules.ts';
import { type ParsedRequest, parseRequest } from '../request/parse.ts';
import { kindRow } from '../secret/kinds.ts';
import { hashedId } from '../secret/secret.ts';
import type { Expected } from './expected.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { MANIFEST_POL, TOC_ASR, TOC_POL } from './names.ts';
import { policyReference } from './reference.ts';
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
  readonly files: ReadonlyMap<string, Bytes>;
  readonly requests: readonly RequestFile[];
  /** listed requests in the order of toc.pol, as far as they were found */
  readonly listed: readonly RequestFile[];
  readonly tags?: readonly Bytes[] | undefined;
  readonly manifest?: Manifest | undefined;
  readonly input: CheckInput;
}

const SICS = 'sics/';

const readRequest = (name: string, bytes: Bytes): RequestFile => {
  try {
    return { name, bytes, request: parseRequest(bytes) };
  } catch (e) {
    if (e instanceof SelError) return { name, bytes, error: e };
    throw e;
  }
};

const quiet = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (e) {
    if (e instanceof SelError) return undefined;
    throw e;
  }
};

const lookAt = (input: CheckInput): View => {
  const files = new Map<string, Bytes>();
  for (const e of input.entries)
    if (e.kind === 'file' && e.bytes && e.path.startsWith(SICS) && !e.path.slice(SICS.length).includes('/'))
      files.set(e.path.slice(SICS.length), e.bytes);
  const requests = [...files].filter(([n]) => n.endsWith('.asr')).map(([n, b]) => readRequest(n, b));
  const toc = files.get(TOC_POL);
  const tags = toc && quiet(() => readTocPol(toc));
  const others = requests.filter((r) => r.name !== TOC_ASR);
  const listed = (tags ?? []).flatMap((t) => others.filter((r) => same(r.bytes.slice(-16), t)).slice(0, 1));
  const manifest = files.get(MANIFEST_POL);
  return { files, requests, listed, tags, manifest: manifest && quiet(() => readManifest(manifest)), input };
};

const b01: Rule = (v, say) => {
  const toc = v.requests.find((r) => r.name === TOC_ASR);
  if (toc === undefined) say('B01', 'error', TOC_ASR, 'no such file', 'the request that refers to toc.pol');
  else if (toc.request === undefined) say('B01', 'error', TOC_ASR, toc.error?.code, 'an add-secret request');
  else if (toc.request.userDataKind !== 'unsigned')
    say('B01', 'error', TOC_ASR, `user data ${toc.request.userDataKind}`, 'unsigned');
};

/** The name of a reference, checked as the guest checks it and as strictly as we write it. */
const referenceProblem = (userData: Bytes): { name: string; hash: Bytes } | string => {
  const r = policyReference.read(userData);
  const name = quiet(() => fromUtf8(r.name, 'name'));
  if (name === undefined) return 'a name that is not UTF-8';
  const bare = name.replace(/\0+$/, '');
  if (bare === '') return 'no name';
  if (bare.includes('..') || bare.includes('/') || bare.includes('\0')) return bare.slice(0, 60);
  return bare.length > 255 ? `${bare.length} characters` : { name: bare, hash: r.hash };
};

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
    say('B02', 'error', ref.name, 'no such file', `the file ${TOC_ASR} refers to`);
    return skip(say, 'B03');
  }
  if (!same(sha256(file), ref.hash)) say('B03', 'error', ref.name, hex(sha256(file)), hex(ref.hash));
};

const b04: Rule = (v, say) => {
  const toc = v.files.get(TOC_POL);
  if (toc === undefined) return say('B04', 'error', TOC_POL, 'no such file', 'tags, one a line');
  try {
    readTocPol(toc);
  } catch (e) {
    if (!(e instanceof SelError)) throw e;
    say('B04', 'error', e.facts.field, e.facts.found, e.facts.expected);
  }
};

const b05b06: Rule = (v, say) => {
  if (v.tags === undefined) return skip(say, 'B05', 'B06', 'B21');
  const others = v.requests.filter((r) => r.name !== TOC_ASR);
  v.tags.forEach((t, i) => {
    const hits = others.filter((r) => same(r.bytes.slice(-16), t));
    if (hits.length === 1) return;
    const expectedFile = v.input.expected?.submission_order.find((s) => s.tag === hex(t))?.file;
    say(
      'B05',
      'error',
      expectedFile ?? `line ${i + 1} of ${TOC_POL}`,
      hits.length === 0 ? `no file with the tag ${hex(t)}` : hits.map((r) => r.name).join(', '),
      'one file',
    );
  });
  for (const r of others)
    if (!v.listed.includes(r))
      say('B06', 'error', r.name, 'not in toc.pol', 'no request that is not listed: a guest ignores it without a word');
};

const b07b08b09: Rule = (v, say) => {
  for (const r of v.listed) {
    if (r.request === undefined) {
      const trailing = r.error?.code === 'trailing-bytes';
      say('B07', 'error', r.name, trailing ? 'bytes behind the request' : r.error?.code, 'one whole add-secret request');
      continue;
    }
    const { userDataKind, userData } = r.request;
    if (userDataKind !== 'none' && userDataKind !== 'unsigned')
      say('B08', 'error', r.name, `user data ${userDataKind}`, 'none, or a policy reference');
    if (allZero(userData)) continue;
    const ref = referenceProblem(userData);
    if (typeof ref === 'string') {
      say('B08', 'error', r.name, ref, 'zeros or a policy reference');
      continue;
    }
    const file = v.files.get(ref.name);
    if (file === undefined) say('B09', 'error', r.name, `no file ${ref.name.slice(0, 60)}`, 'the policy file it refers to');
    else if (!same(sha256(file), ref.hash)) say('B09', 'error', ref.name, hex(sha256(file)), hex(ref.hash));
  }
};

/** toc.asr and the listed requests, as far as they could be read. */
const parsed = (v: View): (RequestFile & { request: ParsedRequest })[] =>
  [...v.requests.filter((r) => r.name === TOC_ASR), ...v.listed].filter(
    (r): r is RequestFile & { request: ParsedRequest } => r.request !== undefined,
  );

const b10b11: Rule = (v, say) => {
  const all = parsed(v);
  const first = all[0];
  if (first === undefined) return skip(say, 'B10', 'B11');
  const image = v.input.header?.image ?? first.request.image;
  for (const r of all)
    if (!sameImage(r.request.image, image)) say('B10', 'error', r.name, hex(r.request.image.tag), hex(image.tag));
  const expectedTag = v.input.expected?.image.tag;
  if (v.input.header === undefined) say('B10', 'not-checked', 'SE header', 'not given', 'the header of the image');
  if (expectedTag !== undefined && expectedTag !== hex(first.request.image.tag))
    say('B10', 'error', TOC_ASR, hex(first.request.image.tag), expectedTag);
  const chosen = v.input.expected?.host_keys.map((k) => k.phkh).sort();
  const wanted = chosen ?? first.request.hostKeyHashes.map(hex).sort();
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
  for (const k of v.input.expected?.host_keys ?? [])
    if (!k.verified) say('B11', 'warning', short(k.phkh), 'a host key that was used without verification', 'a verified host key');
  for (const k of wanted)
    if (v.input.header && !v.input.header.hostKeyHashes.some((h) => hex(h) === k))
      say('B11', 'warning', short(k), 'no key slot in the image header', 'an image that starts on this host');
};

const b12: Rule = (v, say) => {
  const kind = v.input.expected?.extension_secret;
  if (kind === undefined)
    say('B12', 'not-checked', 'extension secret', 'not visible in the files', "the tenant's own expectation");
  else if (kind === 'none') say('B12', 'error', 'extension secret', 'none', 'random, new for this bundle');
};

const b13b14: Rule = (v, say) => {
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

const b15b16: Rule = (v, say) => {
  const all = parsed(v);
  const passphrase = all.find((r) => r.request.id && same(r.request.id, hashedId(PASSPHRASE_NAME)));
  if (passphrase === undefined)
    say('B15', 'error', PASSPHRASE_NAME, 'no request with this id', 'a plaintext secret of this name');
  else if (passphrase.request.kind !== 'plaintext') say('B15', 'error', passphrase.name, passphrase.request.kind, 'plaintext');
  const xts = all.filter((r) => r.request.kind === 'aes-xts-128' || r.request.kind === 'aes-xts-256');
  const token = v.manifest?.secrets.find((s) => s.purpose === 'luks-root-key');
  if (xts.length === 0) say('B16', 'error', 'LUKS volume key', 'no aes-xts request', 'the volume key of the root disk');
  else if (token && !xts.some((r) => r.request.id && hex(r.request.id) === token.id))
    say('B16', 'error', token.name, 'no aes-xts request with this id', token.id);
  else say('B16', 'not-checked', 'LUKS header', 'not given', 'a token with this id and size on the root disk');
};

const b17b18: Rule = (v, say) => {
  const header = v.input.header;
  if (header === undefined) return skip(say, 'B17', 'B18');
  if (!isGeneric(header)) say('B17', 'warning', 'SE header', 'component encryption on', 'a generic image');
  const dump = header.flagNames.includes('dump-allowed');
  const cck = parsed(v).some((r) => r.request.kind === 'update-cck');
  const off = parsed(v).some((r) => (r.request.flags & (1n << 63n)) !== 0n);
  if (dump && !cck && !off)
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
  for (const e of v.input.entries) {
    total += e.bytes?.length ?? 0;
    if (e.kind === 'symlink') say('B19', 'error', e.path, 'a symbolic link', 'a regular file');
    else if (e.kind === 'other') say('B19', 'error', e.path, 'not a regular file', 'a regular file');
    else if (e.kind === 'directory' && /\.(asr|pol)$/i.test(e.path))
      say('B19', 'error', e.path, 'a directory', 'no directory of such a name');
    else if (e.path.startsWith(SICS) && /\.(asr|pol)$/i.test(e.path) && !/\.(asr|pol)$/.test(e.path))
      say('B19', 'error', e.path, 'an ending in capitals', '.asr or .pol in lower case');
  }
  const free = v.input.bootFree;
  if (free !== undefined && total > free) say('B19', 'error', 'size', `${total} bytes`, `at most ${free} bytes free`);
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
  if (v.tags === undefined) return;
  if (expected === undefined) say('B21', 'not-checked', TOC_POL, 'no expectation given', 'the list this bundle was made with');
  else {
    const wanted = expected.submission_order.slice(1).map((s) => s.tag);
    if (v.tags.map(hex).join() !== wanted.join())
      say('B21', 'error', TOC_POL, 'another list or order of tags', 'the list this bundle was made with');
  }
};

const b22: Rule = (v, say) => {
  const purposes = v.manifest?.secrets.map((s) => s.purpose) ?? v.input.expected?.submission_order.map((s) => s.purpose) ?? [];
  if (!purposes.includes('report-authentication') && !purposes.includes('ssh-host-key'))
    say(
      'B22',
      'warning',
      'report key',
      'no secret whose possession can be shown',
      'a report-authentication secret: without it no report can be proven',
    );
};

type Rule = (view: View, say: Say) => void;
const RULES: readonly (readonly [readonly string[], Rule])[] = [
  [['B01'], b01],
  [['B02', 'B03'], b02b03],
  [['B04'], b04],
  [['B05', 'B06'], b05b06],
  [['B07', 'B08', 'B09'], b07b08b09],
  [['B10', 'B11'], b10b11],
  [['B12'], b12],
  [['B13', 'B14'], b13b14],
  [['B15', 'B16'], b15b16],
  [['B17', 'B18'], b17b18],
  [['B19'], b19],
  [['B20'], b20],
  [['B21'], b21],
  [['B22'], b22],
];

const skip = (say: Say, ...rules: string[]): void => {
  for (const r of rules) say(r, 'not-checked');
};
const short = (phkh: string): string => `${phkh.slice(0, 16)}...`;

/** All 22 rules, in order; a rule without anything to say answers "ok". */
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
