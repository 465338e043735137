/** Host keys of the machines, and what verifies them. */
import { type Bytes, hex, owned } from '../../core/bytes.ts';
import { fail } from '../../core/errors.ts';
import { fingerprint as certificateHash } from '../../core/hostkey/certificate.ts';
import { type Piece, sortFile } from '../../core/hostkey/sort.ts';
import type { Project } from '../../core/project/content.ts';
import { acceptHostKey, addFile, fileHash, removeFile, trustRoot } from '../../core/project/project.ts';
import { said, t } from '../../words/language.ts';
import type { ChosenFile, ProjectView } from '../contract.ts';
import type { OpenProject } from './open.ts';

/** The word a user types to use a host key without verification. */
export const ACCEPT_WORD = said('unverified');

/** DER of a piece that is worth keeping; undefined for what cannot be used. */
const keepable = (x: Piece): Bytes | undefined =>
  x.hostKey?.der ?? x.crl?.der ?? (x.kind === 'unknown' || x.kind === 'certificate' ? undefined : x.certificate?.der);

/** The pieces of a kept file that are worth keeping. */
const piecesOf = (f: Project['files'][number]): Piece[] => sortFile(f.name, f.bytes).filter((x) => keepable(x) !== undefined);

export class HostKeyDesk {
  readonly #project: OpenProject;

  constructor(project: OpenProject) {
    this.#project = project;
  }

  /** Sorts files by what they hold, and keeps each piece on its own. @throws when not one of them can be used */
  add(files: readonly ChosenFile[]): ProjectView {
    const { state } = this.#project;
    const pieces = files.flatMap((f) => sortFile(f.name, f.bytes));
    const [first] = pieces;
    if (first?.error && pieces.every((x) => keepable(x) === undefined)) throw first.error;
    const kept = pieces.reduce((k, piece) => this.#withPiece(k, piece), state.kept);
    state.notUsed = pieces.filter((x) => keepable(x) === undefined);
    return this.#project.apply(kept);
  }

  #withPiece(kept: Project, piece: Piece): Project {
    const der = keepable(piece);
    return der ? addFile(kept, { role: 'host-keys', name: piece.file, bytes: owned(der) }, this.#project.env) : kept;
  }

  /** Takes out what `which` says, keeps what stood in the same files, and a way back. */
  #remove(which: (piece: Piece) => boolean, says: string): ProjectView {
    const { state, env, undo } = this.#project;
    const removed: Piece[] = [];
    let { kept } = state;
    for (const f of kept.files.filter((x) => x.role === 'host-keys')) {
      const pieces = piecesOf(f);
      const out = pieces.filter(which);
      if (out.length === 0) continue;
      removed.push(...out);
      kept = removeFile(kept, 'host-keys', fileHash(f), env);
      for (const piece of pieces) if (!which(piece)) kept = this.#withPiece(kept, piece);
    }
    undo.keep({
      says,
      restore: (now) => removed.reduce((k, piece) => this.#withPiece(k, piece), now),
      wipe: () => undefined,
    });
    return this.#project.apply(kept);
  }

  /** @param phkh hash of its public key, hex */
  remove(phkh: string): ProjectView {
    const isIt = (x: Piece): boolean => x.hostKey !== undefined && hex(x.hostKey.phkh) === phkh;
    return this.#remove(isIt, t('Host key {hash} was removed.', { hash: `${phkh.slice(0, 12)}…` }));
  }

  /** Forgets every certificate and CRL; host keys stay. */
  clearPieces(): ProjectView {
    this.#project.state.notUsed = [];
    return this.#remove((x) => x.hostKey === undefined, t('Certificates and CRLs were removed.'));
  }

  /** Uses a host key without verification: typed, never by a click alone. @throws bad-value, not-found, conflict */
  accept(phkh: string, typed: string): ProjectView {
    if (typed.trim().toLowerCase() !== t(ACCEPT_WORD))
      fail('bad-value', 'confirmation', 'another word', `the word "${t(ACCEPT_WORD)}"`);
    const { derived, kept } = this.#project.state;
    if (!derived.hostKeys.some((k) => hex(k.document.phkh) === phkh)) fail('not-found', 'host key', phkh.slice(0, 16));
    if (derived.policy?.policy['host-keys'].verify === 'required')
      fail('conflict', 'host key without verification', 'a policy that requires verification', 'a policy that leaves it to you');
    return this.#project.apply(acceptHostKey(kept, phkh, this.#project.env));
  }

  /**
   * Trusts a root certificate for this project. Dropping one is not enough: whoever hands over a stranger's host key can hand over
   * the stranger's root with it. @param fingerprint SHA-256 of the certificate, hex @throws not-found
   */
  trustRoot(fingerprint: string): ProjectView {
    const { derived, kept } = this.#project.state;
    if (!derived.pieces.some((x) => x.kind === 'root' && x.certificate && certificateHash(x.certificate) === fingerprint))
      fail('not-found', 'root certificate', fingerprint.slice(0, 16), 'one that was added');
    return this.#project.apply(trustRoot(kept, fingerprint, this.#project.env));
  }
}
