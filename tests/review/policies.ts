/** Policies of every shape the schema lets through, and small changes of them. */
import fc from 'fast-check';
import {
  type Apply,
  KEY_KINDS,
  type Policy,
  type PolicyPublic,
  type PolicySecret,
  PUBLIC_PURPOSES,
  PURPOSES,
  policySchema,
  SECRET_TYPES,
  SOURCES,
} from '../../core/policy/schema.ts';

const hexOf = (bytes: number) => fc.integer({ min: 0, max: 3 }).map((n) => n.toString(16).padStart(2 * bytes, '0'));
const name = fc.constantFrom('cck', 'key', 'web', 'a', 'b');
const list = <T>(of: fc.Arbitrary<T>, minLength = 0) => fc.array(of, { minLength, maxLength: 3 });
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const count = fc.integer({ min: 0, max: 3 });
const user = fc.constantFrom('root', 'web');

const file = fc.record({
  kind: fc.constant('file' as const),
  path: fc.constantFrom('/a', '/b'),
  mode: maybe(fc.constantFrom('0600', '0640')),
  owner: maybe(fc.constantFrom('root:root', 'a:b')),
  before: maybe(fc.constantFrom('sshd.service', 'b.socket')),
});
const apply: fc.Arbitrary<Apply> = fc.oneof(
  file,
  fc.record({ kind: fc.constant('luks-token' as const), label: fc.constantFrom('cryptroot', 'data') }),
  fc.record({ kind: fc.constant('password-hash' as const), user }),
  fc.record({
    kind: fc.constantFrom(
      'crypttab' as const,
      'ultravisor' as const,
      'report-mac' as const,
      'pvapconfig' as const,
      'none' as const,
    ),
  }),
);
const constraints = fc.record({
  bytes: maybe(count),
  bits: maybe(list(count, 1)),
  'min-bytes': maybe(count),
  'max-bytes': maybe(count),
  'min-entropy-bits': maybe(count),
  charset: maybe(fc.constantFrom('printable-ascii' as const, 'any' as const)),
  'trailing-newline': maybe(fc.constantFrom('forbidden' as const, 'allowed' as const)),
  key: maybe(list(fc.constantFrom(...KEY_KINDS), 1)),
  format: maybe(fc.constantFrom('openssh' as const, 'pkcs8-pem' as const, 'raw' as const)),
  encrypted: maybe(fc.constant('forbidden' as const)),
  certificate: maybe(name),
  user: maybe(user),
  'store-as': maybe(fc.constant('crypt-hash' as const)),
  hash: maybe(list(fc.constantFrom('yescrypt' as const, 'sha512crypt' as const), 1)),
  'must-change': maybe(fc.boolean()),
});
const secret: fc.Arbitrary<PolicySecret> = fc.record({
  name,
  purpose: fc.constantFrom(...PURPOSES),
  type: fc.constantFrom(...SECRET_TYPES),
  required: fc.boolean(),
  source: list(fc.constantFrom(...SOURCES), 1),
  constraints,
  apply,
});
const publicEntry: fc.Arbitrary<PolicyPublic> = fc.record({
  name,
  purpose: fc.constantFrom(...PUBLIC_PURPOSES),
  format: fc.constantFrom('openssh-public' as const, 'openssh-cert' as const, 'x509-pem' as const),
  signs: maybe(name),
  apply: file,
});

/** What each field of a policy can be: the keys are those of the schema, so that none is forgotten. */
const FIELDS: { [K in keyof Required<Policy>]: fc.Arbitrary<Policy[K]> } = {
  format: fc.constant('sel-personalization-policy'),
  version: fc.constant(1),
  name: fc.constantFrom('one', 'two'),
  description: maybe(fc.constantFrom('', 'text', 'Text')),
  profile: fc.constantFrom('ebc', 'kata'),
  image: fc.record({
    'header-tags': list(hexOf(16)),
    require: fc.record({
      'image-encryption': fc.constantFrom('disabled', 'any'),
      dump: fc.constantFrom('allowed', 'forbidden', 'any'),
    }),
  }),
  'host-keys': fc.record({
    min: fc.integer({ min: 1, max: 3 }),
    max: fc.integer({ min: 1, max: 3 }),
    allow: list(hexOf(32)),
    verify: fc.constantFrom('required', 'warn'),
  }),
  dump: fc.record({ 'cck-update': fc.constantFrom('required', 'optional', 'none'), 'disable-host-dump': fc.boolean() }),
  'extension-secret': fc.constantFrom('random', 'cck-derived', 'none'),
  store: fc.record({ lock: fc.constantFrom('after-personalization', 'never') }),
  order: list(name),
  secrets: list(secret, 1),
  public: list(publicEntry),
  report: fc.record({
    required: fc.boolean(),
    attestation: fc.constantFrom('required', 'optional', 'none'),
    'max-age': fc.constantFrom('PT24H', 'P1D', 'PT12H', 'P7DT1H30M5S'),
  }),
  approvals: maybe(
    fc.record({
      required: fc.constantFrom(0, 1, 2),
      by: list(fc.integer({ min: 0, max: 2 }).map((n) => `SHA256:${String(n).padStart(43, 'A')}`)),
    }),
  ),
};

/** Any policy that the schema lets through; the rules may say what they will. */
export const anyPolicy: fc.Arbitrary<Policy> = fc
  .record(FIELDS as Record<keyof Policy, fc.Arbitrary<unknown>>)
  .map((p) => policySchema.parse(JSON.parse(JSON.stringify(p))));

/** A policy and the same one with one field drawn again. */
export const changedPolicy: fc.Arbitrary<[Policy, Policy]> = fc
  .tuple(anyPolicy, anyPolicy, fc.constantFrom(...(Object.keys(FIELDS) as (keyof Policy)[])))
  .map(([a, b, field]) => [a, policySchema.parse(JSON.parse(JSON.stringify({ ...a, [field]: b[field] })))]);
