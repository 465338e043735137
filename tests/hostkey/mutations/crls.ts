/** CRLs: missing, swapped, at the wrong time, of the wrong hand, about something else; and what they revoke. */
import { type Der, hexBytes, int, text, tlv } from '../der-writer.ts';
import {
  ALGORITHMS,
  AT,
  akid,
  type Crl,
  dropExtension,
  EXT,
  goodCrl,
  inDays,
  KEYS,
  KINDS,
  keyId,
  LEVELS,
  type Level,
  NAMES,
  type Pki,
  SERIAL,
  setExtension,
  URLS,
  writeCrl,
} from '../forge.ts';
import {
  DEPTH,
  flipped,
  idp,
  invalid,
  type Mutation,
  other,
  pointName,
  rearrange,
  spaced,
  spoil,
  UNKNOWN_CRITICAL,
  upper,
  YES,
} from './make.ts';

/** The two levels whose CRLs belong to the chain: about whom each is first asked, and at which depth. */
const CHAIN = [
  { l: 'root', below: 'intermediate', at: 1 },
  { l: 'intermediate', below: 'signing', at: 0 },
] as const satisfies readonly { l: Level; below: Level; at: number }[];

const REASON = { oid: '2.5.29.21', value: tlv(0x0a, hexBytes('01')) };
const place = (l: Level): number => LEVELS.indexOf(l);

