/** The chain: who issued whom, with which key and signature, and the strict rules for each certificate. */
import { bits, type Der, hexBytes, int, namedBits, octets, oid, seq, text, tlv } from '../der-writer.ts';
import {
  ALGORITHMS,
  AT,
  akid,
  authority,
  type Certificate,
  constraints,
  dropExtension,
  EXT,
  type Extension,
  ecKey,
  edKey,
  type Files,
  goodCrl,
  goodPki,
  ibm,
  inDays,
  KEYS,
  type Key,
  KIND,
  keyId,
  LEVELS,
  type Level,
  NAMES,
  type Name,
  type Pki,
  points,
  rsaKey,
  SERIAL,
  setExtension,
  USAGE,
  writeCertificate,
  writeCrl,
} from '../forge.ts';
import { DEPTH, FILE, flipped, invalid, type Mutation, rearrange, spoil, UNKNOWN_CRITICAL } from './make.ts';

const usageOf = (...numbers: readonly number[]): Extension => ({ oid: EXT.usage, critical: true, value: namedBits(...numbers) });

/** Gives a level another key, and whoever it signs the signature of that key. */
const rekey = (p: Pki, l: Level, key: Key, algorithm = ALGORITHMS['SHA-256 RSA'] as Certificate['algorithm']): void => {
  const id = akid(keyId(key));
  const use = (c: { signer: Key; algorithm: Certificate['algorithm']; extensions: Extension[] }): void => {
    c.signer = key;
    c.algorithm = algorithm;
    setExtension(c.extensions, { oid: EXT.akid, value: id });
  };
  p[l].spki = key.spki;
  setExtension(p[l].extensions, { oid: EXT.skid, value: octets(keyId(key)) });
  if (l === 'root') use(p.root);
  use(l === 'root' ? p.intermediate : l === 'intermediate' ? p.signing : p.host);
  use(p.crls[l]);
};

const WEAK: Key[] = [];
const once = (i: number, make: () => Key): Key => {
  WEAK[i] ??= make();
  return WEAK[i] as Key;
};
const weakAt = (l: Level): number => (l === 'signing' ? 66 : 67);
/** A curve that nobody names. */
const explicitP521 = (key: Key): Der =>
  seq(seq(oid('1.2.840.10045.2.1'), seq(int('01'), seq(oid('1.2.840.10045.1.1'), int('0101')))), bits(key.spki.slice(-133)));

const keys: Mutation[] = LEVELS.flatMap((l) => [
  spoil(`${l}: RSA, 1024 bits`, invalid(weakAt(l), DEPTH[l]), (p) =>
    rekey(
      p,
      l,
      once(0, () => rsaKey(1024)),
    ),
  ),
  spoil(`${l}: RSA, 1536 bits`, invalid(weakAt(l), DEPTH[l]), (p) =>
    rekey(
      p,
      l,
      once(1, () => rsaKey(1536)),
    ),
  ),
  spoil(
    `${l}: RSA, 2040 bits`,
    invalid(weakAt(l), DEPTH[l]),
    (p) =>
      rekey(
        p,
        l,
        once(2, () => rsaKey(2040)),
      ),
    {
      openssl: 'ok',
      stricter: 'OpenSSL rounds the strength of RSA keys up to 112 bits',
    },
  ),
  spoil(`${l}: RSA, 3072 bits`, 'trusted', (p) =>
    rekey(
      p,
      l,
      once(3, () => rsaKey(3072)),
    ),
  ),
  spoil(`${l}: P-256`, 'trusted', (p) =>
    rekey(
      p,
      l,
      once(4, () => ecKey('prime256v1')),
      ALGORITHMS['SHA-256 ECDSA'],
    ),
  ),
  spoil(`${l}: P-384`, 'trusted', (p) =>
    rekey(
      p,
      l,
      once(5, () => ecKey('secp384r1')),
      ALGORITHMS['SHA-384 ECDSA'],
    ),
  ),
  spoil(`${l}: P-192`, invalid(weakAt(l), DEPTH[l]), (p) =>
    rekey(
      p,
      l,
      once(6, () => ecKey('prime192v1')),
      ALGORITHMS['SHA-256 ECDSA'],
    ),
  ),
  spoil(
    `${l}: a curve of Brainpool`,
    invalid(weakAt(l), DEPTH[l]),
    (p) =>
      rekey(
        p,
        l,
        once(7, () => ecKey('brainpoolP384r1')),
        ALGORITHMS['SHA-256 ECDSA'],
      ),
    { openssl: 'ok', stricter: 'a curve we do not know' },
  ),
  spoil(
    `${l}: Ed25519`,
    l === 'signing' ? invalid(66, 0) : invalid(68, DEPTH[l] - 1),
    (p) => rekey(p, l, once(8, edKey), ALGORITHMS.Ed25519),
    { openssl: 'ok', stricter: 'a kind of key we do not know' },
  ),
  spoil(
    `${l}: the parameters of a curve written out`,
    l === 'signing' ? invalid(66, 0) : invalid(20, DEPTH[l] - 1),
    (p) => (p[l].spki = explicitP521(KEYS.host)),
  ),
]);

