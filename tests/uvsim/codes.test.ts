/** Every return code of the ultravisor, each provoked in its own way, and the order in which add looks. */
import { afterAll, describe, expect, it } from 'vitest';
import { arcb, buildAttestationRequest, freshAttestationKeys } from '../../core/attestation/request.ts';
import { u32, utf8 } from '../../core/bytes.ts';
import { seal } from '../../core/crypto/gcm.ts';
import { bit } from '../../core/image/flags.ts';
import { FLAG_DISABLE_DUMP, REQUEST_MAX, requestHeader, secretHeader } from '../../core/request/asrcb.ts';
import { buildRequest, freshRequestKeys, type RequestInput, type RequestKeys } from '../../core/request/build.ts';
import { hashedId, makeSecret, type Secret } from '../../core/secret/secret.ts';
import { ADD_RC, ATTEST_RC, LOCK_RC, RC_OK, RETRIEVE_RC, showRc, type UvCall } from '../../core/uvsim/codes.ts';
import { PROFILES, UltravisorGuest } from '../../core/uvsim/ultravisor.ts';
import { uvSays } from '../../words/uv.ts';
import { seededEnv } from '../support/env.ts';
import { printTable } from '../support/table.ts';
import { bundleInput, hosts, image, stranger } from '../support/tenant.ts';

const env = seededEnv('codes');
const host = hosts[0];
const start = (profile = PROFILES.z17): UltravisorGuest => new UltravisorGuest({ ...host, profile }, image, env);
const { header } = bundleInput();

const EXTENSION = new Uint8Array(32).fill(0xee);
const META = makeSecret('meta', new Uint8Array(0), undefined, 'test');
const plain = (name: string, size = 30): Secret => makeSecret('plaintext', new Uint8Array(size).fill(7), hashedId(name), 'test');
const association = (name: string): Secret => makeSecret('association', new Uint8Array(32).fill(3), hashedId(name), 'test');
const request = (secret: Secret = META, more: Partial<RequestInput> = {}): Uint8Array =>
  buildRequest(
    { hostKeys: [host.keys.publicKey], image: header.image, secret, extensionSecret: EXTENSION, ...more },
    freshRequestKeys(env),
  );
const GOOD = request();
/** The request with one field of its header written over: the tag is not made anew. */
const patched = (at: number, bytes: Uint8Array, of = GOOD): Uint8Array => {
  const out = of.slice();
  out.set(bytes, at);
  return out;
};
const at = (name: Parameters<typeof requestHeader.offset>[0]): number => requestHeader.offset(name);
const secretAt = requestHeader.size + 80;

interface Row {
  readonly call: UvCall;
  readonly code: number;
  readonly how: string;
  readonly run: () => number;
}

const flags = ['nonce', 'secret-store-hash'] as const;
const ARCB = buildAttestationRequest([host.keys.publicKey], flags, freshAttestationKeys(env));
const attest = (bytes: Uint8Array, userData = new Uint8Array(0), buffers?: { measurement: number; additional: number }): number =>
  start().attest(bytes, userData, buffers).rc;
const arcbWith = (name: Parameters<typeof arcb.offset>[0], bytes: Uint8Array): Uint8Array =>
  patched(arcb.offset(name), bytes, ARCB);