const inChain: Mutation[] = CHAIN.flatMap(({ l, below, at }) => {
  const list = (p: Pki): Crl => p.crls[l];
  const revoking = { revoked: [{ serial: SERIAL[below] }] };
  const revoked = invalid(23, DEPTH[below]);
  return [
    spoil(`${l} CRL: expired`, invalid(12, at), (p) => (list(p).nextUpdate = inDays(-1))),
    spoil(`${l} CRL: ends at this very second`, invalid(12, at), (p) => (list(p).nextUpdate = AT)),
    spoil(`${l} CRL: ends a second later`, 'trusted', (p) => (list(p).nextUpdate = new Date(AT.getTime() + 1000))),
    spoil(`${l} CRL: not valid yet`, invalid(11, at), (p) => (list(p).thisUpdate = inDays(1))),
    spoil(`${l} CRL: begins at this very second`, 'trusted', (p) => (list(p).thisUpdate = AT)),
    spoil(`${l} CRL: no next update`, 'trusted', (p) => (list(p).nextUpdate = undefined)),
    spoil(`${l} CRL: next update without seconds`, invalid(3, at), (p) => (list(p).nextUpdate = tlv(0x17, text('4911240500Z'))), {
      openssl: `16@${at}`,
    }),
    spoil(`${l} CRL: signed by a stranger`, invalid(8, at), (p) => (list(p).signer = KEYS.other)),
    spoil(`${l} CRL: broken signature`, invalid(8, at), (p) => (list(p).spoil = flipped)),
    spoil(`${l} CRL: another algorithm outside`, invalid(3, at), (p) => (list(p).outside = ALGORITHMS['SHA-256 RSA']), {
      openssl: `8@${at}`,
    }),
    spoil(`${l} CRL: the key id of another`, invalid(3, at), (p) =>
      setExtension(list(p).extensions, { oid: EXT.akid, value: akid(keyId(KEYS.other)) }),
    ),
    spoil(`${l} CRL: the serial of another in its authority`, invalid(3, at), (p) =>
      setExtension(list(p).extensions, { oid: EXT.akid, value: akid(keyId(list(p).signer), p[l].issuer, '7777') }),
    ),
    spoil(`${l} CRL: the issuer of another in its authority`, invalid(3, at), (p) =>
      setExtension(list(p).extensions, { oid: EXT.akid, value: akid(keyId(list(p).signer), NAMES.host(), SERIAL[l]) }),
    ),
    spoil(`${l} CRL: authority by key id, issuer and serial`, 'trusted', (p) =>
      setExtension(list(p).extensions, { oid: EXT.akid, value: akid(keyId(list(p).signer), p[l].issuer, SERIAL[l]) }),
    ),
    spoil(`${l} CRL: no authority key id`, 'trusted', (p) => dropExtension(list(p).extensions, EXT.akid)),
    spoil(`${l} CRL: unknown critical extension`, invalid(36, at), (p) => list(p).extensions.push(UNKNOWN_CRITICAL)),
    spoil(`${l} CRL: critical CRL number`, invalid(36, at), (p) =>
      list(p).extensions.push({ oid: EXT.crlNumber, critical: true, value: int('01') }),
    ),
    spoil(`${l} CRL: unknown critical extension in an entry`, invalid(36, at), (p) => {
      list(p).revoked = [{ serial: '0999', extensions: [UNKNOWN_CRITICAL] }];
    }),
    spoil(
      `${l} CRL: changes only`,
      invalid(3, at),
      (p) => list(p).extensions.push({ oid: EXT.delta, critical: true, value: int('01') }),
      { opensslBefore: 'ok' },
    ),
    spoil(`${l} CRL: for attribute certificates`, invalid(3, at), (p) => list(p).extensions.push(idp(tlv(0x85, YES))), {
      openssl: `44@${at}`,
    }),
    spoil(`${l} CRL: for some reasons`, invalid(3, at), (p) => list(p).extensions.push(idp(tlv(0x83, hexBytes('0640'))))),
    spoil(`${l} CRL: with entries of other issuers`, invalid(3, at), (p) => list(p).extensions.push(idp(tlv(0x84, YES)))),
    spoil(`${l} CRL: for another distribution point`, invalid(44, at), (p) =>
      list(p).extensions.push(idp(pointName('http://crl.example/other.crl'))),
    ),
    spoil(`${l} CRL: revokes`, revoked, (p) => list(p).revoked.push({ serial: SERIAL[below] })),
    spoil(`${l} CRL: revokes, with a reason`, revoked, (p) =>
      list(p).revoked.push({ serial: SERIAL[below], extensions: [REASON] }),
    ),
    spoil(`${l} CRL: revokes a serial that begins the same`, 'trusted', (p) =>
      list(p).revoked.push({ serial: `${SERIAL[below]}01` }),
    ),
    spoil(`${l} CRL: issuer in other case`, 'trusted', (p) => (list(p).issuer = upper(list(p).issuer))),
    spoil(`${l} CRL: issuer with more white space`, 'trusted', (p) => (list(p).issuer = spaced(list(p).issuer))),
    ...KINDS.map((kind) =>
      spoil(`${l} CRL: another ${kind} in its issuer`, invalid(3, at), (p) => (list(p).issuer = other(list(p).issuer, kind))),
    ),
    ...(['SHA-1 RSA', 'MD5 RSA', 'SHA-224 RSA', 'RSA-PSS'] as const).map((a) =>
      spoil(`${l} CRL: ${a}`, invalid(8, at), (p) => (list(p).algorithm = ALGORITHMS[a]), {
        openssl: 'ok',
        stricter: 'OpenSSL does not look at how a CRL is signed',
      }),
    ),
    ...(['SHA-256 RSA', 'SHA-384 RSA', 'SHA-512 RSA without NULL'] as const).map((a) =>
      spoil(`${l} CRL: ${a}`, 'trusted', (p) => (list(p).algorithm = ALGORITHMS[a])),
    ),
    rearrange(`${l} CRL: missing`, invalid(3, at), (f) => f.crls.splice(place(l), 1)),
    rearrange(`${l} CRL: twice`, 'trusted', (f) => f.crls.push(f.crls[place(l)] as Der)),
    rearrange(
      `${l} CRL: a byte behind it`,
      invalid(3, at),
      (f) => (f.crls[place(l)] = new Uint8Array([...(f.crls[place(l)] as Der), 0])),
      {
        openssl: 'ok',
        stricter: 'OpenSSL does not look behind a structure in a PEM block',
      },
    ),
    rearrange(`${l} CRL: an empty file`, invalid(3, at), (f) => (f.crls[place(l)] = new Uint8Array(0))),
    rearrange(`${l} CRL: a newer one revokes`, revoked, (f, p) =>
      f.crls.push(writeCrl({ ...list(p), thisUpdate: inDays(-1), ...revoking })),
    ),
    rearrange(`${l} CRL: a newer one, given first, revokes`, revoked, (f, p) =>
      f.crls.unshift(writeCrl({ ...list(p), thisUpdate: inDays(-1), ...revoking })),
    ),
    rearrange(`${l} CRL: a newer one is signed by a stranger`, invalid(8, at), (f, p) =>
      f.crls.push(writeCrl({ ...list(p), thisUpdate: inDays(-1), signer: KEYS.other })),
    ),
    rearrange(`${l} CRL: an older one revokes`, 'trusted', (f, p) =>
      f.crls.push(writeCrl({ ...list(p), thisUpdate: inDays(-20), ...revoking })),
    ),
    rearrange(`${l} CRL: one of tomorrow revokes`, 'trusted', (f, p) =>
      f.crls.push(writeCrl({ ...list(p), thisUpdate: inDays(1), ...revoking })),
    ),
    rearrange(`${l} CRL: a newer one has an unknown critical extension`, 'trusted', (f, p) =>
      f.crls.push(
        writeCrl({ ...list(p), thisUpdate: inDays(-1), extensions: [...list(p).extensions, UNKNOWN_CRITICAL], ...revoking }),
      ),
    ),
  ];
});

