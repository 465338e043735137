/**
 * The rules a policy must keep, before any value is there: P02 to P09, P13, P15, P16 (P01 is the reader; P10 to P12 look at
 * values and are in contents.ts and the checks of core/secret; P14 needs the target's limit and is in core/bundle/preflight.ts).
 * Source: spec page "personalization-policy", section 4.
 */
import type { Finding, Severity } from '../findings.ts';
import type { Apply, Constraints, Policy, PolicyPublic, PolicySecret } from './schema.ts';

export const PASSPHRASE_NAME = 'luks-rfs-passphrase';
/** A passphrase of a disk, in bytes. */
export const LUKS_PASSPHRASE = { min: 20, max: 512 } as const;
const PLAINTEXT_MAX = 8190;
const REPORT_KEY_BYTES = 64;

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const RESERVED = ['toc', 'manifest'];
const ONE_AT_MOST = ['luks-root-key', 'cck', 'report-authentication'] as const;
export const FORBIDDEN_PATHS = ['/proc', '/sys', '/dev', '/boot', '/run/sel-ebc'];
const CONTROL = /\p{Cc}/u;

type Purpose = PolicySecret['purpose'];
type Type = PolicySecret['type'];

/** Which type a purpose takes, and what may be done with it in the guest. */
const PURPOSES: Record<Purpose, { readonly types: readonly Type[]; readonly apply: readonly Apply['kind'][] }> = {
  'luks-root-key': { types: ['aes-xts'], apply: ['luks-token'] },
  'luks-root-passphrase': { types: ['plaintext'], apply: ['crypttab'] },
  'luks-data-key': { types: ['aes-xts'], apply: ['luks-token', 'none'] },
  'luks-data-passphrase': { types: ['plaintext'], apply: ['crypttab', 'file', 'none'] },
  cck: { types: ['update-cck'], apply: ['ultravisor'] },
  'ssh-host-key': { types: ['plaintext'], apply: ['file'] },
  'admin-password': { types: ['plaintext'], apply: ['password-hash'] },
  'tls-service-key': { types: ['plaintext', 'ec'], apply: ['file', 'none'] },
  'app-config': { types: ['plaintext'], apply: ['file', 'none'] },
  'hsm-association': { types: ['association'], apply: ['pvapconfig'] },
  'report-authentication': { types: ['plaintext', 'hmac'], apply: ['report-mac'] },
};

/** Bytes a secret of a type may have, where only some sizes are possible. AES-XTS: both halves together. */
export const BYTES_OF_TYPE: Partial<Record<Type, readonly number[]>> = {
  aes: [16, 24, 32],
  'aes-xts': [32, 64],
  hmac: [64, 128],
  association: [32],
  'update-cck': [32],
};

const PASSPHRASES: readonly Purpose[] = ['luks-root-passphrase', 'luks-data-passphrase'];
const ASYMMETRIC: readonly Purpose[] = ['ssh-host-key', 'tls-service-key'];

/** Constraints that go with some secrets only. */
const BELONGS_TO: Partial<Record<keyof Constraints, { readonly to: (s: PolicySecret) => boolean; readonly words: string }>> = {
  bits: { to: (s) => ['aes', 'aes-xts', 'hmac'].includes(s.type), words: 'aes, aes-xts or hmac' },
  'min-bytes': { to: (s) => s.type === 'plaintext', words: 'plaintext' },
  'max-bytes': { to: (s) => s.type === 'plaintext', words: 'plaintext' },
  'min-entropy-bits': { to: (s) => s.type === 'plaintext', words: 'plaintext' },
  charset: { to: (s) => s.type === 'plaintext', words: 'plaintext' },
  'trailing-newline': { to: (s) => s.type === 'plaintext', words: 'plaintext' },
  key: { to: (s) => ASYMMETRIC.includes(s.purpose), words: ASYMMETRIC.join(' or ') },
  format: { to: (s) => ASYMMETRIC.includes(s.purpose), words: ASYMMETRIC.join(' or ') },
  encrypted: { to: (s) => ASYMMETRIC.includes(s.purpose), words: ASYMMETRIC.join(' or ') },
  certificate: { to: (s) => s.purpose === 'tls-service-key', words: 'tls-service-key' },
  user: { to: (s) => s.purpose === 'admin-password', words: 'admin-password' },
  'store-as': { to: (s) => s.purpose === 'admin-password', words: 'admin-password' },
  hash: { to: (s) => s.purpose === 'admin-password', words: 'admin-password' },
  'must-change': { to: (s) => s.purpose === 'admin-password', words: 'admin-password' },
};