/** A key that signs certificates it did not sign. */
const signatures: Mutation[] = LEVELS.flatMap((l) => {
  const at = DEPTH[l];
  const [list, i] = FILE[l];
  const cut = l === 'signing' ? 'NoIbmSignKey' : l === 'intermediate' ? invalid(20, 0) : invalid(20, 1);
  return [
    spoil(`${l}: broken signature`, invalid(7, at), (p) => (p[l].spoil = flipped)),
    spoil(`${l}: signed by a stranger`, invalid(7, at), (p) => (p[l].signer = KEYS.other)),
    spoil(`${l}: a signature of zeros`, invalid(7, at), (p) => (p[l].spoil = (s) => s.fill(0))),
    spoil(`${l}: a signature of one byte`, invalid(7, at), (p) => (p[l].spoil = (s) => s.slice(0, 1))),
    spoil(`${l}: a signature with a zero in front`, invalid(7, at), (p) => (p[l].spoil = (s) => new Uint8Array([0, ...s]))),
    spoil(`${l}: an empty signature`, cut, (p) => (p[l].spoil = () => new Uint8Array(0)), { openssl: `7@${at}` }),
    spoil(`${l}: another algorithm outside`, cut, (p) => (p[l].outside = ALGORITHMS['SHA-256 RSA']), {
      openssl: `78@${at}`,
    }),
    ...(['SHA-256 RSA', 'SHA-384 RSA', 'SHA-512 RSA without NULL'] as const).map((a) =>
      spoil(`${l}: ${a}`, 'trusted', (p) => (p[l].algorithm = ALGORITHMS[a])),
    ),
    spoil(`${l}: SHA-1`, l === 'root' ? 'trusted' : invalid(68, at), (p) => (p[l].algorithm = ALGORITHMS['SHA-1 RSA'])),
    spoil(
      `${l}: MD5`,
      l === 'root' ? invalid(7, at) : invalid(68, at),
      (p) => (p[l].algorithm = ALGORITHMS['MD5 RSA']),
      l === 'root' ? { openssl: 'ok', stricter: 'MD5, even where it carries no trust' } : {},
    ),
    spoil(`${l}: SHA-224`, l === 'root' ? invalid(7, at) : invalid(68, at), (p) => (p[l].algorithm = ALGORITHMS['SHA-224 RSA']), {
      openssl: 'ok',
      stricter: 'SHA-224',
    }),
    spoil(`${l}: RSA-PSS`, l === 'root' ? invalid(7, at) : invalid(68, at), (p) => (p[l].algorithm = ALGORITHMS['RSA-PSS']), {
      openssl: 'ok',
      stricter: 'padding that IBM does not use',
    }),
    spoil(
      `${l}: says ECDSA and is signed by RSA`,
      l === 'root' ? invalid(2, at) : invalid(20, at),
      (p) => (p[l].algorithm = ALGORITHMS['SHA-256 ECDSA']),
    ),
    rearrange(
      `${l}: its name changed after signing`,
      l === 'signing' ? 'NoIbmSignKey' : invalid(20, at - 1),
      (f) => (f[list][i] = replaced(f[list][i] as Der, 'New York', 'New Yorl', 2)),
      l === 'signing' ? { openssl: '7@0' } : {},
    ),
    rearrange(`${l}: its end put off after signing`, invalid(7, at), (f, p) => {
      p[l].notAfter = inDays(5000);
      const later = writeCertificate(p[l]);
      f[list][i] = new Uint8Array([...later.slice(0, -256), ...(f[list][i] as Der).slice(-256)]);
    }),
  ];
});

/** Replaces the nth occurrence of a text by one of the same length. */
function replaced(bytes: Der, from: string, to: string, nth: number): Der {
  const all = Buffer.from(bytes);
  let at = -1;
  for (let n = 0; n < nth; n++) at = all.indexOf(from, at + 1);
  if (at < 0) throw new Error(`no ${nth} times ${from}`);
  all.write(to, at);
  return new Uint8Array(all);
}