const ROWS: Row[] = [
  { call: 'add', code: RC_OK, how: 'a request made for this guest', run: () => start().add(GOOD) },
  {
    call: 'add',
    code: ADD_RC.storeNotModifiable,
    how: 'the switch "store not modifiable"',
    run: () => {
      const g = start();
      g.modifiable = false;
      return g.add(GOOD);
    },
  },
  {
    call: 'add',
    code: ADD_RC.locked,
    how: 'after lock',
    run: () => {
      const g = start();
      g.lock();
      return g.add(GOOD);
    },
  },
  { call: 'add', code: ADD_RC.accessException, how: 'memory that cannot be reached', run: () => start().add(null) },
  { call: 'add', code: ADD_RC.version, how: 'version 0x0200', run: () => start().add(patched(at('version'), u32(0x200))) },
  { call: 'add', code: ADD_RC.version, how: 'another magic', run: () => start().add(patched(0, utf8('other!'))) },
  { call: 'add', code: ADD_RC.size, how: 'memory that ends before the length field', run: () => start().add(GOOD.slice(0, 15)) },
  {
    call: 'add',
    code: ADD_RC.size,
    how: 'a length field over 1 MiB',
    run: () => start().add(patched(at('length'), u32(REQUEST_MAX + 1))),
  },
  {
    call: 'add',
    code: ADD_RC.size,
    how: 'an encrypted area as large as the request',
    run: () => start().add(patched(at('encryptedSize'), u32(GOOD.length))),
  },
  {
    call: 'add',
    code: ADD_RC.size,
    how: 'no room for the extension secret',
    run: () => start().add(patched(at('encryptedSize'), u32(16))),
  },
  { call: 'add', code: ADD_RC.hostKeys, how: 'no key slot', run: () => start().add(patched(at('keySlots'), new Uint8Array(1))) },
  { call: 'add', code: ADD_RC.flags, how: 'flag bit 1', run: () => start().add(request(META, { flags: bit(1) })) },
  {
    call: 'add',
    code: ADD_RC.cannotDecrypt,
    how: 'made for another machine',
    run: () => start().add(request(META, { hostKeys: [stranger.keys.publicKey] })),
  },
  {
    call: 'add',
    code: ADD_RC.cannotDecrypt,
    how: 'made for another image',
    run: () => start().add(request(META, { image: { ...header.image, ald: new Uint8Array(64) } })),
  },
  {
    call: 'add',
    code: ADD_RC.cannotDecrypt,
    how: 'one bit of the ciphertext',
    run: () => start().add(patched(GOOD.length - 20, new Uint8Array([(GOOD.at(-20) as number) ^ 1]))),
  },
  { call: 'add', code: ADD_RC.cannotDecrypt, how: 'the last byte missing', run: () => start().add(GOOD.slice(0, -1)) },
  { call: 'add', code: ADD_RC.unsupportedSecret, how: 'secret type 0x000b', run: () => start().add(unknownType()) },
  {
    call: 'add',
    code: ADD_RC.unsupportedSecret,
    how: 'a retrievable secret on a z16',
    run: () => start(PROFILES.z16).add(request(plain('a'))),
  },
  {
    call: 'add',
    code: ADD_RC.secretLength,
    how: 'an association secret of 16 bytes',
    run: () => start().add(request({ ...association('a'), value: new Uint8Array(16) })),
  },
  {
    call: 'add',
    code: ADD_RC.secretLength,
    how: 'a plaintext of 17 bytes',
    run: () => start().add(request({ ...plain('a'), value: new Uint8Array(17) })),
  },
  {
    call: 'add',
    code: ADD_RC.storeFull,
    how: 'one retrievable secret more than fits',
    run: () => {
      const g = start({ ...PROFILES.z17, maxRetrievable: 1 });
      g.add(request(plain('a')));
      return g.add(request(plain('b')));
    },
  },
  {
    call: 'add',
    code: ADD_RC.unableToAdd,
    how: 'another extension secret than the first request',
    run: () => {
      const g = start();
      g.add(GOOD);
      return g.add(request(META, { extensionSecret: undefined }));
    },
  },
  {
    call: 'add',
    code: ADD_RC.unableToAdd,
    how: 'another configuration UID',
    run: () => start().add(request(META, { cuid: new Uint8Array(16).fill(1) })),
  },
  {
    call: 'add',
    code: ADD_RC.dumpRunning,
    how: 'while a dump is taken',
    run: () => {
      const g = start();
      g.startDump();
      return g.add(GOOD);
    },
  },
  { call: 'lock', code: RC_OK, how: 'once', run: () => start().lock() },
  {
    call: 'lock',
    code: LOCK_RC.storeNotModifiable,
    how: 'the switch "store not modifiable"',
    run: () => {
      const g = start();
      g.modifiable = false;
      return g.lock();
    },
  },
  {
    call: 'lock',
    code: LOCK_RC.alreadyLocked,
    how: 'twice',
    run: () => {
      const g = start();
      g.lock();
      return g.lock();
    },
  },
  { call: 'retrieve', code: RC_OK, how: 'a plaintext', run: () => filled().retrieve(0).rc },
  {
    call: 'retrieve',
    code: RETRIEVE_RC.bufferTooSmall,
    how: 'a buffer of 31 bytes for 32',
    run: () => filled().retrieve(0, 31).rc,
  },
  {
    call: 'retrieve',
    code: RETRIEVE_RC.accessException,
    how: 'a buffer that cannot be reached',
    run: () => filled().retrieve(0, null).rc,
  },
  { call: 'retrieve', code: RETRIEVE_RC.storeEmpty, how: 'nothing added yet', run: () => start().retrieve(0).rc },
  { call: 'retrieve', code: RETRIEVE_RC.noSuchIndex, how: 'index 2 of 2 secrets', run: () => filled().retrieve(2).rc },
  { call: 'retrieve', code: RETRIEVE_RC.notRetrievable, how: 'an association secret', run: () => filled().retrieve(1).rc },
  { call: 'attest', code: RC_OK, how: 'a request made for this host', run: () => attest(ARCB) },
  {
    call: 'attest',
    code: ATTEST_RC.userDataTooLong,
    how: '257 bytes of user data',
    run: () => attest(ARCB, new Uint8Array(257)),
  },
  { call: 'attest', code: ATTEST_RC.version, how: 'version 0x0200', run: () => attest(arcbWith('version', u32(0x200))) },
  { call: 'attest', code: ATTEST_RC.length, how: 'a byte behind the request', run: () => attest(new Uint8Array([...ARCB, 0])) },
  { call: 'attest', code: ATTEST_RC.keySlots, how: 'no key slot', run: () => attest(arcbWith('keySlots', new Uint8Array(1))) },
  {
    call: 'attest',
    code: ATTEST_RC.encryptedSize,
    how: 'an encrypted area of 64 bytes',
    run: () => attest(arcbWith('encryptedSize', u32(64))),
  },
  { call: 'attest', code: ATTEST_RC.flags, how: 'flag bit 0', run: () => attest(arcbWith('flags', new Uint8Array([0xff]))) },
  {
    call: 'attest',
    code: ATTEST_RC.flags,
    how: 'the store hash on a z16',
    run: () => start(PROFILES.z16).attest(ARCB, new Uint8Array(0)).rc,
  },
  { call: 'attest', code: ATTEST_RC.algorithm, how: 'measurement algorithm 2', run: () => attest(arcbWith('algorithm', u32(2))) },
  {
    call: 'attest',
    code: ATTEST_RC.cannotDecrypt,
    how: 'made for another host',
    run: () => attest(buildAttestationRequest([stranger.keys.publicKey], flags, freshAttestationKeys(env))),
  },
  {
    call: 'attest',
    code: ATTEST_RC.measurementBufferTooSmall,
    how: 'room for 63 bytes',
    run: () => attest(ARCB, undefined, { measurement: 63, additional: 64 }),
  },
  {
    call: 'attest',
    code: ATTEST_RC.additionalBufferTooSmall,
    how: 'room for 63 bytes of the store hash',
    run: () => attest(ARCB, undefined, { measurement: 64, additional: 63 }),
  },
];