const PUBLIC_FORMATS: Record<PolicyPublic['purpose'], PolicyPublic['format']> = {
  'ssh-host-cert': 'openssh-cert',
  'ssh-user-ca': 'openssh-public',
  'ssh-authorized-keys': 'openssh-public',
  'tls-certificate': 'x509-pem',
};

type Path = readonly (string | number)[];
type Say = (rule: string, severity: Severity, path: Path, subject: string, found: string, expected: string) => void;

/** Every entry with a name and a place, and where it stands. */
const entries = (policy: Policy): { entry: PolicySecret | PolicyPublic; path: Path }[] => [
  ...policy.secrets.map((entry, i) => ({ entry, path: ['secrets', i] })),
  ...policy.public.map((entry, i) => ({ entry, path: ['public', i] })),
];

const names = (policy: Policy, say: Say): void => {
  const seen = new Set<string>();
  for (const { entry, path } of entries(policy)) {
    const { name, purpose } = entry;
    const low = name.toLowerCase();
    const at = [...path, 'name'];
    if (!NAME.test(name) || RESERVED.includes(low))
      say('P02', 'error', at, name, name, 'letters, digits, - and _, at most 64, not toc or manifest');
    else if (low === 'cck' && purpose !== 'cck')
      say('P02', 'error', at, name, `the name ${name} for ${purpose}`, 'another name: cck.asr is the request of the CCK');
    else if (seen.has(low))
      say('P02', 'error', at, name, 'a name that stands there already', 'names that differ even without case');
    seen.add(low);
  }
};

const minimum = (policy: Policy, say: Say): void => {
  if (policy.profile === 'kata') return;
  const i = policy.secrets.findIndex((s) => s.name === PASSPHRASE_NAME);
  const passphrase = policy.secrets[i];
  const bad = (field: string, found: string, expected: string): void =>
    say('P03', 'error', ['secrets', i, field], PASSPHRASE_NAME, found, expected);
  if (passphrase === undefined)
    say('P03', 'error', ['secrets'], PASSPHRASE_NAME, 'no such secret', 'a plaintext secret of this very name');
  else if (passphrase.type !== 'plaintext') bad('type', passphrase.type, 'plaintext');
  else if (passphrase.purpose !== 'luks-root-passphrase') bad('purpose', passphrase.purpose, 'luks-root-passphrase');
  else if (!passphrase.required) bad('required', 'not required', 'required');
  const k = policy.secrets.findIndex((s) => s.purpose === 'luks-root-key');
  const key = policy.secrets[k];
  if (key === undefined)
    say('P03', 'error', ['secrets'], 'luks-root-key', 'no such secret', 'exactly one aes-xts secret of this purpose');
  else if (!key.required) say('P03', 'error', ['secrets', k, 'required'], key.name, 'not required', 'required');
};

const dump = (policy: Policy, say: Say): void => {
  const cck = policy.secrets.find((s) => s.purpose === 'cck');
  const update = policy.dump['cck-update'];
  const at = ['dump', 'cck-update'];
  if (update === 'required' && !cck?.required)
    say('P04', 'error', at, 'dump.cck-update', `required, but no ${cck ? 'required ' : ''}secret of purpose cck`, 'a cck secret');
  if (update === 'none' && cck !== undefined)
    say('P04', 'error', at, 'dump.cck-update', `none, and the secret ${cck.name} of purpose cck`, 'one of the two');
  if (policy['extension-secret'] === 'cck-derived' && (update === 'required' || cck !== undefined))
    say(
      'P04',
      'error',
      ['extension-secret'],
      'extension-secret',
      'cck-derived together with a CCK update',
      'one of the two: no image allows both',
    );
  if (policy.image.require.dump === 'allowed' && !cck?.required && !policy.dump['disable-host-dump'])
    say(
      'P05',
      'error',
      ['image', 'require', 'dump'],
      'image.require.dump',
      `allowed, without a ${cck ? 'required ' : ''}cck secret`,
      'a cck secret, or disable-host-dump: true',
    );
};

