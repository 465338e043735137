/** The steps of the wizard, in order: what each is called and what it is for, in one sentence. */
import type { StepId } from '../electron/contract.ts';
import { said, t } from '../words/language.ts';

export interface StepWords {
  readonly id: StepId;
  readonly name: string;
  readonly purpose: string;
}

const WORDS: Record<StepId, readonly [name: string, purpose: string]> = said({
  'host-keys': ['Host keys', 'Choose the machines that may start your guest. Only they will be able to open what you make here.'],
  image: ['Image', 'Choose the generic image your guest starts from. Every request is bound to exactly this image.'],
  policy: ['Policy', 'Choose what the guest must get. The policy names the secrets; it holds no values.'],
  secrets: ['Secrets', 'Give each secret its value. Values stay on this machine until they leave it encrypted.'],
  review: ['Review and generate', 'See the complete list in the order it will be submitted, then make the requests.'],
  'hand-over': ['Hand over', 'Save the bundle and give it to whoever runs the machine. It holds no readable secret.'],
  boot: ['Boot (simulator)', 'Start the guest on a simulated machine, before a real one gets it.'],
  verify: ['Verify', 'Prove from the report of the guest that exactly this list arrived.'],
});

export const STEP_IDS = Object.keys(WORDS) as readonly StepId[];

/** A step in the language spoken. */
export const stepWords = (id: StepId): StepWords => ({ id, name: t(WORDS[id][0]), purpose: t(WORDS[id][1]) });