/** OpenSSL does not ask a root for policies. */
const explicitPolicy = (l: Level) =>
  l === 'root' ? { openssl: 'ok', stricter: 'policy constraints are not evaluated' } : { openssl: '43@0' };

const authorities: readonly Level[] = ['root', 'intermediate'];

const rules: Mutation[] = [
  ...LEVELS.flatMap((l) => [
    spoil(`${l}: unknown critical extension`, invalid(34, DEPTH[l]), (p) => p[l].extensions.push(UNKNOWN_CRITICAL)),
    spoil(`${l}: unknown extension`, 'trusted', (p) => p[l].extensions.push({ ...UNKNOWN_CRITICAL, critical: false })),
    spoil(`${l}: critical authority key id`, invalid(34, DEPTH[l]), (p) =>
      setExtension(p[l].extensions, { oid: EXT.akid, critical: true, value: akid(keyId(p[l].signer)) }),
    ),
    spoil(`${l}: critical subject key id`, invalid(34, DEPTH[l]), (p) => {
      const key = p[l].extensions.find((e) => e.oid === EXT.skid) as Extension;
      key.critical = true;
    }),
    spoil(`${l}: critical policies`, 'trusted', (p) =>
      p[l].extensions.push({ oid: EXT.policies, critical: true, value: policy(1) }),
    ),
    spoil(`${l}: critical distribution points`, 'trusted', (p) =>
      setExtension(p[l].extensions, { oid: EXT.points, critical: true, value: points('http://crl.example/x.crl') }),
    ),
    spoil(
      `${l}: name constraints`,
      invalid(34, DEPTH[l]),
      (p) => p[l].extensions.push({ oid: EXT.nameConstraints, value: seq(tlv(0xa0, seq(tlv(0x82, text('example'))))) }),
      { openssl: 'ok', stricter: 'name constraints are not evaluated' },
    ),
    spoil(
      `${l}: an explicit policy required`,
      invalid(34, DEPTH[l]),
      (p) => p[l].extensions.push({ oid: EXT.policyConstraints, critical: true, value: seq(tlv(0x80, hexBytes('00'))) }),
      explicitPolicy(l),
    ),
    spoil(
      `${l}: an explicit policy required, not critical`,
      invalid(34, DEPTH[l]),
      (p) => p[l].extensions.push({ oid: EXT.policyConstraints, value: seq(tlv(0x80, hexBytes('00'))) }),
      explicitPolicy(l),
    ),
  ]),
  ...authorities.flatMap((l) => [
    spoil(`${l}: no basic constraints`, invalid(79, DEPTH[l]), (p) => dropExtension(p[l].extensions, EXT.constraints)),
    spoil(`${l}: no certificate authority`, invalid(79, DEPTH[l]), (p) =>
      setExtension(p[l].extensions, { oid: EXT.constraints, critical: true, value: constraints(undefined) }),
    ),
    spoil(`${l}: basic constraints not critical`, invalid(89, DEPTH[l]), (p) =>
      setExtension(p[l].extensions, { oid: EXT.constraints, value: constraints(true) }),
    ),
    spoil(`${l}: no key usage`, invalid(92, DEPTH[l]), (p) => dropExtension(p[l].extensions, EXT.usage)),
    spoil(`${l}: may not sign certificates`, invalid(79, DEPTH[l]), (p) => setExtension(p[l].extensions, usageOf(USAGE.crlSign))),
    spoil(`${l}: key usage not critical`, 'trusted', (p) =>
      setExtension(p[l].extensions, { ...usageOf(USAGE.certSign, USAGE.crlSign), critical: false }),
    ),
    spoil(`${l}: no subject key id`, invalid(86, DEPTH[l]), (p) => dropExtension(p[l].extensions, EXT.skid)),
    spoil(`${l}: path length without key usage`, invalid(81, DEPTH[l]), (p) => {
      setExtension(p[l].extensions, { oid: EXT.constraints, critical: true, value: constraints(true, '05') });
      dropExtension(p[l].extensions, EXT.usage);
    }),
    spoil(`${l}: version 1`, invalid(79, DEPTH[l]), (p) => {
      p[l].version = 1;
      p[l].extensions = [];
    }),
    spoil(`${l}: version 1 with extensions`, invalid(93, DEPTH[l]), (p) => (p[l].version = 1)),
    spoil(`${l}: version 2 with extensions`, invalid(93, DEPTH[l]), (p) => (p[l].version = 2)),
  ]),
  spoil('root: path length 0', invalid(25, 2), (p) =>
    setExtension(p.root.extensions, { oid: EXT.constraints, critical: true, value: constraints(true, '00') }),
  ),
  spoil('root: path length 1', 'trusted', (p) =>
    setExtension(p.root.extensions, { oid: EXT.constraints, critical: true, value: constraints(true, '01') }),
  ),
  spoil('intermediate: path length 0', 'trusted', (p) =>
    setExtension(p.intermediate.extensions, { oid: EXT.constraints, critical: true, value: constraints(true, '00') }),
  ),
  spoil(
    'intermediate: a negative path length',
    invalid(20, 0),
    (p) => setExtension(p.intermediate.extensions, { oid: EXT.constraints, critical: true, value: constraints(true, 'ff') }),
    { openssl: '20@0' },
  ),
  spoil('signing: a path length', invalid(80, 0), (p) =>
    setExtension(p.signing.extensions, { oid: EXT.constraints, critical: true, value: constraints(undefined, '00') }),
  ),
  spoil('signing: signs certificates', invalid(82, 0), (p) => setExtension(p.signing.extensions, usageOf(USAGE.certSign))),
  spoil('signing: signs certificates, no basic constraints', invalid(79, 0), (p) => {
    dropExtension(p.signing.extensions, EXT.constraints);
    setExtension(p.signing.extensions, usageOf(USAGE.certSign));
  }),
  spoil('signing: any usage', invalid(79, 0), (p) => {
    dropExtension(p.signing.extensions, EXT.constraints);
    setExtension(p.signing.extensions, usageOf(USAGE.certSign, USAGE.crlSign, USAGE.digitalSignature));
  }),
  spoil('signing: no basic constraints', 'trusted', (p) => dropExtension(p.signing.extensions, EXT.constraints)),
  spoil('signing: no key usage', 'trusted', (p) => dropExtension(p.signing.extensions, EXT.usage)),
  spoil('signing: no subject key id', 'trusted', (p) => dropExtension(p.signing.extensions, EXT.skid)),
  spoil('signing: a certificate authority', 'trusted', (p) => {
    setExtension(p.signing.extensions, { oid: EXT.constraints, critical: true, value: constraints(true) });
    setExtension(p.signing.extensions, usageOf(USAGE.certSign, USAGE.crlSign));
  }),
  spoil('signing: version 1 with extensions', invalid(93, 0), (p) => (p.signing.version = 1)),
  spoil('signing: version 1', 'trusted', (p) => {
    p.signing.version = 1;
    p.signing.extensions = [];
  }),
  spoil('signing: version 4', 'NoIbmSignKey', (p) => (p.signing.version = 4), {
    openssl: 'ok',
    stricter: 'a version that does not exist',
  }),
  spoil('signing: empty key usage', 'NoIbmSignKey', (p) => setExtension(p.signing.extensions, usageOf()), { openssl: '20@0' }),
  spoil('signing: an alternative name', 'trusted', (p) =>
    p.signing.extensions.push({ oid: EXT.altName, value: seq(tlv(0x82, text('example'))) }),
  ),
  spoil(
    'signing: an empty alternative name',
    'NoIbmSignKey',
    (p) => p.signing.extensions.push({ oid: EXT.altName, value: seq() }),
    {
      openssl: '87@0',
    },
  ),
  spoil('signing: a policy twice', 'NoIbmSignKey', (p) => p.signing.extensions.push({ oid: EXT.policies, value: policy(2) }), {
    openssl: '42@0',
  }),
  spoil(
    'signing: an extension twice',
    'NoIbmSignKey',
    (p) => p.signing.extensions.push({ ...UNKNOWN_CRITICAL, critical: false }, { ...UNKNOWN_CRITICAL, critical: false }),
    {
      openssl: 'ok',
      stricter: 'an extension twice',
    },
  ),
  spoil('signing: key usage twice', 'NoIbmSignKey', (p) => p.signing.extensions.push(usageOf(USAGE.digitalSignature)), {
    openssl: '20@0',
  }),
];

