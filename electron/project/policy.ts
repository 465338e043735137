/** The policy: taken from a file, a template, a text or a form; compared and written. */
import { utf8 } from '../../core/bytes.ts';
import { fail, inFile } from '../../core/errors.ts';
import { diffPolicies } from '../../core/policy/diff.ts';
import { readPolicy } from '../../core/policy/document.ts';
import { editPolicy } from '../../core/policy/edit.ts';
import { TEMPLATE_NAMES, templateText } from '../../core/policy/templates.ts';
import { setPolicy } from '../../core/project/project.ts';
import { diffSays } from '../../words/diff.ts';
import { POLICY_FIELDS } from '../../words/policyform.ts';
import type { ChosenFile, ProjectView } from '../contract.ts';
import { writeNew } from '../places.ts';
import { needPolicy } from './needs.ts';
import type { OpenProject } from './open.ts';

export class PolicyDesk {
  readonly #project: OpenProject;

  constructor(project: OpenProject) {
    this.#project = project;
  }

  /** @throws everything of readPolicy: then the policy before stays */
  set(f: ChosenFile): ProjectView {
    inFile(f.name, () => readPolicy(f.bytes));
    return this.#project.apply(setPolicy(this.#project.state.kept, f.name, f.bytes, this.#project.env));
  }

  get #text(): string {
    return needPolicy(this.#project.state).text;
  }

  /** Takes the text as it was edited. @throws everything of readPolicy: then the policy before stays */
  setText(text: string): ProjectView {
    return this.set({ name: this.#project.state.derived.policy?.file ?? 'policy.yaml', bytes: utf8(text) });
  }

  /** @throws not-found */
  setTemplate(name: string): ProjectView {
    const known =
      TEMPLATE_NAMES.find((x) => x === name) ?? fail('not-found', 'template', name.slice(0, 40), TEMPLATE_NAMES.join(', '));
    return this.set({ name: `${known}.yaml`, bytes: utf8(templateText(known)) });
  }

  /** Changes one field of the form in the text. @param path with dots @throws not-found, bad-value */
  edit(path: string, value: string): ProjectView {
    const field =
      POLICY_FIELDS.find((f) => f.path.join('.') === path) ?? fail('not-found', 'field of the policy', path.slice(0, 64));
    const choice =
      field.choices.find((c) => String(c.value) === value) ??
      fail('bad-value', path, value.slice(0, 64), field.choices.map((c) => String(c.value)).join(' or '));
    return this.setText(editPolicy(this.#text, field.path, choice.value));
  }

  /** @param f the other policy @returns what changed from it to the one at hand @throws everything of readPolicy */
  compare(f: ChosenFile): { other: string; changes: string[] } {
    const other = inFile(f.name, () => readPolicy(f.bytes));
    return {
      other: `${other.name} (${f.name})`,
      changes: diffSays(diffPolicies(other, readPolicy(utf8(this.#text)))),
    };
  }

  /** Writes the policy as a file. @throws missing-value, io-* */
  save(path: string): { path: string } {
    return writeNew(this.#project.home, path, utf8(this.#text), 'policy');
  }
}
