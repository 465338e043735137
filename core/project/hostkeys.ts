/** The host keys of a project, verified with what lies beside them and with the decisions of its user. */
import { hex } from '../bytes.ts';
import { fingerprint, type ParsedCertificate } from '../hostkey/certificate.ts';
import type { HostKeyDocument } from '../hostkey/document.ts';
import type { VerifySignature } from '../hostkey/signature.ts';
import { type Piece, sortFile } from '../hostkey/sort.ts';
import { type HostKeyVerdict, verifyHostKeys } from '../hostkey/verify.ts';
import type { Project } from './content.ts';

export interface ProjectHostKey {
  readonly document: HostKeyDocument;
  readonly file: string;
  readonly verdict: HostKeyVerdict;
  /** to be used without verification, by decision */
  readonly accepted: boolean;
}

export interface ProjectHostKeys {
  readonly hostKeys: readonly ProjectHostKey[];
  /** everything that was in the files, host keys included */
  readonly pieces: readonly Piece[];
}

/**
 * Sorts and verifies. A root counts when the user trusts it, or when the system does.
 * @param systemRoots certificates that the system trusts @param at the moment it shall hold @param verify checks a signature
 */
export const projectHostKeys = (
  project: Project,
  systemRoots: readonly ParsedCertificate[],
  at: Date,
  verify: VerifySignature,
): ProjectHostKeys => {
  const pieces = project.files.filter((f) => f.role === 'host-keys').flatMap((f) => sortFile(f.name, f.bytes));
  const documents: { document: HostKeyDocument; file: string }[] = [];
  for (const { hostKey, file } of pieces)
    if (hostKey && !documents.some((d) => hex(d.document.phkh) === hex(hostKey.phkh)))
      documents.push({ document: hostKey, file });
  const certificates = pieces.flatMap((p) => (p.certificate && !p.hostKey ? [p.certificate] : []));
  const trusted = certificates.filter((c) => project.roots.some((r) => r.sha256 === fingerprint(c)));
  if (documents.length === 0) return { hostKeys: [], pieces };
  const verdicts = verifyHostKeys({
    hostKeys: documents.map((d) => d.document),
    certificates,
    roots: [...trusted, ...systemRoots],
    crls: pieces.flatMap((p) => (p.crl ? [p.crl] : [])),
    at,
    verify,
  });
  const accepted = (phkh: string): boolean => project.accepted.some((a) => a.phkh === phkh);
  const hostKeys = verdicts.map((verdict, i) => {
    const d = documents[i] as { document: HostKeyDocument; file: string };
    return { ...d, verdict, accepted: accepted(hex(d.document.phkh)) };
  });
  return { hostKeys, pieces };
};
