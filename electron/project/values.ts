/** The values of the secrets: made here or taken as they come, mended, shown on purpose, and wiped. */
import { isMadeForBundle } from '../../core/bundle/preflight.ts';
import { type Bytes, owned, wipe } from '../../core/bytes.ts';
import { fail } from '../../core/errors.ts';
import type { Project, ProjectValue } from '../../core/project/content.ts';
import { forgetValues, noted, projectValues, removeValue, setValue } from '../../core/project/project.ts';
import { canGenerateAtOnce, GENERATORS, generate, generateAtOnce, waysFor } from '../../core/values/generate.ts';
import type { GeneratedValue } from '../../core/values/passphrase.ts';
import { recogniseValue } from '../../core/values/recognise.ts';
import { applyRemedy } from '../../core/values/remedy.ts';
import { strengthOf } from '../../core/values/strength.ts';
import { REMEDIES, type Remedy } from '../../core/values/traps.ts';
import { writeTree } from '../../edge/files.ts';
import { decryptKeyFile, generateTools, nodeSha512 } from '../../edge/values.ts';
import { t } from '../../words/language.ts';
import { feedbackSays, strengthSays } from '../../words/values.ts';
import type { ProjectView } from '../contract.ts';
import { placeFor } from '../places.ts';
import { bitsOfNew } from '../strength.ts';
import { needSecret, needValue } from './needs.ts';
import type { OpenProject } from './open.ts';

const VALUE_MAX = 64 * 1024;

/** What was made for nobody. */
const wipeMade = (made: { readonly value: Bytes; readonly clear?: Bytes | undefined }): void => wipe(made.value, made.clear);

export class ValueDesk {
  readonly #project: OpenProject;

  constructor(project: OpenProject) {
    this.#project = project;
  }

