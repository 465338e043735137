/** Certificates of keys that the project has: signed at once, or asked for with a signing request. */
import { utf8, wipe } from '../../core/bytes.ts';
import { fail } from '../../core/errors.ts';
import { setPublic } from '../../core/project/project.ts';
import type { Subject } from '../../core/values/csr.ts';
import { type CertificateOrder, certificateEntry, madeRequest, orderedCertificate } from '../companions.ts';
import type { ProjectView } from '../contract.ts';
import { writeNew } from '../places.ts';
import { needPolicy, needSecret, needValue } from './needs.ts';
import type { OpenProject } from './open.ts';

export class CertificateDesk {
  readonly #project: OpenProject;

  constructor(project: OpenProject) {
    this.#project = project;
  }

  /** Signs a certificate for an ssh host key, and gives it to the policy's entry. @throws everything of orderedCertificate */
  sign(name: string, order: CertificateOrder): ProjectView {
    const { state, env } = this.#project;
    try {
      const s = needSecret(state, name);
      const entry = certificateEntry(needPolicy(state).policy, s);
      if (s.purpose !== 'ssh-host-key' || entry === undefined)
        return fail(
          'unsupported',
          name,
          'a secret without a host certificate',
          'an ssh host key whose policy has an entry for it',
        );
      const certificate = orderedCertificate(needValue(state, name), order, env);
      return this.#project.apply(setPublic(state.kept, entry.name, certificate, env));
    } finally {
      // also when there is nothing to sign
      wipe(order.ca?.bytes, order.passphrase);
    }
  }

  /** Makes the signing request of a TLS key. @throws everything of signingRequest */
  request(name: string, subject: Subject): ProjectView {
    const { state } = this.#project;
    const s = needSecret(state, name);
    if (s.purpose !== 'tls-service-key') fail('unsupported', name, 'a secret that is no TLS key', 'a TLS key');
    state.requests.set(name, madeRequest(needValue(state, name), subject));
    return this.#project.view();
  }

  /** Writes the signing request as a file. @throws missing-value, io-* */
  saveRequest(name: string, path: string): { path: string } {
    const { state, home } = this.#project;
    const made = state.requests.get(name);
    if (made === undefined || made.value !== needValue(state, name))
      return fail('missing-value', `${name}, signing request`, 'none', 'one that was made for this key');
    return writeNew(home, path, utf8(made.text), 'signing request');
  }
}
