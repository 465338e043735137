/** Shows certificates, host-key documents, CRLs, and says of keys that they are keys. */
import { type Bytes, hex } from '../bytes.ts';
import { publicKeyHash } from '../crypto/p521.ts';
import { fail } from '../errors.ts';
import { type ParsedCertificate, parseCertificate } from '../hostkey/certificate.ts';
import { type ParsedCrl, parseCrl } from '../hostkey/crl.ts';
import { nameText } from '../hostkey/name.ts';
import { type Block, readBlocks } from '../hostkey/pem.ts';
import { instantText } from '../time.ts';
import type { FileKind, Inspected, Shown } from './shown.ts';

const keyText = (key: ParsedCertificate['key']): string => {
  switch (key.kind) {
    case 'p521':
      return 'secp521r1';
    case 'rsa':
      return `RSA, ${key.bits} bits`;
    case 'ec':
      return key.curve;
    case 'other':
      return key.oid;
  }
};

const certificateShown = (c: ParsedCertificate): Record<string, Shown> => ({
  subject: nameText(c.subject),
  issuer: nameText(c.issuer),
  serial: c.serial,
  'not-before': instantText(c.notBefore),
  'not-after': instantText(c.notAfter),
  key: keyText(c.key),
  'crl-addresses': [...c.crlUrls],
});

const crlShown = (c: ParsedCrl): Record<string, Shown> => ({
  issuer: nameText(c.issuer),
  'this-update': instantText(c.thisUpdate),
  'next-update': c.nextUpdate ? instantText(c.nextUpdate) : null,
  revoked: c.revoked.size,
});

const certificate = (der: Bytes): Inspected => {
  const c = parseCertificate(der);
  if (c.key.kind !== 'p521') return { kind: 'certificate', shown: certificateShown(c) };
  return {
    kind: 'host-key document',
    shown: { 'host-key-hash': hex(publicKeyHash(c.key.publicKey)), ...certificateShown(c), verified: 'not verified' },
  };
};

/** PEM blocks whose content is not looked at, by the end of their label. */
const OPAQUE: readonly (readonly [end: string, kind: FileKind])[] = [
  ['PRIVATE KEY', 'private key'],
  ['PUBLIC KEY', 'public key'],
  // stands in front of a key that OpenSSL writes
  ['EC PARAMETERS', 'public key'],
  ['IBM PROTECTED KEY', 'retrieved secret'],
  ['PLAINTEXT SECRET', 'retrieved secret'],
];

const block = (b: Block): Inspected => {
  const { label } = b;
  if (label === undefined) return derBlock(b.der);
  if (label.endsWith('CRL')) return { kind: 'CRL', shown: crlShown(parseCrl(b.der)) };
  if (label.endsWith('CERTIFICATE')) return certificate(b.der);
  const opaque = OPAQUE.find(([end]) => label.endsWith(end));
  if (opaque === undefined) return fail('not-recognised', 'PEM block', label, 'a certificate, a CRL or a key');
  return { kind: opaque[1], shown: { label, content: 'not shown' } };
};

/** DER says nothing about itself: what reads as a CRL is one. */
const derBlock = (der: Bytes): Inspected => {
  let crl: ParsedCrl;
  try {
    crl = parseCrl(der);
  } catch {
    return certificate(der);
  }
  return { kind: 'CRL', shown: crlShown(crl) };
};

/** @throws everything of readBlocks, parseCertificate and parseCrl */
export const inspectX509 = (bytes: Bytes): Inspected[] => readBlocks(bytes, 'file').map(block);
