/** Traps of logins: clear passwords, hashes of another kind or of another user. */
import type { Bytes } from '../bytes.ts';
import type { PolicySecret } from '../policy/schema.ts';
import type { FileForm } from './forms.ts';
import { allowedHashes, loginUser, readLogin } from './login.ts';
import { newlineSize, type Remedy, type Trap, trap } from './trap.ts';

const isOneLine = (value: Bytes): boolean => {
  const line = value.subarray(0, value.length - newlineSize(value));
  return line.length > 0 && line.length <= 512 && line.every((b) => b >= 0x20 && b !== 0x7f);
};

export const loginTraps = (s: PolicySecret, value: Bytes, { form }: FileForm): Trap[] => {
  const allowed = allowedHashes(s);
  const user = loginUser(s);
  const expected = `${user ?? 'user'}:hash, the hash of kind ${allowed.join(' or ')}, one line`;
  const login = readLogin(value);
  const kind =
    'kind' in login && !allowed.includes(login.kind) ? [trap('hash-kind', `a hash of kind ${login.kind}`, expected)] : [];
  switch (login.what) {
    case 'clear': {
      if (!isOneLine(value) || !['text', 'hex', 'base64'].includes(form))
        return [trap('not-a-login', 'something else', expected)];
      const able: Remedy[] = allowed.includes('sha512crypt') && user !== undefined ? ['hash-password'] : [];
      return [
        trap('clear-password', 'something that is not such a hash: a clear password never goes into a guest', expected, ...able),
      ];
    }
    case 'other-hash':
      return [trap('hash-kind', 'a hash of another kind', expected)];
    case 'bare-hash':
      return kind.length > 0
        ? kind
        : [trap('no-user', 'a hash without its user', expected, ...(user ? (['add-user'] as const) : []))];
    case 'login':
      if (kind.length > 0) return kind;
      if (user !== undefined && login.user !== user) return [trap('wrong-user', 'another user', expected, 'add-user')];
      return /^[a-z_][a-z0-9_-]{0,31}$/.test(login.user) ? [] : [trap('wrong-user', 'a name that no user can have', expected)];
  }
};
