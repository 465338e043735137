/** Host-key documents from the command line's options, verified with what was given beside them. */
import { hex } from '../core/bytes.ts';
import { inFile } from '../core/errors.ts';
import type { ParsedCertificate } from '../core/hostkey/certificate.ts';
import type { ParsedCrl } from '../core/hostkey/crl.ts';
import { type HostKeyDocument, readHostKeyDocuments } from '../core/hostkey/document.ts';
import { type Piece, sortFile } from '../core/hostkey/sort.ts';
import { type HostKeyVerdict, verifyHostKeys } from '../core/hostkey/verify.ts';
import { readFile } from '../edge/files.ts';
import { verifySignature } from '../edge/keys.ts';
import { systemRoots } from '../edge/roots.ts';
import { hostKeyErrorSays, missingSays } from '../words/hostkey.ts';
import { Done, EXIT, warn } from './out.ts';

/** The options of pvsecret that are about host keys. */
export interface CertificateOptions {
  readonly hostKeyDocument?: string[];
  readonly cert?: string[];
  readonly crl?: string[];
  readonly rootCa?: string;
  readonly offline?: boolean;
  /** false with --no-verify */
  readonly verify?: boolean;
}

/** A host-key document and what is known of it. */
export interface LoadedHostKey {
  readonly document: HostKeyDocument;
  readonly file: string;
  readonly verified: boolean;
  readonly verdict?: HostKeyVerdict;
}

const MAX = 10 * 1024 * 1024;

/** Certificates and CRLs of a file. @throws the first error when nothing of it could be read */
const piecesOf = (file: string, what: string): Piece[] => {
  const pieces = sortFile(file, readFile(file, what, MAX));
  const [first] = pieces;
  if (pieces.every((p) => p.kind === 'unknown') && first?.error) throw first.error;
  return pieces;
};

const certificatesIn = (pieces: readonly Piece[]): ParsedCertificate[] =>
  pieces.flatMap((p) => (p.certificate ? [p.certificate] : []));
const crlsIn = (pieces: readonly Piece[]): ParsedCrl[] => pieces.flatMap((p) => (p.crl ? [p.crl] : []));

/** The root that was named, or the system's store. */
const rootPieces = (rootCa: string | undefined): Piece[] =>
  rootCa === undefined ? systemRoots() : piecesOf(rootCa, 'root certificate');

/** Reads the documents of all files; one that is given twice counts once. */
export const readDocuments = (files: readonly string[]): { document: HostKeyDocument; file: string }[] => {
  const loaded: { document: HostKeyDocument; file: string }[] = [];
  for (const file of files) {
    const bytes = readFile(file, 'host-key document', MAX);
    for (const document of inFile(file, () => readHostKeyDocuments(bytes)))
      if (!loaded.some((l) => hex(l.document.phkh) === hex(document.phkh))) loaded.push({ document, file });
  }
  return loaded;
};

/** Reads and verifies. @param at the moment it shall hold */
export const verifyFromFiles = (options: CertificateOptions, at: Date): LoadedHostKey[] => {
  const documents = readDocuments(options.hostKeyDocument ?? []);
  const given = (options.cert ?? []).flatMap((f) => piecesOf(f, 'certificate'));
  const lists = (options.crl ?? []).flatMap((f) => piecesOf(f, 'CRL'));
  const roots = rootPieces(options.rootCa);
  const verdicts = verifyHostKeys({
    hostKeys: documents.map((d) => d.document),
    certificates: certificatesIn(given),
    roots: certificatesIn(roots),
    crls: crlsIn([...given, ...lists, ...roots]),
    at,
    verify: verifySignature,
  });
  return documents.map((d, i) => {
    const verdict = verdicts[i];
    return { ...d, verified: verdict?.trusted === true, ...(verdict ? { verdict } : {}) };
  });
};

/**
 * Host keys for making requests. With certificates they are verified, and one that fails ends the command; without any,
 * or with --no-verify, they are "not verified", which the policy may forbid.
 */
export const loadHostKeys = (options: CertificateOptions, now: Date): LoadedHostKey[] => {
  const asked = options.verify !== false && (options.cert ?? []).length > 0;
  const loaded: LoadedHostKey[] = asked
    ? verifyFromFiles(options, now)
    : readDocuments(options.hostKeyDocument ?? []).map((d) => ({ ...d, verified: false }));
  for (const l of loaded) {
    if (l.verified) {
      for (const e of l.verdict?.endingSoon ?? []) warn(`selwright: ${e.subject} ends on ${e.until.toISOString().slice(0, 10)}`);
      continue;
    }
    warn(`selwright: ${l.file}: host key ${hex(l.document.phkh).slice(0, 16)}... is not verified`);
    if (l.verdict?.error) {
      warn(`selwright: ${l.file}: ${hostKeyErrorSays(l.verdict.error)}`);
      for (const m of l.verdict.missing) warn(`selwright: missing: ${missingSays(m)}`);
    }
  }
  if (asked && loaded.some((l) => !l.verified)) throw new Done(EXIT.no);
  return loaded;
};
