/** Decisions of approvers on the policy, and who may give them. */
import { inFile } from '../../core/errors.ts';
import { addApproval, trustKey, untrustKey } from '../../core/project/project.ts';
import { t } from '../../words/language.ts';
import type { ChosenFile, ProjectView } from '../contract.ts';
import type { OpenProject } from './open.ts';

export class ApprovalDesk {
  readonly #project: OpenProject;

  constructor(project: OpenProject) {
    this.#project = project;
  }

  /** Takes an approval; whether it counts is shown. @throws everything of readApproval */
  add(f: ChosenFile): ProjectView {
    const { state, env } = this.#project;
    return this.#project.note(inFile(f.name, () => addApproval(state.kept, f.bytes, env)));
  }

  /** @param line of a .pub file @throws everything of readTrustedKey */
  trust(line: string): ProjectView {
    const { state, env } = this.#project;
    return this.#project.note(trustKey(state.kept, line, env));
  }

  /** Takes an approver back. */
  remove(fingerprint: string): ProjectView {
    const { state, env, undo } = this.#project;
    const before = new Set(state.kept.trusted);
    const kept = untrustKey(state.kept, fingerprint, env);
    for (const line of kept.trusted) before.delete(line);
    const [line] = before;
    if (line !== undefined)
      undo.keep({
        says: t('The key {fingerprint} may no longer approve.', { fingerprint }),
        restore: (now) => trustKey(now, line, env),
        keepsBundle: true,
        wipe: () => undefined,
      });
    return this.#project.note(kept);
  }
}
