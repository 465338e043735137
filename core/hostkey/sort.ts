/** Sorts files by what they hold: host keys, the signing key, intermediates, roots, CRLs, or nothing of that, with the reason. */
import { isArchive, openArchive } from '../archive.ts';
import type { Bytes } from '../bytes.ts';
import { type Facts, fail, SelError } from '../errors.ts';
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

/** Most pieces of one archive, and of what is sorted at once. */
export const PIECES_MAX = 4000;

const WHAT = 'certificate or CRL';

const unfit = (facts: Facts): SelError => new SelError('not-recognised', facts);

/** Runs a reader; its error becomes the one piece of the answer. */
const tried = (file: string, read: () => Piece[]): Piece[] => {
  try {
    return read();
  } catch (e) {
    if (e instanceof SelError) return [{ file, kind: 'unknown', error: new SelError(e.code, { ...e.facts, file }) }];
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

const sortPlain = (file: string, bytes: Bytes): Piece[] =>
  tried(file, () => {
    if (isArchive(bytes)) throw unfit({ file, field: WHAT, found: 'an archive inside an archive' });
    return readBlocks(bytes, WHAT).flatMap((b) => tried(file, () => [pieceOf(file, b)]));
  });

/** The pieces of every file in a zip. @throws what openArchive throws; empty; too-long for too many pieces */
const sortArchive = (file: string, bytes: Bytes): Piece[] => {
  const pieces: Piece[] = [];
  for (const { name, bytes: content, error } of openArchive(bytes)) {
    if (content) pieces.push(...sortPlain(name, content));
    else pieces.push({ file: name, kind: 'unknown', ...(error ? { error } : {}) });
    if (pieces.length > PIECES_MAX) fail('too-long', 'zip archive', `over ${PIECES_MAX} pieces`, `at most ${PIECES_MAX}`);
  }
  return pieces.length > 0 ? pieces.map((p) => ({ ...p, archive: file })) : fail('empty', 'zip archive', '0 files', 'files');
};

/** The pieces of one file, or of every file in a zip. Never throws for what it holds: that is `unknown`, with the reason. */
export const sortFile = (file: string, bytes: Bytes): Piece[] =>
  isArchive(bytes) ? tried(file, () => sortArchive(file, bytes)) : sortPlain(file, bytes);
