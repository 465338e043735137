/**
 * The customer communication key the image was built with, for a policy that derives the extension secret from it. It is held for this
 * session alone, like a CA key: no project file ever has it.
 */
import { allZero, owned } from '../../core/bytes.ts';
import { fail, inFile } from '../../core/errors.ts';
import { CCK_SIZE } from '../../core/request/extension.ts';
import type { ChosenFile, ProjectView } from '../contract.ts';
import type { OpenProject } from './open.ts';

const WHAT = 'CCK of the image';

export class BuilderKeyDesk {
  readonly #project: OpenProject;

  constructor(project: OpenProject) {
    this.#project = project;
  }

  /** Keeps a copy of it. @param f 32 bytes, secret @throws wrong-length, bad-value; conflict when the policy has no use for it */
  set(f: ChosenFile): ProjectView {
    const { policy } = this.#project.state.derived;
    if (policy?.policy['extension-secret'] !== 'cck-derived')
      fail('conflict', WHAT, 'a policy that does not derive the extension secret from it', 'no such file');
    inFile(f.name, () => {
      if (f.bytes.length !== CCK_SIZE) fail('wrong-length', WHAT, `${f.bytes.length} bytes`, `${CCK_SIZE} bytes`);
      if (allZero(f.bytes)) fail('bad-value', WHAT, 'zeros only', 'the key the image was built with');
    });
    this.#project.holdBuilderKey({ file: f.name, key: owned(f.bytes) });
    return this.#project.view();
  }

  /** Wipes it. */
  forget(): ProjectView {
    this.#project.dropBundle();
    this.#project.wipeBuilderKey();
    return this.#project.view();
  }
}
