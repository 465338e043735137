/** Says what a file is and shows it: every format of the project, by its first bytes. What is shown is public: nothing is opened. */
import { readExchange } from './attestation/exchange.ts';
import { parseAttestationRequest } from './attestation/request.ts';
import { EXPECTED_FORMAT, readExpected } from './bundle/expected.ts';
import { MANIFEST_FORMAT, readManifest } from './bundle/manifest.ts';
import { readReference } from './bundle/reference.ts';
import { allZero, type Bytes, hex, same, utf8 } from './bytes.ts';
import { publicKeyHash } from './crypto/p521.ts';
import { fail, SelError } from './errors.ts';
import { type ParsedCertificate, parseCertificate } from './hostkey/certificate.ts';
import { nameText } from './hostkey/name.ts';
import { type Block, readBlocks } from './hostkey/pem.ts';
import { findHeader, METADATA_MAGIC, METADATA_OFFSET } from './image/find.ts';
import { HEADER_MAGIC, isGeneric } from './image/header.ts';
import { hexTags } from './image/tags.ts';
import { policyHash, readPolicy } from './policy/document.ts';
import { checkPolicy } from './policy/rules.ts';
import { POLICY_FORMAT } from './policy/schema.ts';
import { REPORT_FORMAT, readReport } from './report/format.ts';
import { FLAG_DISABLE_DUMP, MAGIC } from './request/asrcb.ts';
import { parseRequest } from './request/parse.ts';
import { kindOfType } from './secret/kinds.ts';
import { listEntry, listHeader, readList, typeLabel } from './secret/list.ts';
import { showId } from './secret/secret.ts';
import { instantText } from './time.ts';

/** What a file can be. */
export type FileKind =
  | 'add-secret request'
  | 'SE header'
  | 'SE image'
  | 'attestation exchange file'
  | 'attestation request'
  | 'host-key document'
  | 'certificate'
  | 'CRL'
  | 'secret list'
  | 'personalization policy'
  | 'manifest'
  | 'expectation'
  | 'retrieval report'
  | 'policy reference list';

/** Plain data, fit for JSON: what the file shows of itself. */
export type Shown = string | number | boolean | null | readonly Shown[] | { readonly [field: string]: Shown };

export interface Inspected {
  readonly kind: FileKind;
  readonly shown: { readonly [field: string]: Shown };
}

const starts = (bytes: Bytes, magic: Bytes, at = 0): boolean =>
  bytes.length >= at + magic.length && same(bytes.subarray(at, at + magic.length), magic);

/** Everything in a file; several when it holds several PEM blocks. @throws empty, not-recognised, and what the readers throw */
export const inspect = (bytes: Bytes): Inspected[] => {
  if (bytes.length === 0) fail('empty', 'file', '0 bytes', 'any format of IBM Secure Execution');
  if (starts(bytes, MAGIC)) return [inspectRequest(bytes)];
  if (starts(bytes, utf8('pvattest'))) return [inspectExchange(bytes)];
  if (starts(bytes, HEADER_MAGIC) || starts(bytes, METADATA_MAGIC, METADATA_OFFSET)) return [inspectHeader(bytes)];
  const head = String.fromCharCode(...bytes.slice(0, 65536));
  if (head.includes('-----BEGIN ') || bytes[0] === 0x30) return inspectX509(bytes);
  const text = inspectText(bytes, head);
  if (text) return [text];
  const list = inspectList(bytes);
  if (list) return [list];
  const late = findLate(bytes);
  if (late) return [late];
  return fail('not-recognised', 'file', `${bytes.length} bytes of something else`, 'a format of IBM Secure Execution');
};

const inspectRequest = (bytes: Bytes): Inspected => {
  const r = parseRequest(bytes);
  let reference: Shown = null;
  try {
    const ref = r.userDataKind === 'unsigned' ? readReference(r.userData) : undefined;
    if (ref) reference = { name: ref.name, sha256: hex(ref.hash) };
  } catch (e) {
    if (!(e instanceof SelError)) throw e;
  }
  return {
    kind: 'add-secret request',
    shown: {
      length: r.length,
      secret: { type: r.type, kind: r.kind, length: r.secretLength, id: r.id ? showId(r.id) : null },
      flags: { value: `0x${r.flags.toString(16).padStart(16, '0')}`, 'disable-dump': (r.flags & FLAG_DISABLE_DUMP) !== 0n },
      image: { ...hexTags(r.image) },
      'configuration-uid': allZero(r.cuid) ? 'any' : hex(r.cuid),
      'host-key-hashes': r.hostKeyHashes.map(hex),
      'user-data': { kind: r.userDataKind, 'policy-reference': reference },
      tag: hex(r.tag),
    },
  };
};

const inspectHeader = (bytes: Bytes): Inspected => {
  const found = findHeader(bytes);
  const { header } = found;
  return {
    kind: found.by === 'start' ? 'SE header' : 'SE image',
    shown: {
      offset: found.offset,
      'found-by': found.by,
      generic: isGeneric(header),
      'header-size': header.bytes.length,
      image: { ...hexTags(header.image) },
      pages: Number(header.pages),
      flags: {
        value: `0x${header.flags.toString(16).padStart(16, '0')}`,
        set: [...header.flagNames],
        'unknown-bits': [...header.unknownFlagBits],
      },
      'host-key-hashes': header.hostKeyHashes.map(hex),
      note: 'not verified: only the ultravisor has the header key',
    },
  };
};

