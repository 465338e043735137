/** Shows an add-secret request. */
import { readReference } from '../bundle/reference.ts';
import { allZero, type Bytes, hex } from '../bytes.ts';
import { SelError } from '../errors.ts';
import { hexTags } from '../image/tags.ts';
import { type Layout, type ShownLayout, showLayout } from '../layout.ts';
import { FLAG_DISABLE_DUMP, keySlot, requestHeader, secretHeader } from '../request/asrcb.ts';
import { type ParsedRequest, parseRequest } from '../request/parse.ts';
import { isSignedKind, type SignedKind, userDataEc, userDataRsa2048, userDataRsa3072 } from '../request/userdata.ts';
import { showId } from '../secret/secret.ts';
import { flagsText, type Inspected, type Shown } from './shown.ts';

/** The policy file a request refers to, when its user data is that. */
const referenceOf = (r: ParsedRequest): Shown => {
  if (r.userDataKind !== 'unsigned') return null;
  try {
    const reference = readReference(r.userData);
    return reference ? { name: reference.name, sha256: hex(reference.hash) } : null;
  } catch (e) {
    if (e instanceof SelError) return null;
    throw e;
  }
};

/** How user data with a signature is laid out. */
const SIGNED: Record<SignedKind, Layout> = {
  'signed-ec-p521': userDataEc,
  'signed-rsa-2048': userDataRsa2048,
  'signed-rsa-3072': userDataRsa3072,
};
const userDataLayouts = (r: ParsedRequest): ShownLayout[] =>
  isSignedKind(r.userDataKind) ? [showLayout(SIGNED[r.userDataKind], r.userData, 0, requestHeader.offset('userData'))] : [];

/** @throws everything of parseRequest */
export const inspectRequest = (bytes: Bytes): Inspected => {
  const r = parseRequest(bytes);
  const slots = r.hostKeyHashes.map((_, i) => showLayout(keySlot, bytes, requestHeader.size + i * keySlot.size));
  return {
    kind: 'add-secret request',
    shown: {
      length: r.length,
      secret: { type: r.type, kind: r.kind, length: r.secretLength, id: r.id ? showId(r.id) : null },
      flags: { value: flagsText(r.flags), 'disable-dump': (r.flags & FLAG_DISABLE_DUMP) !== 0n },
      image: { ...hexTags(r.image) },
      'configuration-uid': allZero(r.cuid) ? 'any' : hex(r.cuid),
      'host-key-hashes': r.hostKeyHashes.map(hex),
      'user-data': { kind: r.userDataKind, 'policy-reference': referenceOf(r) },
      tag: hex(r.tag),
    },
    layouts: [
      showLayout(requestHeader, bytes),
      ...userDataLayouts(r),
      ...slots,
      showLayout(secretHeader, bytes, requestHeader.size + r.slots.length),
    ],
  };
};