function policy(times: number): Der {
  return seq(...Array.from({ length: times }, () => seq(oid('1.3.6.1.4.1.99999.2'))));
}

const MALFORMED: readonly (readonly [string, string, Der])[] = [
  ['subject key id', EXT.skid, int('01')],
  ['authority key id', EXT.akid, int('01')],
  ['basic constraints', EXT.constraints, int('01')],
  ['key usage', EXT.usage, int('01')],
  ['extended key usage', EXT.extendedUsage, int('01')],
  ['distribution points', EXT.points, int('01')],
  ['alternative name', EXT.altName, int('01')],
  ['policies', EXT.policies, int('01')],
];

const malformed: Mutation[] = [
  ...MALFORMED.map(([what, extension, value]) =>
    spoil(`signing: broken ${what}`, 'NoIbmSignKey', (p) => setExtension(p.signing.extensions, { oid: extension, value }), {
      openssl: extension === EXT.policies ? '42@0' : '20@0',
    }),
  ),
  ...MALFORMED.slice(0, 4).map(([what, extension, value]) =>
    spoil(`host key: broken ${what}`, 'unreadable bad-encoding', (p) =>
      setExtension(p.host.extensions, { oid: extension, value }),
    ),
  ),
  spoil(
    'signing: a byte behind basic constraints',
    'NoIbmSignKey',
    (p) => setExtension(p.signing.extensions, { oid: EXT.constraints, critical: true, value: new Uint8Array([0x30, 0, 0]) }),
    { openssl: 'ok', stricter: 'bytes behind a structure' },
  ),
];

