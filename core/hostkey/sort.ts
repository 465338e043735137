/** Sorts files by what they hold: host keys, the signing key, intermediates, roots, CRLs, or nothing of that. */
import type { Bytes } from '../bytes.ts';
import { SelError } from '../errors.ts';
import { type ParsedCertificate, parseCertificate } from './certificate.ts';
import { isSelfIssued } from './chain.ts';
import { type ParsedCrl, parseCrl } from './crl.ts';
import { type HostKeyDocument, hostKeyDocument } from './document.ts';
import { readBlocks } from './pem.ts';
import { isIbmSigningKey } from './verify.ts';

export type PieceKind = 'host-key' | 'signing-key' | 'intermediate' | 'root' | 'certificate' | 'crl' | 'unknown';

/** One piece of a file. */
export interface Piece {
  readonly file: string;
  readonly kind: PieceKind;
  readonly hostKey?: HostKeyDocument;
  readonly certificate?: ParsedCertificate;
  readonly crl?: ParsedCrl;
  /** why it could not be read */
  readonly error?: SelError;
}

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
  if (certificate.basicConstraints?.ca) return { file, kind: isSelfIssued(certificate) ? 'root' : 'intermediate', certificate };
  if (certificate.key.kind === 'p521') return { file, kind: 'host-key', certificate, hostKey: hostKeyDocument(certificate) };
  return { file, kind: 'certificate', certificate };
};

/** The pieces of one file. Never throws for what it holds: that is `unknown`, with the reason. */
export const sortFile = (file: string, bytes: Bytes): Piece[] => {
  const pieces: Piece[] = [];
  const outcome = tried(file, () => {
    for (const block of readBlocks(bytes, 'certificate or CRL')) {
      if (block.label !== undefined && !block.label.endsWith('CERTIFICATE') && !block.label.endsWith('CRL')) continue;
      pieces.push(
        tried(file, () =>
          isCrl(block.label, block.der)
            ? { file, kind: 'crl', crl: parseCrl(block.der) }
            : certificatePiece(file, parseCertificate(block.der)),
        ),
      );
    }
    return {
      file,
      kind: 'unknown',
      error: new SelError('not-recognised', { file, field: 'file', found: 'no certificate and no CRL' }),
    };
  });
  return pieces.length > 0 ? pieces : [outcome];
};

/** A DER block says nothing about itself: a CRL is what reads as one and not as a certificate. */
const isCrl = (label: string | undefined, der: Bytes): boolean => {
  if (label !== undefined) return label.endsWith('CRL');
  try {
    parseCrl(der);
    return true;
  } catch {
    return false;
  }
};
