/** Sorts files by what they hold: host keys, the signing key, intermediates, roots, CRLs, or nothing of that, with the reason. */
import { isArchive, openArchive } from '../archive.ts';
import type { Bytes } from '../bytes.ts';
import { type Facts, SelError } from '../errors.ts';
import { keyText, type ParsedCertificate, parseCertificate } from './certificate.ts';
import { type ParsedCrl, parseCrl } from './crl.ts';
import { children, readWhole, TAG } from './der.ts';
import { type HostKeyDocument, hostKeyDocument } from './document.ts';
import { isIbmSigningKey } from './ibm.ts';
import { isSelfSigned } from './issue.ts';
import { type Block, isCertificateLabel, isCrlLabel, readBlocks } from './pem.ts';

export type PieceKind = 'host-key' | 'signing-key' | 'intermediate' | 'root' | 'certificate' | 'crl' | 'unknown';

/** One piece of a file. */
export interface Piece {
  /** the file, without its folders when it came out of an archive */
  readonly file: string;
  /** the archive it came out of */
  readonly archive?: string;
  readonly kind: PieceKind;
  readonly hostKey?: HostKeyDocument;
  readonly certificate?: ParsedCertificate;
  readonly crl?: ParsedCrl;
  /** why it could not be read, or why a certificate is none of those that are needed */
  readonly error?: SelError;
}

const WHAT = 'certificate or CRL';

const unfit = (facts: Facts): SelError => new SelError('not-recognised', facts);

const tried = (file: string, read: () => Piece): Piece => {
  try {
    return read();
  } catch (e) {
    if (e instanceof SelError) return { file, kind: 'unknown', error: new SelError(e.code, { ...e.facts, file }) };
    throw e;
  }
};

const certificatePiece = (file: string, certificate: ParsedCertificate): Piece => {
  if (isIbmSigningKey(certificate)) return { file, kind: 'signing-key', certificate };
  if (certificate.basicConstraints?.ca) return { file, kind: isSelfSigned(certificate) ? 'root' : 'intermediate', certificate };
  if (certificate.key.kind === 'p521') return { file, kind: 'host-key', certificate, hostKey: hostKeyDocument(certificate) };
  const found = `neither a certificate authority nor IBM's signing key, with a key: ${keyText(certificate.key)}`;
  return { file, kind: 'certificate', certificate, error: unfit({ file, field: 'certificate', found }) };
};

/** A DER block says nothing about itself: behind issuer and algorithm a CRL has a time, a certificate two of them in a sequence. */
const looksLikeCrl = (der: Bytes): boolean => {
  const [signed] = children(der, readWhole(der, TAG.sequence, WHAT), WHAT);
  const fields = signed?.tag === TAG.sequence ? children(der, signed, WHAT) : [];
  const third = fields[fields[0]?.tag === TAG.integer ? 3 : 2];
  return third?.tag === TAG.utcTime || third?.tag === TAG.generalizedTime;
};

const pieceOf = (file: string, { label, der }: Block): Piece => {
  if (label === undefined ? looksLikeCrl(der) : isCrlLabel(label)) return { file, kind: 'crl', crl: parseCrl(der) };
  if (label === undefined || isCertificateLabel(label)) return certificatePiece(file, parseCertificate(der));
  throw unfit({ file, field: WHAT, found: `a PEM block "${label}"` });
};

const sortPlain = (file: string, bytes: Bytes): Piece[] => {
  let blocks: Block[] = [];
  const whole = tried(file, () => {
    if (isArchive(bytes)) throw unfit({ file, field: WHAT, found: 'an archive inside an archive' });
    blocks = readBlocks(bytes, WHAT);
    return { file, kind: 'unknown' };
  });
  return whole.error ? [whole] : blocks.map((b) => tried(file, () => pieceOf(file, b)));
};

/** The pieces of one file, or of every file in a zip. Never throws for what it holds: that is `unknown`, with the reason. */
export const sortFile = (file: string, bytes: Bytes): Piece[] => {
  if (!isArchive(bytes)) return sortPlain(file, bytes);
  const pieces: Piece[] = [];
  const whole = tried(file, () => {
    const files = openArchive(bytes);
    if (files.length === 0) throw new SelError('empty', { file, field: 'zip archive', found: '0 files' });
    for (const f of files)
      pieces.push(
        ...(f.bytes
          ? sortPlain(f.name, f.bytes)
          : [{ file: f.name, kind: 'unknown' as const, ...(f.error ? { error: f.error } : {}) }]),
      );
    return { file, kind: 'unknown' };
  });
  return whole.error ? [whole] : pieces.map((p) => ({ ...p, archive: file }));
};