const identifiers: Mutation[] = [
  spoil('signing: names the key of another', invalid(20, 0), (p) =>
    setExtension(p.signing.extensions, { oid: EXT.akid, value: akid(keyId(KEYS.other)) }),
  ),
  spoil('intermediate: names the key of another', invalid(20, 1), (p) =>
    setExtension(p.intermediate.extensions, { oid: EXT.akid, value: akid(keyId(KEYS.other)) }),
  ),
  spoil('root: names the key of another', invalid(2, 2), (p) =>
    setExtension(p.root.extensions, { oid: EXT.akid, value: akid(keyId(KEYS.other)) }),
  ),
  spoil('intermediate: has the key id of another', invalid(20, 0), (p) =>
    setExtension(p.intermediate.extensions, { oid: EXT.skid, value: octets(keyId(KEYS.other)) }),
  ),
  spoil('root: has the key id of another', invalid(20, 1), (p) =>
    setExtension(p.root.extensions, { oid: EXT.skid, value: octets(keyId(KEYS.other)) }),
  ),
  spoil('signing: has the key id of another', 'Akid', (p) =>
    setExtension(p.signing.extensions, { oid: EXT.skid, value: octets(keyId(KEYS.other)) }),
  ),
  spoil('signing: no authority key id', invalid(85, 0), (p) => dropExtension(p.signing.extensions, EXT.akid)),
  spoil('intermediate: no authority key id', invalid(85, 1), (p) => dropExtension(p.intermediate.extensions, EXT.akid)),
  spoil('root: no authority key id', 'trusted', (p) => dropExtension(p.root.extensions, EXT.akid)),
  ...(
    [
      ['signing', 'intermediate', 20],
      ['intermediate', 'root', 20],
    ] as const
  ).flatMap(([l, upper, n]) => [
    spoil(`${l}: another serial in its authority`, invalid(n, DEPTH[l]), (p) =>
      setExtension(p[l].extensions, { oid: EXT.akid, value: akid(keyId(p[l].signer), p[upper].issuer, '7777') }),
    ),
    spoil(`${l}: another issuer in its authority`, invalid(n, DEPTH[l]), (p) =>
      setExtension(p[l].extensions, { oid: EXT.akid, value: akid(keyId(p[l].signer), NAMES.host(), SERIAL[upper]) }),
    ),
    spoil(`${l}: authority by key id, issuer and serial`, 'trusted', (p) =>
      setExtension(p[l].extensions, { oid: EXT.akid, value: akid(keyId(p[l].signer), p[upper].issuer, SERIAL[upper]) }),
    ),
    spoil(`${l}: authority by issuer and serial alone`, invalid(85, DEPTH[l]), (p) =>
      setExtension(p[l].extensions, { oid: EXT.akid, value: akid(undefined, p[upper].issuer, SERIAL[upper]) }),
    ),
  ]),
  spoil('host key: names the key of another', 'Akid', (p) =>
    setExtension(p.host.extensions, { oid: EXT.akid, value: akid(keyId(KEYS.other)) }),
  ),
  spoil('host key: another serial in its authority', 'Akid', (p) =>
    setExtension(p.host.extensions, { oid: EXT.akid, value: akid(keyId(KEYS.signing), p.signing.issuer, '7777') }),
  ),
  spoil('host key: another issuer in its authority', 'Akid', (p) =>
    setExtension(p.host.extensions, { oid: EXT.akid, value: akid(keyId(KEYS.signing), NAMES.host(), SERIAL.signing) }),
  ),
  spoil('host key: authority by issuer and serial alone', 'trusted', (p) =>
    setExtension(p.host.extensions, { oid: EXT.akid, value: akid(undefined, p.signing.issuer, SERIAL.signing) }),
  ),
  spoil('host key: no authority key id', 'trusted', (p) => dropExtension(p.host.extensions, EXT.akid)),
];

