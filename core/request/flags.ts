/** Plaintext flags of a request, by name and as the number they are. Bit 0 is the most significant. Spec page "asrcb". */
import { fail } from '../errors.ts';
import { FLAG_DISABLE_DUMP } from './asrcb.ts';

/** Flags with a name, as `pvsecret create --flags` takes them. */
export const REQUEST_FLAGS = { 'disable-dump': FLAG_DISABLE_DUMP } as const satisfies Record<string, bigint>;

/** The flags of names. @throws bad-value for a name that is not known */
export const flagsOfNames = (names: readonly string[]): bigint =>
  names.reduce((flags, name) => {
    const flag = Object.hasOwn(REQUEST_FLAGS, name) ? REQUEST_FLAGS[name as keyof typeof REQUEST_FLAGS] : undefined;
    return flags | (flag ?? fail('bad-value', 'flag of the request', name.slice(0, 40), Object.keys(REQUEST_FLAGS).join(', ')));
  }, 0n);

/** Flags as a number: at most 16 hex digits, `0x` in front or not. Nothing is checked beyond that. @throws bad-encoding */
export const flagsOfHex = (text: string): bigint => {
  const digits = text.replace(/^0x/, '');
  if (!/^[0-9a-fA-F]{1,16}$/.test(digits)) fail('bad-encoding', 'flags of the request', text.slice(0, 40), '1 to 16 hex digits');
  return BigInt(`0x${digits}`);
};
