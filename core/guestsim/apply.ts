/**
 * Applying one secret in the guest, as the kit does it: into a tree of files that are data here and a root disk there.
 * Source: spec page "personalization-policy", section 3. assets/guest-kit/selwright-kit does the same on a real guest.
 */
import type { Manifest } from '../bundle/manifest.ts';
import { type Bytes, fromUtf8, join, utf8 } from '../bytes.ts';
import { SelError } from '../errors.ts';
import { FORBIDDEN_PATHS, PASSPHRASE_NAME } from '../policy/rules.ts';
import type { ReportBody } from '../report/format.ts';

/** A file the kit wrote into the guest. Content of a secret's file is secret. */
export interface AppliedFile {
  readonly path: string;
  readonly mode: string;
  readonly owner: string;
  readonly bytes: Bytes;
}

export type ProblemCode = ReportBody['problems'][number]['code'];
export type ManifestSecret = Manifest['secrets'][number];

const SHADOW = '/etc/shadow';
/** Where the module leaves the passphrase of the root disk. */
export const PASSPHRASE_FILE = `/run/sel-ebc/${PASSPHRASE_NAME}`;
/** Keys and tokens for volumes other than the root disk: in memory only, for the image's own crypttab. */
const KEYS = '/run/selwright';
const DAY = 86_400_000;

/** Whether the kit writes there: an absolute path without tricks, and not into what is not a file system of the guest's own. */
export const pathAllowed = (path: string): boolean => {
  const parts = path.split('/').slice(1);
  const plain = path.startsWith('/') && parts.every((p) => p !== '' && p !== '.' && p !== '..') && !/\p{Cc}/u.test(path);
  return plain && !FORBIDDEN_PATHS.some((f) => path === f || path.startsWith(`${f}/`));
};

/** The guest's file system, as far as the kit writes to it. */
export class GuestRoot {
  readonly #files = new Map<string, AppliedFile>();
  readonly #shadow: Bytes | undefined;

  /** @param shadow /etc/shadow of the image; absent: an image that has every account the manifest names */
  constructor(shadow?: Bytes) {
    this.#shadow = shadow;
  }

  get files(): AppliedFile[] {
    return [...this.#files.values()];
  }

  write(path: string, mode: string, owner: string, bytes: Bytes): void {
    this.#files.set(path, { path, mode, owner, bytes });
  }

  /** Puts a password hash into the line of a user. @param now for the day of the change @returns false when there is no such user */
  setPassword(user: string, hash: string, now: Date): boolean {
    const day = String(Math.floor(now.getTime() / DAY));
    const before = this.#files.get(SHADOW)?.bytes ?? this.#shadow ?? new Uint8Array(0);
    const lines = fromUtf8(before, SHADOW).split('\n');
    let found = false;
    const after = lines.map((line) => {
      const fields = line.split(':');
      if (fields[0] !== user || fields.length < 3) return line;
      found = true;
      return [user, hash, day, ...fields.slice(3)].join(':');
    });
    if (!found && this.#shadow !== undefined) return false;
    const text = found ? after.join('\n') : `${lines.join('\n')}${user}:${hash}:${day}:0:99999:7:::\n`;
    this.write(SHADOW, '0640', 'root:shadow', utf8(text));
    return true;
  }
}

/** `user:hash` of an admin password, with or without a line feed; undefined for anything else. */
const passwordLine = (value: Bytes): { user: string; hash: string } | undefined => {
  let line: string;
  try {
    line = fromUtf8(value, 'password hash');
  } catch (e) {
    if (e instanceof SelError) return undefined;
    throw e;
  }
  const m = /^([a-z_][a-z0-9_-]{0,31}):(\$[!-9;-~]+)\n?$/.exec(line);
  return m === null ? undefined : { user: m[1] as string, hash: m[2] as string };
};

/**
 * Applies the value of a plaintext secret.
 * @param value secret, kept by nobody: what goes into the tree is a copy
 * @returns undefined when it was applied, else what went wrong
 */
export const applyValue = (root: GuestRoot, s: ManifestSecret, value: Bytes, now: Date): ProblemCode | undefined => {
  switch (s.apply.kind) {
    case 'file':
      if (!pathAllowed(s.apply.path)) return 'APPLY_FILE';
      root.write(s.apply.path, s.apply.mode ?? '0600', s.apply.owner ?? 'root:root', value.slice());
      return undefined;
    case 'password-hash': {
      const line = passwordLine(value);
      return line?.user === s.apply.user && root.setPassword(line.user, line.hash, now) ? undefined : 'APPLY_FILE';
    }
    case 'crypttab':
      // the root disk's passphrase was put there by the module already
      root.write(s.name === PASSPHRASE_NAME ? PASSPHRASE_FILE : `${KEYS}/${s.name}.key`, '0400', 'root:root', value.slice());
      return undefined;
    case 'report-mac':
    case 'none':
      return undefined;
    default:
      return 'APPLY_NOT_SUPPORTED';
  }
};

/** The token of a volume key goes to where an image's own scripts can find it: nothing in it is secret. */
export const writeToken = (root: GuestRoot, s: ManifestSecret, token: Bytes): void =>
  root.write(`${KEYS}/${s.name}.token`, '0400', 'root:root', join(token));

/** Applies a public entry of the manifest. */
export const applyPublic = (root: GuestRoot, p: Manifest['public'][number]): ProblemCode | undefined => {
  if (p.apply.kind !== 'file') return 'APPLY_NOT_SUPPORTED';
  if (!pathAllowed(p.apply.path)) return 'APPLY_FILE';
  root.write(p.apply.path, p.apply.mode ?? '0644', p.apply.owner ?? 'root:root', utf8(p.content));
  return undefined;
};