  #held(name: string): ProjectValue | undefined {
    return this.#project.state.kept.values.find((v) => v.secret === name);
  }

  /** Keeps a copy of a value. @param bits its strength, when it is known */
  #set(secret: string, value: Bytes, source: ProjectValue['source'], bits: number | undefined): ProjectView {
    const next = { secret, value: owned(value), source, ...(bits === undefined ? {} : { bits }) };
    return this.#project.apply(setValue(this.#project.state.kept, next, this.#project.env));
  }

  #withMade(kept: Project, secret: string, { value, bits }: GeneratedValue): Project {
    const next = setValue(kept, { secret, value: owned(value), source: 'generated', bits }, this.#project.env);
    wipe(value);
    return next;
  }

  /** @param choice names of a way and a kind of key, as the view offers them @throws unsupported */
  async generate(
    name: string,
    choice: { readonly generator?: string | undefined; readonly key?: string | undefined },
  ): Promise<ProjectView> {
    const project = this.#project;
    const s = needSecret(project.state, name);
    const generator = GENERATORS.find((g) => g === choice.generator);
    const key = waysFor(s)
      .flatMap((w) => w.keys ?? [])
      .find((k) => k === choice.key);
    const made = await project.waited(generate(s, { generator, key }, project.env, generateTools), wipeMade);
    // a password that nobody saw would lock its user out
    if (made.clear) {
      wipeMade(made);
      fail('unsupported', name, 'a login, whose password must be shown', 'the way that shows it');
    }
    return project.apply(this.#withMade(project.state.kept, name, made));
  }

  /** A login with a new password. @returns the clear password, secret: shown once, kept nowhere @throws unsupported */
  async generateLogin(name: string): Promise<Bytes> {
    const project = this.#project;
    const s = needSecret(project.state, name);
    const made = await project.waited(generate(s, { generator: 'login' }, project.env, generateTools), wipeMade);
    project.apply(this.#withMade(project.state.kept, name, made));
    return made.clear ?? fail('unsupported', name, 'a value without a password', 'a login');
  }

  /** A random value for every secret that has none and can have one. */
  generateAll(): ProjectView {
    const { kept, derived } = this.#project.state;
    const open = (derived.policy?.policy.secrets ?? []).filter(
      (s) => !isMadeForBundle(s) && this.#held(s.name) === undefined && canGenerateAtOnce(s),
    );
    return this.#project.apply(open.reduce((k, s) => this.#withMade(k, s.name, generateAtOnce(s, this.#project.env)), kept));
  }

  /** How hard a value is to guess, in words. @param value wiped here */
  async strength(name: string, value: Bytes): Promise<{ says: string; feedback: string[] }> {
    const s = needSecret(this.#project.state, name);
    try {
      const strength = await strengthOf(s, value);
      return { says: strengthSays(strength, s), feedback: strength.feedback.map(feedbackSays) };
    } finally {
      wipe(value);
    }
  }

  /** Takes a value as it is; whether it is good is shown, not thrown. @param value wiped here */
  async set(name: string, value: Bytes, source: 'typed' | 'imported'): Promise<ProjectView> {
    const s = needSecret(this.#project.state, name);
    try {
      if (value.length > VALUE_MAX) fail('too-long', name, `${value.length} bytes`, 'at most 64 KiB');
      const bits = await this.#project.waited(bitsOfNew(s, value));
      this.#set(name, value, source, bits);
    } finally {
      wipe(value);
    }
    // a password that somebody typed is never kept in clear
    const hashed = source === 'typed' && s.purpose === 'admin-password' && this.#offers(name, 'hash-password');
    return hashed ? this.applyRemedy(name, 'hash-password', null) : this.#project.view();
  }

  #offers(name: string, remedy: Remedy): boolean {
    const held = this.#held(name);
    const s = needSecret(this.#project.state, name);
    return held !== undefined && recogniseValue(s, held.value).traps.some((trap) => trap.remedies.includes(remedy));
  }

  /**
   * Does what was offered for a value that does not fit. @param passphrase for an encrypted key; wiped here
   * @throws conflict for a remedy that was not offered, wrong-passphrase, unsupported
   */
  async applyRemedy(name: string, remedy: string, passphrase: Bytes | null): Promise<ProjectView> {
    const project = this.#project;
    const s = needSecret(project.state, name);
    const held = this.#held(name) ?? fail('missing-value', name, 'no value', 'a value');
    const known = REMEDIES.find((r) => r === remedy) ?? fail('not-found', 'remedy', remedy, 'one that was offered');
    let value: Bytes | undefined;
    try {
      value =
        known === 'decrypt'
          ? decryptKeyFile(held.value, passphrase ?? fail('missing-value', name, 'no passphrase', 'the passphrase of the key'))
          : applyRemedy(s, held.value, known, project.env, nodeSha512);
      // of a login the hash says nothing: its password is measured, and what is known of it stays
      const login = s.purpose === 'admin-password';
      const bits = (await project.waited(bitsOfNew(s, login ? held.value : value))) ?? (login ? held.bits : undefined);
      if (!project.state.kept.values.some((v) => v.value === held.value))
        fail('conflict', name, 'another value than before', 'to be asked again');
      return this.#set(name, value, held.source, bits);
    } finally {
      wipe(value, passphrase ?? undefined);
    }
  }

  /** Takes a value out. It can be brought back for a while. */
  clear(name: string): ProjectView {
    const { state, env, undo } = this.#project;
    const held = this.#held(name);
    if (held) {
      const copy = { ...held, value: owned(held.value) };
      undo.keep({
        says: t('The value of {name} was removed.', { name }),
        // the project wipes its own, and this copy goes with the removal
        restore: (now) => setValue(now, { ...copy, value: owned(copy.value) }, env),
        wipe: () => wipe(copy.value),
      });
    }
    return this.#project.apply(removeValue(state.kept, name, env));
  }

  /** "Forget values after generating": the bundle stays, its values go. */
  forget(): ProjectView {
    // nor may one come back that was removed a moment ago
    this.#project.undo.drop();
    this.#project.wipeBuilderKey();
    return this.#project.note(forgetValues(this.#project.state.kept, this.#project.env), true);
  }

  /** A copy of a value, for showing it on purpose. Secret: the window wipes it. @throws missing-value */
  reveal(name: string): Bytes {
    const { state } = this.#project;
    return needValue(state, needSecret(state, name).name).slice();
  }

  /** Writes the values, one file a secret, for the tenant alone: a new directory, mode 0700. @throws missing-value, io-* */
  export(path: string): { path: string; files: string[] } {
    const { state, env, home } = this.#project;
    const values = projectValues(state.kept);
    if (values.size === 0) fail('missing-value', 'secrets', 'no value', 'at least one');
    const files = [...values].map(([name, bytes]) => ({ path: name, bytes }));
    writeTree(placeFor(home, path, 'place of the secrets'), files, 'secrets', () => 0o600);
    this.#project.note(noted(state.kept, { kind: 'values-exported', secrets: [...values.keys()] }, env));
    return { path, files: [...values.keys()] };
  }
}
