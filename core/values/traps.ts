/** What is wrong with a value (rule P10): every trap it is in, by what the secret is for. */
import type { Bytes } from '../bytes.ts';
import type { PolicySecret } from '../policy/schema.ts';
import { formOf } from './forms.ts';
import { KEY_EXPECTED, keyTraps } from './keytraps.ts';
import { loginTraps } from './logintraps.ts';
import { isRaw, rawTraps } from './rawtraps.ts';
import { limits, textTraps } from './texttraps.ts';
import { type Trap, trap } from './trap.ts';

export { isRaw, newlineBehind, sizesOf } from './rawtraps.ts';
export * from './trap.ts';

/** Everything that is wrong with a value: none of it its strength, which takes longer to say. */
export const trapsOf = (s: PolicySecret, value: Bytes): Trap[] => {
  const file = formOf(value);
  if (isRaw(s)) return rawTraps(s, value, file);
  const sized = s.type === 'ec' ? [] : limits(s, value);
  if (value.length === 0) return sized.length > 0 ? sized : [trap('empty', 'an empty value', KEY_EXPECTED)];
  switch (s.purpose) {
    case 'ssh-host-key':
    case 'tls-service-key':
      return [...sized, ...keyTraps(s, value, file)];
    case 'admin-password':
      return [...sized, ...loginTraps(s, value, file)];
    default:
      return [...sized, ...textTraps(s, value)];
  }
};
