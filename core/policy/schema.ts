/** The personalization policy as a document: what it may say. Source: spec page "personalization-policy", sections 1 to 3. */
import * as z from 'zod';
import { hexOf } from '../schema.ts';
import { DURATION } from '../time.ts';

export const POLICY_FORMAT = 'sel-personalization-policy';

export const SECRET_TYPES = ['plaintext', 'aes', 'aes-xts', 'hmac', 'ec', 'association', 'update-cck'] as const;
export const PURPOSES = [
  'luks-root-key',
  'luks-root-passphrase',
  'luks-data-key',
  'luks-data-passphrase',
  'cck',
  'ssh-host-key',
  'admin-password',
  'tls-service-key',
  'app-config',
  'hsm-association',
  'report-authentication',
] as const;
export const PUBLIC_PURPOSES = ['ssh-host-cert', 'ssh-user-ca', 'ssh-authorized-keys', 'tls-certificate'] as const;
/** Kinds of asymmetric keys; rsa-3072 is RSA of 3072 bits or more, rsa-4096 of 4096 or more. */
export const KEY_KINDS = ['ed25519', 'ed448', 'ec-p256', 'ec-p384', 'ec-p521', 'rsa-3072', 'rsa-4096'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];
export const SOURCES = ['generate', 'type', 'import'] as const;

const mode = z.string().regex(/^0[0-7]{3}$/, 'a mode like "0600"');
const owner = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}:[a-z_][a-z0-9_-]{0,31}$/, 'user:group');
const user = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'a user name');
const path = z.string().min(1).max(255);
const unit = z.string().regex(/^[A-Za-z0-9:_.@-]{1,128}\.(service|target|socket)$/, 'a systemd unit');

const file = z.strictObject({
  kind: z.literal('file'),
  path,
  mode: mode.optional(),
  owner: owner.optional(),
  before: unit.optional(),
});

/** Where a secret goes in the guest. */
export const applySchema = z.discriminatedUnion('kind', [
  file,
  z.strictObject({ kind: z.literal('luks-token'), label: z.string().min(1).max(64) }),
  z.strictObject({ kind: z.literal('crypttab') }),
  z.strictObject({ kind: z.literal('ultravisor') }),
  z.strictObject({ kind: z.literal('password-hash'), user }),
  z.strictObject({ kind: z.literal('report-mac') }),
  z.strictObject({ kind: z.literal('pvapconfig') }),
  z.strictObject({ kind: z.literal('none') }),
]);
export type Apply = z.infer<typeof applySchema>;

const count = z.number().int().min(0).max(1_000_000);

/** What a value must satisfy. Which of them go with which type and purpose is rule P06. */
export const constraintsSchema = z.strictObject({
  bytes: count.optional(),
  bits: z.array(count).min(1).optional(),
  'min-bytes': count.optional(),
  'max-bytes': count.optional(),
  'min-entropy-bits': count.optional(),
  charset: z.enum(['printable-ascii', 'any']).optional(),
  'trailing-newline': z.enum(['forbidden', 'allowed']).optional(),
  key: z.array(z.enum(KEY_KINDS)).min(1).optional(),
  format: z.enum(['openssh', 'pkcs8-pem', 'raw']).optional(),
  encrypted: z.literal('forbidden').optional(),
  certificate: z.string().min(1).max(64).optional(),
  user: user.optional(),
  'store-as': z.literal('crypt-hash').optional(),
  hash: z
    .array(z.enum(['yescrypt', 'sha512crypt']))
    .min(1)
    .optional(),
  'must-change': z.boolean().optional(),
});
export type Constraints = z.infer<typeof constraintsSchema>;

const name = z.string().min(1).max(64);

export const secretSchema = z.strictObject({
  name,
  purpose: z.enum(PURPOSES),
  type: z.enum(SECRET_TYPES),
  required: z.boolean().default(true),
  source: z.array(z.enum(SOURCES)).min(1).default(['generate', 'import']),
  constraints: constraintsSchema.default({}),
  apply: applySchema,
});
export type PolicySecret = z.infer<typeof secretSchema>;

export const publicSchema = z.strictObject({
  name,
  purpose: z.enum(PUBLIC_PURPOSES),
  format: z.enum(['openssh-public', 'openssh-cert', 'x509-pem']),
  signs: name.optional(),
  apply: file,
});
export type PolicyPublic = z.infer<typeof publicSchema>;

export const policySchema = z.strictObject({
  format: z.literal(POLICY_FORMAT),
  version: z.literal(1),
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a name of letters, digits, dot, dash, underscore'),
  description: z.string().max(1000).optional(),
  profile: z.enum(['ebc', 'kata']).default('ebc'),
  image: z
    .strictObject({
      'header-tags': z.array(hexOf(16)).max(64).default([]),
      require: z
        .strictObject({
          'image-encryption': z.enum(['disabled', 'any']).default('disabled'),
          dump: z.enum(['allowed', 'forbidden', 'any']).default('any'),
        })
        .prefault({}),
    })
    .prefault({}),
  'host-keys': z
    .strictObject({
      min: z.number().int().min(1).max(255).default(1),
      max: z.number().int().min(1).max(255).default(255),
      allow: z.array(hexOf(32)).max(255).default([]),
      verify: z.enum(['required', 'warn']).default('required'),
    })
    .prefault({}),
  dump: z
    .strictObject({
      'cck-update': z.enum(['required', 'optional', 'none']).default('optional'),
      'disable-host-dump': z.boolean().default(false),
    })
    .prefault({}),
  'extension-secret': z.enum(['random', 'cck-derived', 'none']).default('random'),
  store: z.strictObject({ lock: z.enum(['after-personalization', 'never']).default('after-personalization') }).prefault({}),
  order: z.array(name).max(255).default([]),
  secrets: z.array(secretSchema).min(1).max(255),
  public: z.array(publicSchema).max(64).default([]),
  report: z
    .strictObject({
      required: z.boolean().default(true),
      attestation: z.enum(['required', 'optional', 'none']).default('required'),
      'max-age': z.string().regex(DURATION, 'a duration like PT24H or P7D').default('PT24H'),
    })
    .prefault({}),
  /** who must approve before a bundle is made; absent is none, and is not filled in: hashes of policies without it stay as they are */
  approvals: z
    .strictObject({
      required: z.literal([0, 1, 2]),
      by: z
        .array(z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'a fingerprint like SHA256:...'))
        .max(64)
        .default([]),
    })
    .optional(),
});

/** A personalization policy: holds no values. Defaults are filled in. */
export type Policy = z.infer<typeof policySchema>;
