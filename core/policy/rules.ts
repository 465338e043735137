/**
 * The rules a policy must keep, before any value is there: P02 to P09, P13, P15, P16 (P01 is the reader; P10 to P12 look at
 * values and are in values.ts; P14 needs the target's limit). Source: spec page "personalization-policy", section 4.
 */
import type { Finding, Severity } from '../findings.ts';
import type { Constraints, Policy, PolicySecret } from './schema.ts';

export const PASSPHRASE_NAME = 'luks-rfs-passphrase';
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const RESERVED = ['toc', 'manifest'];
const ONE_AT_MOST = ['luks-root-key', 'cck', 'report-authentication'] as const;
const FORBIDDEN_PATHS = ['/proc', '/sys', '/dev', '/boot', '/run/sel-ebc'];

/** Which type a purpose takes. */
const TYPES_OF_PURPOSE: Record<PolicySecret['purpose'], readonly PolicySecret['type'][]> = {
  'luks-root-key': ['aes-xts'],
  'luks-root-passphrase': ['plaintext'],
  'luks-data-key': ['aes-xts'],
  'luks-data-passphrase': ['plaintext'],
  cck: ['update-cck'],
  'ssh-host-key': ['plaintext'],
  'admin-password': ['plaintext'],
  'tls-service-key': ['plaintext', 'ec'],
  'app-config': ['plaintext'],
  'hsm-association': ['association'],
  'report-authentication': ['plaintext', 'hmac'],
};

/** Bits an AES or AES-XTS secret may have (AES-XTS: both halves together), and bytes of the fixed kinds. */
const BITS_OF_TYPE: Partial<Record<PolicySecret['type'], readonly number[]>> = {
  aes: [128, 192, 256],
  'aes-xts': [256, 512],
  hmac: [512, 1024],
};
const BYTES_OF_TYPE: Partial<Record<PolicySecret['type'], number>> = { association: 32, 'update-cck': 32 };

type Say = (rule: string, severity: Severity, subject?: string, found?: string, expected?: string) => void;

const names = (policy: Policy, say: Say): void => {
  const seen = new Set<string>();
  for (const { name } of [...policy.secrets, ...policy.public]) {
    const low = name.toLowerCase();
    if (!NAME.test(name) || RESERVED.includes(low))
      say('P02', 'error', name, name, 'letters, digits, - and _, at most 64, not toc or manifest');
    else if (seen.has(low)) say('P02', 'error', name, 'a name that stands there already', 'names that differ even without case');
    seen.add(low);
  }
};

const minimum = (policy: Policy, say: Say): void => {
  if (policy.profile === 'kata') return;
  const passphrase = policy.secrets.find((s) => s.name === PASSPHRASE_NAME);
  if (passphrase === undefined) say('P03', 'error', PASSPHRASE_NAME, 'no such secret', 'a plaintext secret of this very name');
  else if (passphrase.type !== 'plaintext') say('P03', 'error', PASSPHRASE_NAME, passphrase.type, 'plaintext');
  else if (!passphrase.required) say('P03', 'error', PASSPHRASE_NAME, 'not required', 'required');
  const keys = policy.secrets.filter((s) => s.purpose === 'luks-root-key');
  if (keys.length === 0) say('P03', 'error', 'luks-root-key', 'no such secret', 'exactly one aes-xts secret of this purpose');
};

const dump = (policy: Policy, say: Say): void => {
  const cck = policy.secrets.find((s) => s.purpose === 'cck');
  const update = policy.dump['cck-update'];
  if (update === 'required' && cck === undefined)
    say('P04', 'error', 'dump.cck-update', 'required, but no secret of purpose cck', 'a cck secret');
  if (policy['extension-secret'] === 'cck-derived' && (update === 'required' || cck !== undefined))
    say('P04', 'error', 'extension-secret', 'cck-derived together with a CCK update', 'one of the two: no image allows both');
  if (policy.image.require.dump === 'allowed' && cck === undefined && !policy.dump['disable-host-dump'])
    say('P05', 'error', 'image.require.dump', 'allowed, without a cck secret', 'a cck secret, or disable-host-dump: true');
};

const sizes = (c: Constraints): [string, number][] =>
  [
    ['bytes', c.bytes],
    ['min-bytes', c['min-bytes']],
    ['max-bytes', c['max-bytes']],
  ].filter((e): e is [string, number] => typeof e[1] === 'number');