const scopes: Mutation[] = [
  spoil('root CRL: for certificate authorities', 'trusted', (p) => p.crls.root.extensions.push(idp(tlv(0x82, YES)))),
  spoil('root CRL: for users', invalid(44, 1), (p) => p.crls.root.extensions.push(idp(tlv(0x81, YES)))),
  spoil('intermediate CRL: for users', 'trusted', (p) => p.crls.intermediate.extensions.push(idp(tlv(0x81, YES)))),
  spoil('intermediate CRL: for certificate authorities', invalid(44, 0), (p) =>
    p.crls.intermediate.extensions.push(idp(tlv(0x82, YES))),
  ),
  spoil('intermediate CRL: for its distribution point', 'trusted', (p) =>
    p.crls.intermediate.extensions.push(idp(pointName(URLS.intermediate))),
  ),
  spoil('root CRL: for a distribution point the root itself does not name', invalid(44, 2), (p) =>
    p.crls.root.extensions.push(idp(pointName(URLS.root))),
  ),
  spoil('root CRL: revokes the root', invalid(23, 2), (p) => p.crls.root.revoked.push({ serial: SERIAL.root })),
  spoil('root CRL: revokes a serial of the signing key', 'trusted', (p) => p.crls.root.revoked.push({ serial: SERIAL.signing })),
  spoil('root: may not sign CRLs', invalid(35, 1), (p) => setExtension(p.root.extensions, usage([5]))),
  spoil('intermediate: may not sign CRLs', invalid(35, 0), (p) => setExtension(p.intermediate.extensions, usage([5]))),
  spoil('root and intermediate CRL: swapped hands', invalid(8, 0), (p) => {
    p.crls.root.signer = KEYS.intermediate;
    p.crls.intermediate.signer = KEYS.root;
  }),
  spoil('root and intermediate CRL: swapped issuers', invalid(3, 0), (p) => {
    [p.crls.root.issuer, p.crls.intermediate.issuer] = [p.crls.intermediate.issuer, p.crls.root.issuer];
  }),
  rearrange('no CRL at all', invalid(3, 0), (f) => f.crls.splice(0)),
  rearrange('the CRL of the signing key for all', invalid(3, 0), (f) => f.crls.splice(0, 2)),
];

function usage(bits: readonly number[]) {
  const value = bits.reduce((n, b) => n | (0x80 >> b), 0);
  return { oid: EXT.usage, critical: true, value: tlv(0x03, new Uint8Array([0, value])) };
}

