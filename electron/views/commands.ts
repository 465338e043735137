/** The commands of the reference that would do the same. */
import { basisSays, referenceCommands } from '../../words/commands.ts';
import type { ProjectView, SecretView } from '../contract.ts';
import { fileNames } from '../forms.ts';
import type { State } from '../state.ts';

/** Names of the user's files stand for themselves: the commands are run beside them. */
export const commandsView = (
  { derived: d, kept, builderKey }: State,
  secrets: readonly SecretView[],
): ProjectView['commands'] => {
  const { policy, image, hostKeys } = d;
  if (policy === undefined || image === undefined || hostKeys.length === 0) return [];
  const files = (kinds: readonly string[]): string[] => fileNames(d, kinds);
  const isReady = (name: string): boolean => secrets.some((x) => x.name === name && x.state === 'ready');
  const derives = policy.policy['extension-secret'] === 'cck-derived';
  // without the file it is derived from there is nothing to show
  if (derives && builderKey === undefined) return [];
  return referenceCommands({
    policy: policy.policy,
    hostKeys: hostKeys.map((k) => k.file),
    certs: files(['signing-key', 'intermediate']),
    crls: files(['crl']),
    rootCa: files(['root'])[0],
    header: image.file,
    cck: derives ? builderKey?.file : undefined,
    values: 'values',
    optional: new Set(kept.values.map((v) => v.secret)),
    // a value that does not fit has no command: what the policy prefers stands there
    keySizes: new Map(kept.values.filter((v) => isReady(v.secret)).map((v) => [v.secret, v.value.length])),
  }).map((p) => ({ title: p.title, says: p.says, basis: basisSays(p.basis), text: p.lines.join('\n') }));
};