const types = (policy: Policy, say: Say): void => {
  for (const s of policy.secrets) {
    const allowed = TYPES_OF_PURPOSE[s.purpose];
    if (!allowed.includes(s.type)) say('P06', 'error', s.name, `${s.type} for ${s.purpose}`, allowed.join(' or '));
    const c = s.constraints;
    if (s.type === 'plaintext')
      for (const [k, n] of sizes(c)) if (n > 8190) say('P06', 'error', s.name, `${k}: ${n}`, 'at most 8190 bytes');
    const min = c['min-bytes'];
    const max = c['max-bytes'];
    if (min !== undefined && max !== undefined && min > max)
      say('P06', 'error', s.name, `min-bytes ${min} over max-bytes ${max}`, 'min-bytes up to max-bytes');
    const bits = BITS_OF_TYPE[s.type];
    if (c.bits !== undefined && (bits === undefined || c.bits.some((b) => !bits.includes(b))))
      say('P06', 'error', s.name, `bits: ${c.bits.join(', ')}`, bits === undefined ? `no bits for ${s.type}` : bits.join(' or '));
    const bytes = BYTES_OF_TYPE[s.type];
    if (bytes !== undefined && c.bytes !== undefined && c.bytes !== bytes)
      say('P06', 'error', s.name, `bytes: ${c.bytes}`, String(bytes));
    if (s.purpose === 'luks-root-passphrase' && s.name !== PASSPHRASE_NAME && policy.profile === 'ebc')
      say('P06', 'error', s.name, s.name, `the name ${PASSPHRASE_NAME}, which the boot module asks for`);
  }
};

const paths = (policy: Policy, say: Say): void => {
  const seen = new Set<string>();
  for (const entry of [...policy.secrets, ...policy.public]) {
    if (entry.apply.kind !== 'file') continue;
    const { path, mode } = entry.apply;
    const parts = path.split('/');
    if (
      !path.startsWith('/') ||
      path.endsWith('/') ||
      parts.slice(1).some((p) => p === '' || p === '.' || p === '..') ||
      path.includes('\0')
    )
      say('P07', 'error', entry.name, path, 'an absolute path without . and ..');
    else if (FORBIDDEN_PATHS.some((f) => path === f || path.startsWith(`${f}/`)))
      say('P07', 'error', entry.name, path, `not under ${FORBIDDEN_PATHS.join(' ')}`);
    if (seen.has(path)) say('P07', 'error', entry.name, path, 'a path of its own');
    seen.add(path);
    const secret = 'type' in entry;
    if (secret && mode !== undefined && (Number.parseInt(mode, 8) & 0o007) !== 0)
      say('P07', 'error', entry.name, mode, 'no permissions for others');
  }
};

const references = (policy: Policy, say: Say): void => {
  for (const purpose of ONE_AT_MOST) {
    const n = policy.secrets.filter((s) => s.purpose === purpose).length;
    if (n > 1) say('P08', 'error', purpose, `${n} secrets`, 'at most one');
  }
  for (const p of policy.public) {
    if (p.signs !== undefined && !policy.secrets.some((s) => s.name === p.signs && s.purpose === 'ssh-host-key'))
      say('P09', 'error', p.name, `signs: ${p.signs}`, 'the name of an ssh-host-key secret');
    if (p.purpose === 'ssh-host-cert' && p.signs === undefined)
      say('P09', 'error', p.name, 'no field signs', 'the ssh-host-key it certifies');
  }
  for (const s of policy.secrets) {
    const certificate = s.constraints.certificate;
    if (certificate !== undefined && !policy.public.some((p) => p.name === certificate && p.purpose === 'tls-certificate'))
      say('P09', 'error', s.name, `certificate: ${certificate}`, 'the name of a tls-certificate under public');
  }
};

const order = (policy: Policy, say: Say): void => {
  for (const n of policy.order)
    if (!policy.secrets.some((s) => s.name === n)) say('P13', 'error', n, 'not a secret of this policy', 'names of secrets');
  if (new Set(policy.order).size !== policy.order.length) say('P13', 'error', 'order', 'a name twice', 'each name once');
  const cck = policy.secrets.find((s) => s.purpose === 'cck');
  if (cck !== undefined && submissionOrder(policy)[0]?.name !== cck.name)
    say('P13', 'warning', cck.name, 'not first', "first: until it is in, a dump opens with the image builder's key");
};

const evidence = (policy: Policy, say: Say): void => {
  const key = policy.secrets.some((s) => s.purpose === 'report-authentication');
  const { required, attestation } = policy.report;
  if (required && !key)
    say(
      'P15',
      attestation === 'none' ? 'error' : 'warning',
      'report',
      'no report-authentication secret',
      'one: without it no report can be proven',
    );
  if (required && key && attestation === 'none')
    say('P15', 'warning', 'report.attestation', 'none', 'attestation: without it the best grade is "possession shown"');
  if (policy['extension-secret'] === 'none')
    say('P16', 'error', 'extension-secret', 'none', 'random: without one anybody can write requests that fit');
};

/** The secrets in the order their requests will stand in toc.pol: those of `order` first, the rest as listed. */
export const submissionOrder = (policy: Policy): PolicySecret[] => {
  const first = policy.order.flatMap((n) => policy.secrets.filter((s) => s.name === n));
  return [...first, ...policy.secrets.filter((s) => !policy.order.includes(s.name))];
};

/** Every rule that is broken, with the one it concerns. An empty list is a policy that can be used. */
export const checkPolicy = (policy: Policy): Finding[] => {
  const findings: Finding[] = [];
  const say: Say = (rule, severity, subject, found, expected) => findings.push({ rule, severity, subject, found, expected });
  for (const rule of [names, minimum, dump, types, paths, references, order, evidence]) rule(policy, say);
  const { min, max } = policy['host-keys'];
  if (min > max) say('P06', 'error', 'host-keys', `min ${min} over max ${max}`, 'min up to max');
  return findings;
};
