/** The key token that a LUKS2 keyslot holds for a protected key. Source: spec page "generic-guest", section 4.2. */
import { type Bytes, hex } from '../bytes.ts';
import { fail } from '../errors.ts';
import { bytesField, layout, showLayout, u8Field, u16Field, zeroField } from '../layout.ts';
import { kindOfType } from '../secret/kinds.ts';
import { showId } from '../secret/secret.ts';
import type { Inspected } from './shown.ts';

export const keyToken = layout('PAES key token', 'generic-guest', 44, [
  u8Field('type', '0x00'),
  zeroField(3),
  u8Field('version', '0x09: the secret is in the store of the ultravisor'),
  zeroField(3),
  u16Field('secretType', '7: AES-XTS-128, 8: AES-XTS-256'),
  u16Field('secretLength', 'pvics leaves 0'),
  bytesField('id', 32, 'secret id: SHA-256 of the name'),
]);

const VERSION = 9;

export const looksLikeToken = (bytes: Bytes): boolean => bytes.length === keyToken.size && bytes[0] === 0 && bytes[4] === VERSION;

/** @throws bad-value for reserved bytes that are not zero, and for a secret type that is not retrievable */
export const inspectToken = (bytes: Bytes): Inspected => {
  const t = keyToken.read(bytes);
  const row = kindOfType(t.secretType);
  if (!row?.retrievable) return fail('bad-value', 'PAES key token, secret type', t.secretType, 'a kind that can be retrieved');
  return {
    kind: 'key token',
    shown: { secret: { type: t.secretType, kind: row.kind, id: showId(t.id), 'id-hex': hex(t.id) } },
    layouts: [showLayout(keyToken, bytes)],
  };
};