const inspectExchange = (bytes: Bytes): Inspected => {
  const x = readExchange(bytes);
  const part = (v: (typeof x)['measurement']): Shown =>
    v === undefined ? null : v instanceof Uint8Array ? hex(v) : { needed: v.needed };
  let request: Shown = { size: x.request.length };
  try {
    const r = parseAttestationRequest(x.request);
    request = { size: x.request.length, flags: [...r.flags], 'host-key-hashes': r.hostKeyHashes.map(hex), tag: hex(r.tag) };
  } catch (e) {
    if (!(e instanceof SelError)) throw e;
  }
  return {
    kind: 'attestation exchange file',
    shown: {
      request,
      measurement: part(x.measurement),
      'additional-data': part(x.additional),
      'user-data': part(x.user),
      'configuration-uid': part(x.cuid),
    },
  };
};

const certificateShown = (c: ParsedCertificate): Record<string, Shown> => ({
  subject: nameText(c.subject),
  issuer: nameText(c.issuer),
  serial: c.serial,
  'not-before': instantText(c.notBefore),
  'not-after': instantText(c.notAfter),
  key:
    c.key.kind === 'p521'
      ? 'secp521r1'
      : c.key.kind === 'rsa'
        ? `RSA, ${c.key.bits} bits`
        : c.key.kind === 'ec'
          ? c.key.curve
          : c.key.oid,
  'crl-addresses': [...c.crlUrls],
});

const inspectBlock = (b: Block): Inspected => {
  if (b.label?.includes('CRL')) return { kind: 'CRL', shown: { size: b.der.length } };
  if (b.label !== undefined && !b.label.endsWith('CERTIFICATE'))
    return fail('not-recognised', 'PEM block', b.label, 'a certificate or a CRL');
  const c = parseCertificate(b.der);
  if (c.key.kind !== 'p521') return { kind: 'certificate', shown: certificateShown(c) };
  return {
    kind: 'host-key document',
    shown: { 'host-key-hash': hex(publicKeyHash(c.key.publicKey)), ...certificateShown(c), verified: 'not verified' },
  };
};

const inspectX509 = (bytes: Bytes): Inspected[] => readBlocks(bytes, 'file').map(inspectBlock);

const inspectText = (bytes: Bytes, head: string): Inspected | undefined => {
  if (head.includes(POLICY_FORMAT)) {
    const p = readPolicy(bytes);
    const findings = checkPolicy(p).map((f) => ({
      rule: f.rule,
      severity: f.severity,
      subject: f.subject ?? null,
      found: f.found ?? null,
      expected: f.expected ?? null,
    }));
    return {
      kind: 'personalization policy',
      shown: { name: p.name, hash: policyHash(p), secrets: p.secrets.map((s) => s.name), findings },
    };
  }
  if (head.includes(REPORT_FORMAT)) {
    const r = readReport(bytes);
    return {
      kind: 'retrieval report',
      shown: {
        phase: r.body.phase,
        bundle: { id: r.body.bundle.id, serial: r.body.bundle.serial },
        simulated: r.body.guest.simulated,
        time: r.body.guest.time,
        secrets: r.body.secrets.map((s) => s.name),
        attestation: r.attestation !== undefined,
        mac: r.mac !== undefined,
      },
    };
  }
  if (head.includes(EXPECTED_FORMAT)) {
    const e = readExpected(bytes);
    return {
      kind: 'expectation',
      shown: {
        bundle: { ...e.bundle },
        'submission-order': e.submission_order.map((s) => `${s.tag}  ${s.file}`),
        'store-hash': { ...e.store_hash },
      },
    };
  }
  if (head.includes(MANIFEST_FORMAT)) {
    const m = readManifest(bytes);
    return { kind: 'manifest', shown: { bundle: { ...m.bundle }, lock: m.lock, secrets: m.secrets.map((s) => s.name) } };
  }
  if (/^([0-9a-f]{32}\n)+$/.test(head)) return { kind: 'policy reference list', shown: { tags: head.trim().split('\n') } };
  return undefined;
};

/** A binary list has no magic: its counts must fit its size, and its entries must be of known kinds. */
const inspectList = (bytes: Bytes): Inspected | undefined => {
  if (bytes.length < listHeader.size) return undefined;
  let list: ReturnType<typeof readList>;
  try {
    list = readList(bytes);
  } catch (e) {
    if (e instanceof SelError) return undefined;
    throw e;
  }
  const plausible = list.entries.every((e) => kindOfType(e.type)?.listed) && (list.entries.length > 0 || allZero(bytes));
  const fits = bytes.length === 0x1000 || bytes.length === listHeader.size + list.entries.length * listEntry.size;
  if (!plausible || !fits) return undefined;
  return {
    kind: 'secret list',
    shown: {
      total: list.total,
      secrets: list.entries.map((e) => ({
        index: e.index,
        type: e.type,
        kind: typeLabel(e.type),
        length: e.length,
        id: showId(e.id),
      })),
    },
  };
};

/** A header that stands deeper in an image without metadata. */
const findLate = (bytes: Bytes): Inspected | undefined => {
  try {
    return inspectHeader(bytes);
  } catch (e) {
    if (e instanceof SelError && e.code === 'not-found') return undefined;
    throw e;
  }
};
