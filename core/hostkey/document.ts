/** Host-key documents: X.509 certificates with a secp521r1 key. Source: spec page "host-keys". */
import type { Bytes } from '../bytes.ts';
import { publicKeyHash } from '../crypto/p521.ts';
import { fail } from '../errors.ts';
import { keyText, type ParsedCertificate, parseCertificate } from './certificate.ts';
import { nameText } from './name.ts';
import { isCertificateLabel, readBlocks } from './pem.ts';

/** A host-key document. Reading it verifies nothing. */
export interface HostKeyDocument {
  readonly der: Bytes;
  readonly certificate: ParsedCertificate;
  /** x then y, 80 bytes each */
  readonly publicKey: Bytes;
  /** public host-key hash: SHA-256 of the 160 bytes */
  readonly phkh: Bytes;
  /** hex */
  readonly serial: string;
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const F = 'host-key document';

/** A certificate as host-key document. @throws wrong-curve */
export const hostKeyDocument = (certificate: ParsedCertificate): HostKeyDocument => {
  if (certificate.key.kind !== 'p521')
    return fail('wrong-curve', F, `a key: ${keyText(certificate.key)}`, 'a key on secp521r1 (P-521)');
  const { publicKey } = certificate.key;
  return {
    der: certificate.der,
    certificate,
    publicKey,
    phkh: publicKeyHash(publicKey),
    serial: certificate.serial,
    subject: nameText(certificate.subject),
    issuer: nameText(certificate.issuer),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
  };
};

/**
 * The host-key documents of a file: PEM or DER, one or several.
 * @throws empty, not-recognised, bad-encoding, wrong-curve, not-on-curve, not-found when the file has other blocks only
 */
export const readHostKeyDocuments = (bytes: Bytes): HostKeyDocument[] => {
  const blocks = readBlocks(bytes, F).filter((b) => b.label === undefined || isCertificateLabel(b.label));
  if (blocks.length === 0) fail('not-found', F, 'other PEM blocks', 'a certificate');
  return blocks.map((b) => hostKeyDocument(parseCertificate(b.der)));
};
