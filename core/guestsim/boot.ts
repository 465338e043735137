/**
 * A generic guest on the simulated ultravisor: start, the units of the dracut module 95sel-ebc in their order, then the
 * guest-side kit. Source: spec page "generic-guest", sections 3 and 4. Every failure of the module powers the guest off.
 *
 * What is not simulated: the root disk's content. The passphrase and the volume key are looked for under the names the module
 * uses; that they open a real LUKS2 volume is for real cryptsetup to show.
 */
import type { BundleEntry } from '../bundle/check.ts';
import { type Bytes, hex, same, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import { SelError } from '../errors.ts';
import { PASSPHRASE_NAME } from '../policy/rules.ts';
import type { Challenge } from '../report/build.ts';
import { kindOfType } from '../secret/kinds.ts';
import type { ListEntry } from '../secret/list.ts';
import { hashedId, readPlaintext } from '../secret/secret.ts';
import { RC_OK } from '../uvsim/codes.ts';
import { type SimHost, UltravisorGuest } from '../uvsim/ultravisor.ts';
import type { BootCode, BootEvent, Stage } from './events.ts';
import { type KitResult, runKit } from './kit.ts';
import { type GuestFile, type PvebcResult, type PvebcStep, runPvebc } from './pvebc.ts';
import { listAll } from './store.ts';

export interface BootResult {
  /** true when the guest came up; false: it powered off in `stage` */
  readonly booted: boolean;
  readonly stage: Stage;
  readonly events: readonly BootEvent[];
  readonly pvebc?: PvebcResult;
  readonly kit?: KitResult;
  /** the guest as it is now: absent when it never started */
  readonly guest?: UltravisorGuest;
  /** the report, when one was written */
  readonly report?: Bytes;
}

export interface BootInput {
  readonly host: SimHost;
  /** whole image or bare header */
  readonly image: Bytes;
  /** what the host put on the boot partition: the bundle's sics/ directory (paths with or without `sics/` in front) */
  readonly entries: readonly BundleEntry[];
  /** a question from the tenant, instead of the request that rides in the bundle */
  readonly challenge?: Challenge | undefined;
}

const EBC_DIR = '/run/sel-ebc';

/** Boots a guest. Never throws for what a host can bring: every outcome is an event. */
export const boot = (input: BootInput, env: Env): BootResult => {
  const events: BootEvent[] = [];
  const note = (stage: Stage, code: BootCode, more: Partial<BootEvent> = {}) =>
    events.push({ stage, code, outcome: 'ok', ...more });
  const off = (stage: Stage, code: BootCode, more: Partial<BootEvent> = {}, rest: Partial<BootResult> = {}): BootResult => {
    events.push({ stage, code, outcome: 'failed', ...more });
    return { booted: false, stage, events, ...rest };
  };

  let guest: UltravisorGuest;
  try {
    guest = new UltravisorGuest(input.host, input.image, env);
  } catch (e) {
    if (!(e instanceof SelError)) throw e;
    return off('start', e.code === 'not-found' && e.facts.field.includes('key slot') ? 'not-for-this-host' : 'image-altered', {
      detail: e.facts.field,
    });
  }
  note('start', guest.measured ? 'started' : 'started-header-only', { subject: input.host.name });

  const copied = copyFiles(input.entries, note);
  if (copied === undefined) return off('boot-mount', 'no-sics-directory', {}, { guest });
  if (!copied.some((f) => f.name === 'toc.asr')) return off('copy', 'no-toc', { subject: 'toc.asr' }, { guest });

  const pvebc = runPvebc(copied, EBC_DIR, (request) => guest.add(request));
  for (const s of pvebc.steps) if (s.ok) note('pvebc', okCode(s), { subject: s.file, rc: s.rc, detail: s.tag });
  const failed = pvebc.steps.find((s) => !s.ok);
  if (pvebc.exitCode !== 0)
    return off(
      'pvebc',
      'pvebc-failed',
      { subject: failed?.file, rc: failed?.rc, problem: failed?.problem, detail: `exit ${pvebc.exitCode}` },
      { guest, pvebc },
    );

  const list = listAll(guest);
  const problem = passphraseProblem(guest, list);
  if (problem !== undefined) return off('passphrase', problem, { subject: PASSPHRASE_NAME }, { guest, pvebc });
  note('passphrase', 'passphrase-retrieved', { subject: PASSPHRASE_NAME });
  note('crypttab', 'crypttab-written', { subject: 'cryptroot' });
  if (!list.some((e) => kindOfType(e.type)?.kind.startsWith('aes-xts')))
    return off('paes', 'no-volume-key', { subject: 'root' }, { guest, pvebc });
  note('paes', 'paes-enforced', { subject: 'root' });

  const kit = runKit(
    { guest, files: copied, pvebc, attestRequest: attestRequest(input), challenge: input.challenge, simulated: true },
    env,
  );
  events.push(...kit.events);
  return { booted: true, stage: 'report', events, pvebc, kit, guest, ...(kit.report ? { report: kit.report } : {}) };
};

const okCode = (s: PvebcStep): BootCode =>
  s.what === 'submit' ? 'submitted' : s.what === 'match-tag' ? 'tag-matched' : 'policy-checked';

/** The wrapper copies regular files ending in .asr or .pol from the top of /boot/sics, and nothing else. */
const copyFiles = (
  entries: readonly BundleEntry[],
  note: (stage: Stage, code: BootCode, more?: Partial<BootEvent>) => void,
): GuestFile[] | undefined => {
  const inSics = entries.filter((e) => e.path.startsWith('sics/')).map((e) => ({ ...e, path: e.path.slice('sics/'.length) }));
  if (inSics.length === 0) return undefined;
  note('boot-mount', 'mounted', { subject: 'boot' });
  const copied: GuestFile[] = [];
  for (const e of inSics) {
    if (e.path.includes('/') || !/\.(asr|pol)$/.test(e.path)) continue;
    if (e.kind === 'file' && e.bytes) copied.push({ name: e.path, bytes: e.bytes });
    else note('copy', 'not-copied', { outcome: 'note', subject: e.path, detail: e.kind });
  }
  note('copy', 'copied', { detail: String(copied.length) });
  return copied;
};

const passphraseProblem = (
  guest: UltravisorGuest,
  list: readonly ListEntry[],
): 'passphrase-missing' | 'passphrase-wrong-type' | undefined => {
  const id = hashedId(PASSPHRASE_NAME);
  const entry = list.find((e) => same(e.id, id));
  if (entry === undefined) return 'passphrase-missing';
  if (kindOfType(entry.type)?.kind !== 'plaintext') return 'passphrase-wrong-type';
  const answer = guest.retrieve(entry.index);
  if (answer.rc !== RC_OK) return 'passphrase-missing';
  wipe(readPlaintext(answer.data, PASSPHRASE_NAME), answer.data);
  return undefined;
};

const attestRequest = (input: BootInput): Bytes | undefined =>
  input.challenge?.request ?? input.entries.find((e) => e.path === 'sics/attest/request.bin' && e.kind === 'file')?.bytes;

/** Tags of the requests the guest's UV accepted, hex, in order. */
export const acceptedTags = (guest: UltravisorGuest): string[] => guest.tags.map(hex);
