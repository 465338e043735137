/** The image whose header says what requests are bound to. */
import { type Bytes, owned } from '../../core/bytes.ts';
import { inFile } from '../../core/errors.ts';
import { findHeader, headerRange } from '../../core/image/find.ts';
import { addFile } from '../../core/project/project.ts';
import type { ChosenFile, ProjectView } from '../contract.ts';
import type { OpenProject } from './open.ts';

/** Larger images are kept by their header alone, in bytes. */
const KEPT_WHOLE = 8 * 1024 * 1024;

/** Where in a large image its header stands. @param start its first bytes @throws not-found, wrong-version, too-short */
export const locateHeader = (name: string, start: Bytes, size: number): { offset: number; length: number } =>
  inFile(name, () => headerRange(start, size));

export class ImageDesk {
  readonly #project: OpenProject;

  constructor(project: OpenProject) {
    this.#project = project;
  }

  /** @param f `cut`: these are the bytes of the header alone, out of a larger image */
  set(f: ChosenFile & { readonly cut: boolean }): ProjectView {
    const { header, by } = inFile(f.name, () => findHeader(f.bytes));
    // a project keeps a small image whole, for the simulator, and of a large one the header
    const whole = f.bytes.length <= KEPT_WHOLE;
    const file = {
      role: 'image' as const,
      name: f.name,
      bytes: owned(whole ? f.bytes : header.bytes),
      ...(f.cut || (!whole && by !== 'start') ? { cut: true } : {}),
    };
    // it was the key of another image
    this.#project.wipeBuilderKey();
    return this.#project.apply(addFile(this.#project.state.kept, file, this.#project.env));
  }
}
