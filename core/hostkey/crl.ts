/** Certificate revocation lists, read strictly. */
import { AsnConvert } from '@peculiar/asn1-schema';
import { AuthorityKeyIdentifier, CertificateList, id_ce_authorityKeyIdentifier } from '@peculiar/asn1-x509';
import { type Bytes, hex } from '../bytes.ts';
import { fail } from '../errors.ts';
import { crlAlgorithm, cutSigned, type Signed } from './der.ts';
import { type NameEntry, nameEntries } from './name.ts';

/** A CRL. Nothing in it is verified by reading it. */
export interface ParsedCrl {
  readonly der: Bytes;
  readonly signed: Signed;
  readonly issuer: readonly NameEntry[];
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  /** revoked serial numbers, hex */
  readonly revoked: ReadonlySet<string>;
  readonly authorityKeyId?: Bytes;
  /** critical extensions that we do not know, in the list or in an entry */
  readonly unknownCritical: readonly string[];
}

const F = 'CRL';
/** Critical extensions that change nothing here: number, and the reason and date in an entry. */
const KNOWN = [id_ce_authorityKeyIdentifier, '2.5.29.20', '2.5.29.21', '2.5.29.24'];

/** Serial numbers compare without leading zeros. */
export const plainSerial = (serial: string): string => serial.replace(/^(00)+(?=.)/, '');

/** Reads one CRL. @throws bad-encoding, bad-value, trailing-bytes */
export const parseCrl = (der: Bytes): ParsedCrl => {
  const signed = cutSigned(der, F, crlAlgorithm);
  let list: CertificateList['tbsCertList'];
  let authority: AuthorityKeyIdentifier | undefined;
  try {
    list = AsnConvert.parse(der.slice(), CertificateList).tbsCertList;
    const e = list.crlExtensions?.find((x) => x.extnID === id_ce_authorityKeyIdentifier);
    authority = e && AsnConvert.parse(e.extnValue.buffer.slice(0), AuthorityKeyIdentifier);
  } catch {
    return fail('bad-encoding', F, 'another ASN.1 structure', 'an X.509 CRL');
  }
  const revoked = list.revokedCertificates ?? [];
  const extensions = [...(list.crlExtensions ?? []), ...revoked.flatMap((r) => r.crlEntryExtensions ?? [])];
  const nextUpdate = list.nextUpdate?.getTime();
  return {
    der,
    signed,
    issuer: nameEntries(list.issuer),
    thisUpdate: list.thisUpdate.getTime(),
    ...(nextUpdate ? { nextUpdate } : {}),
    revoked: new Set(revoked.map((r) => plainSerial(hex(new Uint8Array(r.userCertificate))))),
    ...(authority?.keyIdentifier ? { authorityKeyId: new Uint8Array(authority.keyIdentifier.buffer) } : {}),
    unknownCritical: extensions.filter((e) => e.critical && !KNOWN.includes(e.extnID)).map((e) => e.extnID),
  };
};