/** A second intermediate between the root and the first, and so on up. */
const longer = (f: Files, p: Pki, count: number): void => {
  let [issuer, signer]: [Name, Key] = [NAMES.root(), KEYS.root];
  for (let n = 0; n < count; n++) {
    const key = once(20 + n, () => rsaKey(2048));
    const subject = ibm('Armonk', `IBM Z Upper CA ${n}`);
    f.certificates.push(writeCertificate(authority(subject, issuer, key, signer, `5${n}`)));
    f.crls.push(writeCrl(goodCrl(subject, key)));
    [issuer, signer] = [subject, key];
  }
  p.intermediate.issuer = issuer;
  p.intermediate.signer = signer;
  setExtension(p.intermediate.extensions, { oid: EXT.akid, value: akid(keyId(signer)) });
  f.certificates[0] = writeCertificate(p.intermediate);
};

/** The signing key's certificate, signed by itself. */
const selfSigned = (): Der => {
  const p = goodPki();
  p.signing.issuer = p.signing.subject;
  p.signing.signer = KEYS.signing;
  setExtension(p.signing.extensions, { oid: EXT.akid, value: akid(keyId(KEYS.signing)) });
  setExtension(p.signing.extensions, usageOf(USAGE.digitalSignature, USAGE.crlSign));
  return writeCertificate(p.signing);
};

