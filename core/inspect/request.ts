/** Shows an add-secret request. */
import { readReference } from '../bundle/reference.ts';
import { allZero, type Bytes, hex } from '../bytes.ts';
import { SelError } from '../errors.ts';
import { hexTags } from '../image/tags.ts';
import { showLayout } from '../layout.ts';
import { FLAG_DISABLE_DUMP, keySlot, requestHeader, secretHeader } from '../request/asrcb.ts';
import { type ParsedRequest, parseRequest } from '../request/parse.ts';
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
    layouts: [showLayout(requestHeader, bytes), ...slots, showLayout(secretHeader, bytes, requestHeader.size + r.slots.length)],
  };
};
