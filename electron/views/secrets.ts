/** The secrets of the policy: what is known of their values, never a value. */
import { isMadeForBundle } from '../../core/bundle/preflight.ts';
import type { Policy, PolicySecret } from '../../core/policy/schema.ts';
import { projectPublics } from '../../core/project/project.ts';
import { waysFor } from '../../core/values/generate.ts';
import type { Recognised } from '../../core/values/recognise.ts';
import { recogniseValue } from '../../core/values/recognise.ts';
import type { Trap } from '../../core/values/traps.ts';
import { applySays, purposeSays } from '../../words/policy.ts';
import { recognisedSays, remedySays, trapSays } from '../../words/values.ts';
import { certificateEntry } from '../companions.ts';
import type { SecretView } from '../contract.ts';
import type { State } from '../state.ts';

const trapView = (t: Trap): SecretView['traps'][number] => {
  const { what, todo, details } = trapSays(t);
  return {
    severity: t.severity,
    says: what,
    todo,
    details,
    remedies: t.remedies.map((id) => ({ id, says: remedySays(id), needsPassphrase: id === 'decrypt' })),
  };
};

/** Each secret: the ways to a value, what is known of the one that is there, and what does not fit. */
export const secretViews = ({ derived, kept, requests }: State): SecretView[] =>
  (derived.policy?.policy.secrets ?? []).map((s) => {
    const held = kept.values.find((v) => v.secret === s.name);
    const automatic = isMadeForBundle(s);
    const beside = { policy: derived.policy?.policy as Policy, publics: projectPublics(kept) };
    const known = held ? recogniseValue(s, held.value, beside, held.bits) : undefined;
    const ways = automatic ? [] : waysFor(s);
    const request = requests.get(s.name);
    // a warning is shown, and keeps nobody from using the value
    const bad = known?.traps.some((t) => t.severity === 'error') ?? false;
    return {
      name: s.name,
      purpose: purposeSays(s.purpose),
      type: s.type,
      required: s.required,
      canGenerate: ways.length > 0,
      ways: ways.map((w) => ({ generator: w.generator, keys: [...(w.keys ?? [])], bits: w.bits ?? null })),
      key: known?.key ? { kind: known.key.kind, fingerprint: known.key.fingerprint, publicLine: known.key.publicLine } : null,
      login: known?.login?.user ?? null,
      canType: s.source.includes('type') && !automatic,
      state: automatic ? 'automatic' : held === undefined ? 'missing' : bad ? 'wrong' : 'ready',
      // a passphrase's length is a hint at it; a key's size is not
      size: held === undefined || s.type === 'plaintext' ? null : held.value.length,
      bits: held?.bits ?? null,
      estimated: held !== undefined && held.source !== 'generated',
      understood: known ? recognisedSays(known) : null,
      traps: (known?.traps ?? []).map(trapView),
      goesTo: applySays(s.apply),
      ...companionView(beside.policy, s, known, request?.value === held?.value ? request?.text : undefined),
    };
  });

/** What goes with a key. */
const companionView = (
  policy: Policy,
  s: PolicySecret,
  known: Recognised | undefined,
  request: string | undefined,
): Pick<SecretView, 'certificate' | 'makes' | 'request'> => {
  const entry = certificateEntry(policy, s);
  const makes = s.purpose === 'tls-service-key' ? 'signing-request' : entry ? 'host-certificate' : null;
  return { certificate: entry?.name ?? null, makes: known?.key ? makes : null, request: request ?? null };
};