const shapes: Mutation[] = [
  rearrange('no signing key', 'NoIbmSignKey', (f) => f.certificates.splice(1, 1), { leaf: -1 }),
  rearrange('no certificates', 'NoIbmSignKey', (f) => f.certificates.splice(0), { leaf: -1 }),
  rearrange('no intermediate', invalid(20, 0), (f) => f.certificates.splice(0, 1), { leaf: 0 }),
  rearrange('no root', invalid(20, 1), (f) => f.roots.splice(0)),
  rearrange(
    'nothing but the host key',
    'NoIbmSignKey',
    (f) => {
      f.certificates = [];
      f.roots = [];
      f.crls = [];
    },
    { leaf: -1 },
  ),
  rearrange('the root among the certificates only', invalid(19, 2), (f) => {
    f.certificates.push(f.roots[0] as Der);
    f.roots = [];
  }),
  rearrange('the root among the certificates too', 'trusted', (f) => f.certificates.push(f.roots[0] as Der)),
  rearrange('the intermediate is what is trusted', invalid(2, 1), (f) => (f.roots = f.certificates.splice(0, 1)), { leaf: 0 }),
  rearrange(
    'the intermediate is trusted, the root is only there',
    invalid(2, 1),
    (f) => {
      const root = f.roots[0] as Der;
      f.roots = [f.certificates[0] as Der];
      f.certificates = [f.certificates[1] as Der, root];
    },
    { leaf: 0 },
  ),
  rearrange('the intermediate is trusted beside the root', 'trusted', (f) => f.roots.push(f.certificates[0] as Der)),
  rearrange('the signing key is what is trusted', invalid(20, 1), (f) => (f.roots = [f.certificates[1] as Der])),
  rearrange('the host key is what is trusted', invalid(20, 1), (f) => (f.roots = [f.hosts[0] as Der])),
  rearrange('a signing key that signs itself', invalid(18, 0), (f) => (f.certificates = [selfSigned()]), { leaf: 0 }),
  rearrange(
    'a signing key that signs itself and is trusted',
    invalid(50, 0),
    (f) => {
      f.certificates = [selfSigned()];
      f.roots = [selfSigned()];
      f.crls = [f.crls[2] as Der];
    },
    { leaf: 0, openssl: 'ok', stricter: 'the chain of one is refused by the reference itself, behind OpenSSL' },
  ),
  rearrange(
    'two signing keys',
    'ManyIbmSignKeys',
    (f, p) => {
      f.certificates.push(writeCertificate({ ...p.signing, serial: '34' }));
    },
    { leaf: -1 },
  ),
  rearrange(
    'two signing keys, one in Armonk',
    'ManyIbmSignKeys',
    (f, p) => {
      f.certificates.push(writeCertificate({ ...p.signing, subject: ibm('Armonk', 'IBM Z Host Key Signing Service') }));
    },
    { leaf: -1 },
  ),
  rearrange('the same signing key twice', 'trusted', (f) => f.certificates.push(f.certificates[1] as Der)),
  rearrange('the same intermediate twice', 'trusted', (f) => f.certificates.push(f.certificates[0] as Der)),
  rearrange(
    'in another order',
    'trusted',
    (f) => {
      f.certificates.reverse();
      f.crls.reverse();
    },
    { leaf: 0 },
  ),
  rearrange('two intermediates', 'trusted', (f, p) => longer(f, p, 1)),
  rearrange('three intermediates', invalid(22, 3), (f, p) => longer(f, p, 2)),
  rearrange('ten intermediates', invalid(22, 3), (f, p) => longer(f, p, 9)),
  rearrange('a loop of two', invalid(20, 2), (f, p) => {
    const key = once(20, () => rsaKey(2048));
    const subject = ibm('Armonk', 'IBM Z Upper CA 0');
    f.certificates.push(writeCertificate(authority(subject, NAMES.intermediate(), key, KEYS.intermediate, '50')));
    p.intermediate.issuer = subject;
    p.intermediate.signer = key;
    setExtension(p.intermediate.extensions, { oid: EXT.akid, value: akid(keyId(key)) });
    f.certificates[0] = writeCertificate(p.intermediate);
  }),
  rearrange(
    'a loop of trusted ones',
    invalid(22, 3),
    (f, p) => {
      const key = once(20, () => rsaKey(2048));
      const subject = ibm('Armonk', 'IBM Z Upper CA 0');
      p.intermediate.issuer = subject;
      p.intermediate.signer = key;
      setExtension(p.intermediate.extensions, { oid: EXT.akid, value: akid(keyId(key)) });
      f.roots = [
        writeCertificate(authority(subject, NAMES.intermediate(), key, KEYS.intermediate, '50')),
        writeCertificate(p.intermediate),
      ];
      f.certificates = [f.certificates[1] as Der];
    },
    { leaf: 0 },
  ),
  rearrange('an intermediate that issues itself', invalid(19, 1), (f, p) => {
    p.intermediate.issuer = NAMES.intermediate();
    p.intermediate.signer = KEYS.intermediate;
    setExtension(p.intermediate.extensions, { oid: EXT.akid, value: akid(keyId(KEYS.intermediate)) });
    f.certificates[0] = writeCertificate(p.intermediate);
  }),
  rearrange('a root of the same name and another key', invalid(20, 1), (f) => {
    f.roots = [writeCertificate(authority(NAMES.root(), NAMES.root(), KEYS.other, KEYS.other, SERIAL.root))];
  }),
  rearrange('a root of the same name and key id, and another key', invalid(7, 1), (f) => {
    const fake = authority(NAMES.root(), NAMES.root(), KEYS.other, KEYS.other, SERIAL.root);
    setExtension(fake.extensions, { oid: EXT.skid, value: octets(keyId(KEYS.root)) });
    setExtension(fake.extensions, { oid: EXT.akid, value: akid(keyId(KEYS.root)) });
    f.roots = [writeCertificate(fake)];
    f.crls.push(writeCrl({ ...goodCrl(NAMES.root(), KEYS.other), extensions: [], thisUpdate: inDays(-1) }));
  }),
  rearrange('an intermediate of the same name and another key', invalid(20, 0), (f) => {
    f.certificates[0] = writeCertificate(authority(NAMES.intermediate(), NAMES.root(), KEYS.other, KEYS.root, '23'));
  }),
  rearrange(
    'an expired intermediate of the same key beside it',
    'trusted',
    (f, p) => {
      f.certificates.unshift(writeCertificate({ ...p.intermediate, serial: '24', notAfter: inDays(-1) }));
    },
    { leaf: 2 },
  ),
  rearrange(
    'an intermediate of the same key that ends at this very second before it',
    'trusted',
    (f, p) => {
      f.certificates.unshift(writeCertificate({ ...p.intermediate, serial: '24', notAfter: AT }));
    },
    { leaf: 2 },
  ),
  rearrange('two expired intermediates of the same key: the one that ended last is taken', invalid(10, 1), (f, p) => {
    f.certificates[0] = writeCertificate({ ...p.intermediate, notAfter: inDays(-3) });
    f.certificates.push(writeCertificate({ ...p.intermediate, serial: '24', notAfter: inDays(-1) }));
  }),
  rearrange('a renewed root of the same key beside it', 'trusted', (f, p) => {
    f.roots.push(writeCertificate({ ...p.root, serial: '12', notAfter: inDays(6000) }));
  }),
  rearrange('an expired root of the same key before it', 'trusted', (f, p) => {
    f.roots.unshift(writeCertificate({ ...p.root, serial: '12', notAfter: inDays(-1) }));
  }),
  rearrange('a stranger among the certificates', 'trusted', (f) => {
    f.certificates.push(writeCertificate(authority(NAMES.host(), NAMES.host(), KEYS.other, KEYS.other, '77')));
  }),
  rearrange('rubbish among the certificates', 'trusted', (f) => f.certificates.push(text('rubbish'))),
];