/** The sizes that constraints name, in bytes. */
const sizes = (s: PolicySecret, bad: (field: string, found: string, expected: string) => void): void => {
  const c = s.constraints;
  const allowed = BYTES_OF_TYPE[s.type];
  if (c.bytes !== undefined && allowed && !allowed.includes(c.bytes)) bad('bytes', `bytes: ${c.bytes}`, allowed.join(' or '));
  if (c.bits !== undefined && allowed && c.bits.some((b) => !allowed.includes(b / 8)))
    bad('bits', `bits: ${c.bits.join(', ')}`, allowed.map((b) => 8 * b).join(' or '));
  if (s.type !== 'plaintext') return;
  for (const field of ['bytes', 'min-bytes', 'max-bytes'] as const) {
    const n = c[field];
    if (n !== undefined && n > PLAINTEXT_MAX) bad(field, `${field}: ${n}`, `at most ${PLAINTEXT_MAX} bytes`);
  }
  const min = c['min-bytes'];
  const max = c['max-bytes'];
  if (min !== undefined && max !== undefined && min > max)
    bad('min-bytes', `min-bytes ${min} over max-bytes ${max}`, 'min-bytes up to max-bytes');
  if (PASSPHRASES.includes(s.purpose)) {
    if (min !== undefined && min < LUKS_PASSPHRASE.min) bad('min-bytes', `min-bytes: ${min}`, `at least ${LUKS_PASSPHRASE.min}`);
    if (max !== undefined && max > LUKS_PASSPHRASE.max) bad('max-bytes', `max-bytes: ${max}`, `at most ${LUKS_PASSPHRASE.max}`);
  }
  if (s.purpose === 'report-authentication' && c.bytes !== undefined && c.bytes !== REPORT_KEY_BYTES)
    bad('bytes', `bytes: ${c.bytes}`, String(REPORT_KEY_BYTES));
};

const types = (policy: Policy, say: Say): void => {
  policy.secrets.forEach((s, i) => {
    const bad = (path: Path, found: string, expected: string): void =>
      say('P06', 'error', ['secrets', i, ...path], s.name, found, expected);
    const { types: allowed, apply } = PURPOSES[s.purpose];
    if (!allowed.includes(s.type)) bad(['type'], `${s.type} for ${s.purpose}`, allowed.join(' or '));
    if (!apply.includes(s.apply.kind)) bad(['apply', 'kind'], `apply ${s.apply.kind} for ${s.purpose}`, apply.join(' or '));
    else if (s.apply.kind === 'file' && s.type !== 'plaintext')
      bad(['apply', 'kind'], `a file of type ${s.type}`, 'plaintext: other types never come out of the ultravisor');
    for (const [field, { to, words }] of Object.entries(BELONGS_TO))
      if (s.constraints[field as keyof Constraints] !== undefined && !to(s))
        bad(['constraints', field], `${field} for ${s.type}, ${s.purpose}`, `${field} for ${words} only`);
    sizes(s, (field, found, expected) => bad(['constraints', field], found, expected));
    if (s.apply.kind === 'password-hash' && s.constraints.user !== undefined && s.constraints.user !== s.apply.user)
      bad(['apply', 'user'], `user ${s.apply.user}`, `${s.constraints.user}, as the constraints say`);
    if (s.purpose === 'luks-root-passphrase' && s.name !== PASSPHRASE_NAME && policy.profile === 'ebc')
      bad(['name'], s.name, `the name ${PASSPHRASE_NAME}, which the boot module asks for`);
  });
  policy.public.forEach((p, i) => {
    const format = PUBLIC_FORMATS[p.purpose];
    if (p.format !== format) say('P06', 'error', ['public', i, 'format'], p.name, `${p.format} for ${p.purpose}`, format);
  });
  const { min, max } = policy['host-keys'];
  if (min > max) say('P06', 'error', ['host-keys', 'min'], 'host-keys', `min ${min} over max ${max}`, 'min up to max');
};

const badPath = (path: string): boolean =>
  !path.startsWith('/') ||
  path
    .split('/')
    .slice(1)
    .some((p) => p === '' || p === '.' || p === '..') ||
  CONTROL.test(path);

const paths = (policy: Policy, say: Say): void => {
  const seen: string[] = [];
  for (const { entry, path: at } of entries(policy)) {
    if (entry.apply.kind !== 'file') continue;
    const { path, mode } = entry.apply;
    const bad = (found: string, expected: string): void =>
      say('P07', 'error', [...at, 'apply', 'path'], entry.name, found, expected);
    if (badPath(path)) bad(path.replace(/\p{Cc}/gu, '?'), 'an absolute path without . and ..');
    else if (FORBIDDEN_PATHS.some((f) => path === f || path.startsWith(`${f}/`)))
      bad(path, `not under ${FORBIDDEN_PATHS.join(' ')}`);
    else if (seen.includes(path)) bad(path, 'a path of its own');
    else if (seen.some((s) => s.startsWith(`${path}/`) || path.startsWith(`${s}/`)))
      bad(path, 'a path that is not a directory of another entry, or below one');
    seen.push(path);
    if ('type' in entry && mode !== undefined && (Number.parseInt(mode, 8) & 0o007) !== 0)
      say('P07', 'error', [...at, 'apply', 'mode'], entry.name, mode, 'no permissions for others');
  }
};