/** The CRL of the signing key is not part of the chain: OpenSSL has nothing to say about it. */
const signing = (p: Pki): Crl => p.crls.signing;
const ofHost: Mutation[] = [
  rearrange('signing CRL: missing', 'NoCrl', (f) => f.crls.splice(2, 1)),
  rearrange('signing CRL: twice', 'trusted', (f) => f.crls.push(f.crls[2] as Der)),
  rearrange('signing CRL: an empty file', 'NoCrl', (f) => (f.crls[2] = new Uint8Array(0))),
  spoil('signing CRL: expired', 'NoCrl', (p) => (signing(p).nextUpdate = inDays(-1))),
  spoil('signing CRL: ends at this very second', 'NoCrl', (p) => (signing(p).nextUpdate = AT)),
  spoil('signing CRL: ends a second later', 'trusted', (p) => (signing(p).nextUpdate = new Date(AT.getTime() + 1000))),
  spoil('signing CRL: not valid yet', 'NoCrl', (p) => (signing(p).thisUpdate = inDays(1))),
  spoil('signing CRL: no next update', 'NoCrl', (p) => (signing(p).nextUpdate = undefined)),
  spoil('signing CRL: next update without seconds', 'NoCrl', (p) => (signing(p).nextUpdate = tlv(0x17, text('4911240500Z')))),
  spoil('signing CRL: signed by a stranger', 'NoCrl', (p) => (signing(p).signer = KEYS.other)),
  spoil('signing CRL: signed by the intermediate', 'NoCrl', (p) => (signing(p).signer = KEYS.intermediate)),
  spoil('signing CRL: broken signature', 'NoCrl', (p) => (signing(p).spoil = flipped)),
  spoil('signing CRL: SHA-1', 'NoCrl', (p) => (signing(p).algorithm = ALGORITHMS['SHA-1 RSA'])),
  spoil('signing CRL: the key id of another', 'NoCrl', (p) =>
    setExtension(signing(p).extensions, { oid: EXT.akid, value: akid(keyId(KEYS.other)) }),
  ),
  spoil('signing CRL: the serial of another in its authority', 'NoCrl', (p) =>
    setExtension(signing(p).extensions, { oid: EXT.akid, value: akid(keyId(KEYS.signing), p.signing.issuer, '7777') }),
  ),
  spoil('signing CRL: no authority key id', 'trusted', (p) => dropExtension(signing(p).extensions, EXT.akid)),
  spoil('signing CRL: unknown critical extension', 'NoCrl', (p) => signing(p).extensions.push(UNKNOWN_CRITICAL)),
  spoil('signing CRL: changes only', 'NoCrl', (p) => signing(p).extensions.push({ oid: EXT.delta, value: int('01') })),
  spoil('signing CRL: for certificate authorities', 'NoCrl', (p) => signing(p).extensions.push(idp(tlv(0x82, YES)))),
  spoil('signing CRL: for another distribution point', 'NoCrl', (p) =>
    signing(p).extensions.push(idp(pointName('http://crl.example/other.crl'))),
  ),
  spoil('signing CRL: for its distribution point', 'trusted', (p) => signing(p).extensions.push(idp(pointName(URLS.signing)))),
  spoil('signing CRL: of the intermediate by name', 'NoCrl', (p) => (signing(p).issuer = NAMES.intermediate())),
  ...KINDS.map((kind) =>
    spoil(`signing CRL: another ${kind} in its issuer`, 'NoCrl', (p) => (signing(p).issuer = other(signing(p).issuer, kind))),
  ),
  spoil('host key: revoked', 'HkdRevoked', (p) => signing(p).revoked.push({ serial: SERIAL.host })),
  spoil('host key: revoked, with a reason', 'HkdRevoked', (p) =>
    signing(p).revoked.push({ serial: SERIAL.host, extensions: [REASON] }),
  ),
  spoil('host key: taken from the list again', 'HkdRevoked', (p) =>
    signing(p).revoked.push({ serial: SERIAL.host, extensions: [{ oid: '2.5.29.21', value: tlv(0x0a, hexBytes('08')) }] }),
  ),
  rearrange('host key: revoked in an older list', 'HkdRevoked', (f, p) =>
    f.crls.push(writeCrl({ ...signing(p), thisUpdate: inDays(-20), revoked: [{ serial: SERIAL.host }] })),
  ),
  rearrange('host key: revoked in a newer list', 'HkdRevoked', (f, p) =>
    f.crls.unshift(writeCrl({ ...signing(p), thisUpdate: inDays(-1), revoked: [{ serial: SERIAL.host }] })),
  ),
  rearrange('host key: revoked in an expired list', 'trusted', (f, p) =>
    f.crls.push(writeCrl({ ...signing(p), nextUpdate: inDays(-1), revoked: [{ serial: SERIAL.host }] })),
  ),
  rearrange('host key: revoked by a stranger', 'trusted', (f) =>
    f.crls.push(writeCrl({ ...goodCrl(NAMES.signing(), KEYS.other), extensions: [], revoked: [{ serial: SERIAL.host }] })),
  ),
];

export const crls: Mutation[] = [...inChain, ...scopes, ...ofHost];