/** A plaintext and an association. */
const filled = (): UltravisorGuest => {
  const g = start();
  expect(g.add(request(plain('a')))).toBe(RC_OK);
  expect(g.add(request(association('b')))).toBe(RC_OK);
  return g;
};

/** A well-made request of a type nobody has: built as association, the type written over, and the tag made for it. */
function unknownType(): Uint8Array {
  const keys = freshRequestKeys(env);
  const built = buildRequest(
    {
      hostKeys: [host.keys.publicKey],
      image: header.image,
      secret: { ...association('x'), kind: 'association' },
      extensionSecret: EXTENSION,
    },
    keys,
  );
  return resealed(built, keys, (aad) => aad.set([0x00, 0x0b], secretAt + secretHeader.offset('type')));
}

/** Changes authenticated data of a request and makes its tag anew, as only its maker can. */
function resealed(bytes: Uint8Array, keys: RequestKeys, change: (aad: Uint8Array) => void): Uint8Array {
  const h = requestHeader.read(bytes);
  const aad = bytes.slice(0, bytes.length - 16 - h.encryptedSize);
  change(aad);
  const plain = new Uint8Array(h.encryptedSize);
  plain.set(new Uint8Array(32).fill(3));
  plain.set(EXTENSION, h.encryptedSize - 32);
  const { cipher, tag } = seal(keys.protectionKey, keys.iv, aad, plain);
  return new Uint8Array([...aad, ...cipher, ...tag]);
}

afterAll(() =>
  printTable(
    'Return codes of the simulated ultravisor, and how each was provoked',
    ['call', 'code', 'provoked by', 'said as'],
    ROWS.map((r) => [r.call, showRc(r.code), r.how, uvSays(r.call, r.code)]),
  ),
);

