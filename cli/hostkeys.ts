/** Host-key documents from the command line's options, verified with what was given beside them. */
import { hex, same } from '../core/bytes.ts';
import { fail, inFile } from '../core/errors.ts';
import type { ParsedCertificate } from '../core/hostkey/certificate.ts';
import type { ParsedCrl } from '../core/hostkey/crl.ts';
import { type HostKeyDocument, readHostKeyDocuments } from '../core/hostkey/document.ts';
import { type Piece, sortFile } from '../core/hostkey/sort.ts';
import { type HostKeyVerdict, type VerifyHostKeysInput, verifyHostKeys } from '../core/hostkey/verify.ts';
import { readFile } from '../edge/files.ts';
import { verifySignature } from '../edge/keys.ts';
import { systemRoots } from '../edge/roots.ts';
import { explain } from '../words/errors.ts';
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

/** A part of a file that is passed over, while the rest of it is used. */
export const warnUnread = (pieces: readonly Piece[]): void => {
  for (const p of pieces)
    if (p.kind === 'unknown' && p.error) warn(`selwright: not used: ${explain(p.error.code, p.error.facts).what}`);
};

/**
 * Certificates and CRLs of a file.
 * @param fits what the file has to hold, of these at least one
 * @throws the first error when nothing of it could be read; not-found when it holds nothing that fits
 */
const piecesOf = (file: string, what: string, fits: (p: Piece) => boolean): Piece[] => {
  const pieces = sortFile(file, readFile(file, what, MAX));
  const [first] = pieces;
  if (pieces.every((p) => p.kind === 'unknown') && first?.error) throw first.error;
  if (!pieces.some(fits)) inFile(file, () => fail('not-found', what, 'other things', `a ${what}`));
  warnUnread(pieces);
  return pieces;
};

export const certificatesIn = (pieces: readonly Piece[]): ParsedCertificate[] =>
  pieces.flatMap((p) => (p.certificate ? [p.certificate] : []));
export const crlsIn = (pieces: readonly Piece[]): ParsedCrl[] => pieces.flatMap((p) => (p.crl ? [p.crl] : []));

/** The root that was named, or the system's store. */
export const rootPieces = (rootCa: string | undefined): Piece[] =>
  rootCa === undefined ? systemRoots() : piecesOf(rootCa, 'root certificate', (p) => p.certificate !== undefined);

type FromFile = Pick<LoadedHostKey, 'document' | 'file'>;

/** Reads the documents of all files; the same one given twice counts once. */
const readAll = (files: readonly string[]): FromFile[] => {
  const loaded: FromFile[] = [];
  for (const file of files) {
    const bytes = readFile(file, 'host-key document', MAX);
    for (const document of inFile(file, () => readHostKeyDocuments(bytes)))
      if (!loaded.some((l) => same(l.document.der, document.der))) loaded.push({ document, file });
  }
  return loaded;
};

/** One document a host key: several can be about the same one, when it was renewed. */
const onePerKey = <T extends FromFile>(loaded: readonly T[]): T[] =>
  loaded.filter((l, i) => loaded.findIndex((x) => same(x.document.phkh, l.document.phkh)) === i);

/** Reads the documents of all files, one a host key. */
export const readDocuments = (files: readonly string[]): FromFile[] => onePerKey(readAll(files));

/** What verification starts from, of files. @param at the moment it shall hold */
export const inputFromFiles = (options: CertificateOptions, documents: readonly FromFile[], at: Date): VerifyHostKeysInput => {
  const given = (options.cert ?? []).flatMap((f) =>
    piecesOf(f, 'certificate', (p) => p.certificate !== undefined || p.crl !== undefined),
  );
  const lists = (options.crl ?? []).flatMap((f) => piecesOf(f, 'CRL', (p) => p.crl !== undefined));
  const roots = rootPieces(options.rootCa);
  return {
    hostKeys: documents.map((d) => d.document),
    certificates: certificatesIn(given),
    roots: certificatesIn(roots),
    crls: crlsIn([...given, ...lists, ...roots]),
    at,
    verify: verifySignature,
  };
};

/** Reads and verifies. @param at the moment it shall hold */
export const verifyFromFiles = (options: CertificateOptions, at: Date): Verified => {
  const documents = readAll(options.hostKeyDocument ?? []);
  const input = inputFromFiles(options, documents, at);
  return { input, hostKeys: verdictsFor(documents, input) };
};

/** A host key with its verdict. */
export type JudgedHostKey = LoadedHostKey & { readonly verdict: HostKeyVerdict };

/** What was verified, and from what. */
export interface Verified {
  readonly input: VerifyHostKeysInput;
  readonly hostKeys: readonly JudgedHostKey[];
}

/** The verdicts on documents, in their order. */
export const verdictsFor = (documents: readonly FromFile[], input: VerifyHostKeysInput): JudgedHostKey[] =>
  verifyHostKeys(input).map((verdict, i) => ({ ...(documents[i] as FromFile), verified: verdict.trusted, verdict }));

/**
 * Host keys for making requests. With certificates they are verified, and one that fails ends the command; without any,
 * or with --no-verify, they are "not verified", which the policy may forbid.
 */
export const loadHostKeys = (options: CertificateOptions, now: Date): LoadedHostKey[] => {
  const asked = options.verify !== false && (options.cert ?? []).length > 0;
  const loaded: LoadedHostKey[] = asked
    ? [...verifyFromFiles(options, now).hostKeys]
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
  return onePerKey(loaded);
};
