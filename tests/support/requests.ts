/** Arbitrary requests for property tests, and what they are built for. */
import fc from 'fast-check';
import { type KeyPair, keyPair } from '../../core/crypto/p521.ts';
import type { ImageTags } from '../../core/image/tags.ts';
import type { RequestInput, RequestKeys } from '../../core/request/build.ts';
import type { ParsedRequest } from '../../core/request/parse.ts';
import { KINDS, PLAINTEXT_MAX, type SecretKind } from '../../core/secret/kinds.ts';
import { makeSecret, type Secret } from '../../core/secret/secret.ts';
import { seededEnv } from './env.ts';

export const bytes = (min: number, max = min): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: min, maxLength: max });

/** A customer key pair: making one takes 10 ms, so that properties share a few. */
export const customers: readonly KeyPair[] = [1, 2, 3].map((i) => {
  const scalar = seededEnv(`customer ${i}`).random(66);
  scalar[0] = 0;
  return keyPair(scalar, 'test');
});

export const image: fc.Arbitrary<ImageTags> = fc.record({ pld: bytes(64), ald: bytes(64), tld: bytes(64), tag: bytes(16) });

/** Sizes the input of a kind may have; plaintext mostly short, at times as long as it may be. */
const inputOf = (kind: SecretKind): fc.Arbitrary<Uint8Array> => {
  if (kind === 'plaintext')
    return fc.oneof({ weight: 5, arbitrary: bytes(0, 40) }, { weight: 1, arbitrary: bytes(PLAINTEXT_MAX - 20, PLAINTEXT_MAX) });
  const row = KINDS.find((k) => k.kind === kind);
  return fc.constantFrom(...(row?.sizes ?? [])).chain((n) => bytes(n));
};

/** Any secret of a kind. */
export const secretOfKind = (kind: SecretKind): fc.Arbitrary<Secret> => {
  const listed = KINDS.find((k) => k.kind === kind)?.listed === true;
  return fc.tuple(inputOf(kind), bytes(32)).map(([value, id]) => makeSecret(kind, value, listed ? id : undefined, 'test'));
};

export const kinds: readonly SecretKind[] = KINDS.map((k) => k.kind);
export const anySecret: fc.Arbitrary<Secret> = fc.constantFrom(...kinds).chain(secretOfKind);

export const userData: fc.Arbitrary<RequestInput['userData']> = fc.oneof(
  fc.constant(undefined),
  bytes(0, 512).map((b) => ({ kind: 'unsigned' as const, bytes: b })),
  fc
    .tuple(
      fc.constantFrom('signed-ec-p521' as const, 'signed-rsa-2048' as const, 'signed-rsa-3072' as const),
      bytes(0, 128),
      bytes(139),
    )
    .map(([kind, message, signature]) => {
      const size = { 'signed-ec-p521': 139, 'signed-rsa-2048': 256, 'signed-rsa-3072': 384 }[kind];
      const made = new Uint8Array(size).map((_, i) => signature[i % 139] as number);
      return { kind, bytes: message, sign: () => made };
    }),
);

/** Everything a request says but its host keys. */
export const saying = (secret: fc.Arbitrary<Secret> = anySecret): fc.Arbitrary<Omit<RequestInput, 'hostKeys'>> =>
  fc.record({
    image,
    secret,
    extensionSecret: fc.option(bytes(32), { nil: undefined }),
    flags: fc.oneof(fc.constant(undefined), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })),
    cuid: fc.option(bytes(16), { nil: undefined }),
    userData,
  });

const protectionKeys = [1, 2, 3].map((i) => seededEnv(`protection key ${i}`).random(32));

export const requestKeys: fc.Arbitrary<RequestKeys> = fc
  .tuple(fc.constantFrom(...customers), fc.constantFrom(...protectionKeys), bytes(12))
  .map(([customer, protectionKey, iv]) => ({ customer, protectionKey, iv }));

/** What a parsed and opened request was made of: building it again must give the same bytes. */
export const inputAgain = (r: ParsedRequest, value: Uint8Array, extensionSecret: Uint8Array): Omit<RequestInput, 'hostKeys'> => ({
  image: r.image,
  secret: r.id ? { kind: r.kind, id: r.id, value } : { kind: r.kind, value },
  extensionSecret,
  flags: r.flags,
  cuid: r.cuid,
  userData:
    r.userDataKind === 'none' || r.userDataKind === 'unsigned'
      ? { kind: r.userDataKind, bytes: r.message }
      : { kind: r.userDataKind, bytes: r.message, sign: () => r.signature as Uint8Array },
});