const NON_P521 = (key: () => Key) => (p: Pki) => {
  p.host.spki = key().spki;
};

const hosts: Mutation[] = [
  spoil('host key: broken signature', 'Signature', (p) => (p.host.spoil = flipped)),
  spoil('host key: signed by a stranger', 'Signature', (p) => (p.host.signer = KEYS.other)),
  spoil('host key: signed by the intermediate', 'Signature', (p) => (p.host.signer = KEYS.intermediate)),
  spoil('host key: signed by the root', 'Signature', (p) => (p.host.signer = KEYS.root)),
  spoil('host key: signed by itself', 'Signature', (p) => {
    p.host.signer = KEYS.host;
    p.host.algorithm = ALGORITHMS['SHA-384 ECDSA'];
  }),
  spoil('host key: SHA-1', 'Signature', (p) => (p.host.algorithm = ALGORITHMS['SHA-1 RSA'])),
  spoil('host key: MD5', 'Signature', (p) => (p.host.algorithm = ALGORITHMS['MD5 RSA'])),
  spoil('host key: SHA-256', 'trusted', (p) => (p.host.algorithm = ALGORITHMS['SHA-256 RSA'])),
  spoil('host key: another algorithm outside', 'unreadable bad-value', (p) => (p.host.outside = ALGORITHMS['SHA-256 RSA'])),
  spoil('host key: another issuer name', 'trusted', (p) => (p.host.issuer = NAMES.root())),
  spoil('host key: another subject', 'trusted', (p) => (p.host.subject = [{ oid: KIND.CN, value: 'machine' }])),
  spoil(
    'host key: P-256',
    'unreadable certificate',
    NON_P521(() => once(4, () => ecKey('prime256v1'))),
  ),
  spoil(
    'host key: P-384',
    'unreadable certificate',
    NON_P521(() => once(5, () => ecKey('secp384r1'))),
  ),
  spoil(
    'host key: secp256k1',
    'unreadable certificate',
    NON_P521(() => once(9, () => ecKey('secp256k1'))),
  ),
  spoil(
    'host key: RSA, 4096 bits',
    'unreadable certificate',
    NON_P521(() => once(10, () => rsaKey(4096))),
  ),
  spoil(
    'host key: RSA, 1024 bits',
    'unreadable certificate',
    NON_P521(() => once(0, () => rsaKey(1024))),
  ),
  spoil(
    'host key: Ed25519',
    'unreadable certificate',
    NON_P521(() => once(8, edKey)),
  ),
  spoil(
    'host key: the parameters of the curve written out',
    'unreadable certificate',
    (p) => (p.host.spki = explicitP521(KEYS.host)),
  ),
  spoil('host key: a point off the curve', 'unreadable not-on-curve', (p) => {
    p.host.spki = p.host.spki.map((b, i, all) => (i === all.length - 1 ? b ^ 1 : b));
  }),
  spoil('host key: the point at infinity', 'unreadable not-on-curve', (p) => {
    p.host.spki = seq(seq(oid('1.2.840.10045.2.1'), oid('1.3.132.0.35')), bits(new Uint8Array([0])));
  }),
  spoil('host key: coordinates beyond the prime', 'unreadable not-on-curve', (p) => {
    p.host.spki = seq(
      seq(oid('1.2.840.10045.2.1'), oid('1.3.132.0.35')),
      bits(new Uint8Array([4, ...new Uint8Array(132).fill(0xff)])),
    );
  }),
  spoil('host key: half a point', 'unreadable not-on-curve', (p) => {
    p.host.spki = seq(seq(oid('1.2.840.10045.2.1'), oid('1.3.132.0.35')), bits(KEYS.host.spki.slice(-133, -10)));
  }),
  spoil('host key: a compressed point', 'trusted', (p) => {
    const point = KEYS.host.spki.slice(-133);
    const sign = 2 + ((point.at(-1) as number) & 1);
    p.host.spki = seq(seq(oid('1.2.840.10045.2.1'), oid('1.3.132.0.35')), bits(new Uint8Array([sign, ...point.slice(1, 67)])));
  }),
  spoil('host key: version 1', 'trusted', (p) => {
    p.host.version = 1;
    p.host.extensions = [];
  }),
  spoil('host key: a certificate authority', 'unreadable intermediate', (p) =>
    setExtension(p.host.extensions, { oid: EXT.constraints, critical: true, value: constraints(true) }),
  ),
];

export const chain: Mutation[] = [...keys, ...signatures, ...rules, ...malformed, ...identifiers, ...shapes, ...hosts];