const references = (policy: Policy, say: Say): void => {
  for (const purpose of ONE_AT_MOST) {
    const found = policy.secrets.flatMap((s, i) => (s.purpose === purpose ? [i] : []));
    if (found.length > 1)
      say('P08', 'error', ['secrets', found[1] as number, 'purpose'], purpose, `${found.length} secrets`, 'at most one');
  }
  policy.public.forEach((p, i) => {
    const bad = (found: string, expected: string): void => say('P09', 'error', ['public', i, 'signs'], p.name, found, expected);
    const isHostKey = policy.secrets.some((s) => s.name === p.signs && s.purpose === 'ssh-host-key');
    if (p.purpose === 'ssh-host-cert' && p.signs === undefined) bad('no field signs', 'the ssh-host-key it certifies');
    else if (p.purpose !== 'ssh-host-cert' && p.signs !== undefined)
      bad(`signs for ${p.purpose}`, 'signs for ssh-host-cert only');
    else if (p.signs !== undefined && !isHostKey) bad(`signs: ${p.signs}`, 'the name of an ssh-host-key secret');
  });
  policy.secrets.forEach((s, i) => {
    const { certificate } = s.constraints;
    if (certificate !== undefined && !policy.public.some((p) => p.name === certificate && p.purpose === 'tls-certificate'))
      say(
        'P09',
        'error',
        ['secrets', i, 'constraints', 'certificate'],
        s.name,
        `certificate: ${certificate}`,
        'the name of a tls-certificate under public',
      );
  });
};

const order = (policy: Policy, say: Say): void => {
  policy.order.forEach((n, i) => {
    if (!policy.secrets.some((s) => s.name === n))
      say('P13', 'error', ['order', i], n, 'not a secret of this policy', 'names of secrets');
    else if (policy.order.indexOf(n) < i) say('P13', 'error', ['order', i], n, 'a name twice', 'each name once');
  });
  const cck = policy.secrets.find((s) => s.purpose === 'cck');
  if (cck !== undefined && submissionOrder(policy)[0]?.name !== cck.name)
    say('P13', 'warning', ['order'], cck.name, 'not first', "first: until it is in, a dump opens with the image builder's key");
};

const evidence = (policy: Policy, say: Say): void => {
  const key = policy.secrets.some((s) => s.purpose === 'report-authentication' && s.required);
  const { required, attestation } = policy.report;
  if (required && !key)
    say(
      'P15',
      attestation === 'none' ? 'error' : 'warning',
      ['report'],
      'report',
      'no required report-authentication secret',
      attestation === 'none'
        ? 'one: without it and without attestation a report shows nothing'
        : 'one: without it the best grade is "list attested"',
    );
  if (required && key && attestation === 'none')
    say(
      'P15',
      'warning',
      ['report', 'attestation'],
      'report.attestation',
      'none',
      'attestation: without it the best grade is "possession shown"',
    );
  if (policy['extension-secret'] === 'none')
    say(
      'P16',
      'error',
      ['extension-secret'],
      'extension-secret',
      'none',
      'random: without one anybody can write requests that fit',
    );
};

/** The secrets in the order their requests will stand in toc.pol: those of `order` first, the rest as listed. */
export const submissionOrder = (policy: Policy): PolicySecret[] => {
  const first = [...new Set(policy.order)].flatMap((n) => policy.secrets.filter((s) => s.name === n));
  return [...first, ...policy.secrets.filter((s) => !policy.order.includes(s.name))];
};

/** Every rule that is broken, with what it concerns and where that stands. An empty list is a policy that can be used. */
export const checkPolicy = (policy: Policy): Finding[] => {
  const findings: Finding[] = [];
  const say: Say = (rule, severity, path, subject, found, expected) =>
    findings.push({ rule, severity, subject, found, expected, path });
  for (const rule of [names, minimum, dump, types, paths, references, order, evidence]) rule(policy, say);
  return findings;
};
