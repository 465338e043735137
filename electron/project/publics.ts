/** The public entries of the policy. */
import { type Bytes, wipe } from '../../core/bytes.ts';
import { fail } from '../../core/errors.ts';
import { holdsPrivateKey } from '../../core/policy/contents.ts';
import { setPublic } from '../../core/project/project.ts';
import type { ProjectView } from '../contract.ts';
import { needPolicy } from './needs.ts';
import type { OpenProject } from './open.ts';

const PUBLIC_MAX = 64 * 1024;

export class PublicDesk {
  readonly #project: OpenProject;

  constructor(project: OpenProject) {
    this.#project = project;
  }

  /** Content of a public entry; a private key is not even taken. @throws not-found, too-long, bad-value */
  set(name: string, content: Bytes): ProjectView {
    const { state, env } = this.#project;
    const { policy } = needPolicy(state);
    if (!policy.public.some((p) => p.name === name)) fail('not-found', 'public entry', name.slice(0, 64), 'one of the policy');
    if (content.length > PUBLIC_MAX) fail('too-long', name, `${content.length} bytes`, 'at most 64 KiB');
    if (holdsPrivateKey(content)) {
      wipe(content);
      fail('bad-value', name, 'a private key', 'its public half: anybody can read what stands here');
    }
    return this.#project.apply(setPublic(state.kept, name, content, env));
  }
}