describe('every return code of the reference is reached', () => {
  it.each(ROWS)('$call: $how', ({ call, code, run }) => {
    expect(showRc(run())).toBe(showRc(code));
    expect(uvSays(call, code)).not.toContain('not documented');
  });
  it.each([
    ['add', ADD_RC],
    ['lock', LOCK_RC],
    ['retrieve', RETRIEVE_RC],
    ['attest', ATTEST_RC],
  ] as const)('none of %s is left out', (call, codes) => {
    const reached = new Set(ROWS.filter((r) => r.call === call).map((r) => r.code));
    expect(Object.entries(codes).filter(([, code]) => !reached.has(code))).toEqual([]);
  });
});

describe('the order of the checks of add', () => {
  /** One request that is wrong in everything; then it is put right step by step, and the answer must move on. */
  const STEPS: [string, number, () => number][] = [];
  const wrong: Partial<RequestInput> = { extensionSecret: new Uint8Array(32).fill(1), cuid: new Uint8Array(16).fill(9) };
  const busy = (): UltravisorGuest => {
    const g = start({ ...PROFILES.z17, maxAssociation: 0 });
    g.add(GOOD);
    return g;
  };
  const bad = (more: Partial<RequestInput>, secret: Secret = association('o')): Uint8Array =>
    request(secret, { ...wrong, ...more });
  const short: Secret = { ...association('o'), value: new Uint8Array(16) };
  const flagged = (r: Uint8Array): Uint8Array => patched(at('flags'), new Uint8Array([0x40]), r);
  const slotless = (r: Uint8Array): Uint8Array => patched(at('keySlots'), new Uint8Array(1), flagged(r));
  const unsized = (r: Uint8Array): Uint8Array => patched(at('encryptedSize'), u32(8), slotless(r));
  const unversioned = (r: Uint8Array): Uint8Array => patched(at('version'), u32(9), unsized(r));
  const foreign = { hostKeys: [stranger.keys.publicKey] };
  STEPS.push(
    [
      'locked',
      ADD_RC.locked,
      () => {
        const g = busy();
        g.lock();
        return g.add(unversioned(bad(foreign, short)));
      },
    ],
    ['version', ADD_RC.version, () => busy().add(unversioned(bad(foreign, short)))],
    ['size', ADD_RC.size, () => busy().add(unsized(bad(foreign, short)))],
    ['key slots', ADD_RC.hostKeys, () => busy().add(slotless(bad(foreign, short)))],
    ['flags', ADD_RC.flags, () => busy().add(flagged(bad(foreign, short)))],
    ['slot', ADD_RC.cannotDecrypt, () => busy().add(bad(foreign, short))],
    ['image tags', ADD_RC.cannotDecrypt, () => busy().add(bad({ image: { ...header.image, tag: new Uint8Array(16) } }, short))],
    ['configuration UID', ADD_RC.unableToAdd, () => busy().add(bad({}, short))],
    ['length', ADD_RC.secretLength, () => busy().add(bad({ cuid: undefined }, short))],
    ['extension secret', ADD_RC.unableToAdd, () => busy().add(bad({ cuid: undefined }))],
    ['room', ADD_RC.storeFull, () => busy().add(request(association('o')))],
    [
      'nothing left',
      RC_OK,
      () => {
        const g = start();
        g.add(GOOD);
        return g.add(request(association('o')));
      },
    ],
  );
  it.each(STEPS)('stops at: %s', (_, code, run) => expect(showRc(run())).toBe(showRc(code)));
});

describe('what is behind a request', () => {
  it('is not seen: the length field says where it ends', () => {
    const g = start();
    expect(g.add(new Uint8Array([...GOOD, 1, 2, 3]))).toBe(RC_OK);
    expect(g.tags).toEqual([GOOD.slice(-16)]);
  });
});

describe('flags', () => {
  it('disable-dump forbids the dump, and stays', () => {
    const g = start();
    expect(g.dumpAllowed).toBe(true);
    expect(g.add(request(META, { flags: FLAG_DISABLE_DUMP }))).toBe(RC_OK);
    expect(g.add(GOOD)).toBe(RC_OK);
    expect(g.dumpAllowed).toBe(false);
    expect(g.startDump()).toBe(false);
  });
});
