/** Traps of values that are used as they are: passphrases, configuration; and limits that every plaintext has. */
import type { Bytes } from '../bytes.ts';
import { LUKS_PASSPHRASE } from '../policy/rules.ts';
import type { PolicySecret } from '../policy/schema.ts';
import { PLAINTEXT_MAX } from '../secret/kinds.ts';
import { formOf } from './forms.ts';
import { encodedTrap, rawSize } from './rawtraps.ts';
import { hasBom, newlineSize, type Trap, trap } from './trap.ts';

export const limits = (s: PolicySecret, value: Bytes): Trap[] => {
  const passphrase = isPassphrase(s);
  const min = s.constraints['min-bytes'] ?? (passphrase ? LUKS_PASSPHRASE.min : 1);
  const max = Math.min(s.constraints['max-bytes'] ?? (passphrase ? LUKS_PASSPHRASE.max : PLAINTEXT_MAX), PLAINTEXT_MAX);
  if (value.length === 0) return [trap('empty', 'an empty value', 'at least one byte')];
  if (s.constraints.bytes !== undefined && value.length !== s.constraints.bytes) {
    const { form } = formOf(value);
    const wrong = encodedTrap(s, value, form) ?? rawSize(s, value, form);
    return wrong ? [wrong] : [];
  }
  if (value.length < min) return [trap('too-small', `${value.length} bytes`, `at least ${min} bytes`)];
  return value.length > max ? [trap('too-large', `${value.length} bytes`, `at most ${max} bytes`)] : [];
};

const isPassphrase = (s: PolicySecret): boolean => s.purpose === 'luks-root-passphrase' || s.purpose === 'luks-data-passphrase';

/** Passphrases and configuration: bytes that are used as they are. */
export const textTraps = (s: PolicySecret, value: Bytes): Trap[] => {
  const c = s.constraints;
  const traps: Trap[] = [];
  const bom = isPassphrase(s) && hasBom(value);
  if (bom) traps.push(trap('byte-order-mark', 'a byte order mark in front', 'the passphrase alone', 'strip-bom'));
  const end = isPassphrase(s) || c['trailing-newline'] === 'forbidden' ? newlineSize(value) : 0;
  if (end > 0)
    traps.push(trap('trailing-newline', 'a newline at the end', 'no newline: the whole file is the passphrase', 'strip-newline'));
  const inner = value.subarray(bom ? 3 : 0, value.length - end);
  if (c.charset === 'printable-ascii' && inner.some((b) => b < 0x20 || b > 0x7e))
    traps.push(trap('not-printable', 'characters that are not printable ASCII', 'printable ASCII only'));
  else if (isPassphrase(s) && inner.includes(0))
    traps.push({ ...trap('nul-byte', 'a NUL byte', 'bytes a person can type, if one may ever have to'), severity: 'warning' });
  return traps;
};
