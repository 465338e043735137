/** A project with something in every field, and a key for it that costs nothing. */

import { signApproval } from '../../core/approval/document.ts';
import { approverLine, makeApproverKey } from '../../core/approval/key.ts';
import { utf8 } from '../../core/bytes.ts';
import type { KdfParameters } from '../../core/crypto/argon.ts';
import { freshSealKey } from '../../core/crypto/sealed.ts';
import { policyHash } from '../../core/policy/document.ts';
import { templateText } from '../../core/policy/templates.ts';
import type { Project } from '../../core/project/content.ts';
import { PROJECT_KIND, sealProject } from '../../core/project/file.ts';
import {
  acceptHostKey,
  addApproval,
  addBundle,
  addChallenge,
  addFile,
  newProject,
  setPolicy,
  setPublic,
  setValue,
  trustKey,
  trustRoot,
} from '../../core/project/project.ts';
import { seededEnv } from '../support/env.ts';
import { header, makeBundle, policy, values } from '../support/tenant.ts';

export const env = seededEnv('project');
export const PASSPHRASE = 'a passphrase for tests';
/** The least that a reader takes: the strength of the passphrase is not what is tested with it. */
export const CHEAP: KdfParameters = { memory: 8, passes: 1, lanes: 1 };
export const cheapKey = freshSealKey(PROJECT_KIND, PASSPHRASE, CHEAP, env);

export const owned = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
export const officer = makeApproverKey('Ada Officer', env);
export const built = makeBundle('project bundle');

export const emptyProject = (): Project => newProject('acme', 'selwright test', env);

/** With files, decisions, policy, values, public contents, an approval, a bundle with its files, a challenge. */
export const fullProject = (): Project => {
  const approval = signApproval(
    { kind: 'policy', sha256: policyHash(policy), name: policy.name, decision: 'approve', comment: 'fine' },
    officer,
    env,
  );
  const steps: ((p: Project) => Project)[] = [
    (p) => addFile(p, { role: 'image', name: 'selhdr.bin', bytes: owned(header), cut: true }, env),
    (p) => addFile(p, { role: 'host-keys', name: 'a.crt', bytes: owned(utf8('not read here')) }, env),
    (p) => acceptHostKey(p, 'ab'.repeat(32), env),
    (p) => trustRoot(p, 'cd'.repeat(32), env),
    (p) => setPolicy(p, 'policy.yaml', utf8(templateText('ebc-minimal')), env),
    (p) =>
      [...values].reduce(
        (x, [secret, value]) => setValue(x, { secret, value: owned(value), source: 'generated', bits: 256 }, env),
        p,
      ),
    (p) => setPublic(p, 'ssh-user-ca', utf8('ssh-ed25519 AAAA'), env),
    (p) => trustKey(p, approverLine(officer), env),
    (p) => addApproval(p, approval, env),
    (p) => addBundle(p, built, true, env),
    (p) =>
      addChallenge(
        p,
        {
          bundle: built.id.id,
          id: built.id.id,
          nonce: owned(env.random(32)),
          request_sha256: 'ef'.repeat(32),
          attestationKey: owned(env.random(32)),
        },
        env,
      ),
  ];
  return steps.reduce((p, step) => step(p), emptyProject());
};

export const seal = (project: Project): Uint8Array => sealProject(project, cheapKey, env);

/** Every secret of a project. */
export const secretsOf = (p: Project): Uint8Array[] =>
  [
    ...p.values.map((v) => v.value),
    ...p.bundles.flatMap((b) => [b.extensionSecret, b.attestationKey, b.reportKey]),
    ...p.challenges.flatMap((c) => [c.attestationKey, c.nonce]),
  ].filter((b): b is Uint8Array<ArrayBuffer> => b !== undefined);
