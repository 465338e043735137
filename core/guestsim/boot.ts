/**
 * A generic guest on the simulated ultravisor: start, the units of the dracut module 95sel-ebc in their order, then the
 * guest-side kit. Source: spec page "generic-guest", sections 3 and 4. Every failure of the module powers the guest off.
 *
 * The root disk is simulated as far as its keyslot goes, when one is given: which passphrase opens it, and which volume key it
 * names. Without one, a passphrase and a volume key of the right names and kinds are enough; that the passphrase opens a real
 * LUKS2 volume is for real cryptsetup to show.
 */
import type { BundleEntry } from '../bundle/check.ts';
import { TOC_ASR } from '../bundle/names.ts';
import { type Bytes, hex, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import { SelError } from '../errors.ts';
import { PASSPHRASE_NAME } from '../policy/rules.ts';
import type { Challenge } from '../report/build.ts';
import { kindOfType } from '../secret/kinds.ts';
import { readPlaintext } from '../secret/secret.ts';
import { RC_OK } from '../uvsim/codes.ts';
import { type SimHost, UltravisorGuest, type UvOptions } from '../uvsim/ultravisor.ts';
import { PASSPHRASE_FILE } from './apply.ts';
import { type RootDisk, readPaesToken } from './disk.ts';
import { type BootCode, type BootEvent, type Stage, UNITS } from './events.ts';
import { type KitResult, kitSteps } from './kit.ts';
import { type GuestFile, type PvebcResult, type PvebcStep, pvebcSteps } from './pvebc.ts';
import { findById, findByName, listAll, type SeenList } from './store.ts';

export interface BootResult {
  /** true when the guest came up; false: it stopped in `stage` */
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
  /** what the host put on the boot partition: the bundle, of which `sics/` is seen; nothing at all: no partition labelled boot */
  readonly entries: readonly BundleEntry[];
  /** a question from the tenant, instead of the request that rides in the bundle */
  readonly challenge?: Challenge | undefined;
  /** the tenant's encrypted root disk; absent: any passphrase and any volume key do */
  readonly disk?: RootDisk | undefined;
  /** /etc/shadow of the image, for the kit */
  readonly shadow?: Bytes | undefined;
  /** what somebody does to the ultravisor's store between start and pvebc */
  readonly prepare?: ((guest: UltravisorGuest) => void) | undefined;
  readonly uv?: UvOptions | undefined;
}

const EBC_DIR = '/run/sel-ebc';
const SICS = 'sics/';
const ATTEST_REQUEST = `${SICS}attest/request.bin`;
const ROOT_MAPPER = 'cryptroot';

/** A kernel parameter, with or without a value, as systemd looks for it. */
const hasParameter = (commandLine: string, name: string): boolean =>
  commandLine.split(/\s+/).some((w) => w === name || w.startsWith(`${name}=`));

/** Stops the boot: caught in {@link bootSteps}, where it becomes the last event. */
class PowerOff extends Error {
  readonly event: BootEvent;
  constructor(event: BootEvent) {
    super(event.code);
    this.event = event;
  }
}

const event = (stage: Stage, code: BootCode, more: Partial<BootEvent> = {}): BootEvent => ({
  stage,
  code,
  outcome: 'ok',
  ...(UNITS[stage] ? { unit: UNITS[stage] } : {}),
  ...more,
});
const off = (stage: Stage, code: BootCode, more: Partial<BootEvent> = {}): never => {
  throw new PowerOff(event(stage, code, { outcome: 'failed', action: 'poweroff-immediate', ...more }));
};

/** What is known when a boot stops somewhere. */
interface Progress {
  guest?: UltravisorGuest;
  pvebc?: PvebcResult;
  kit?: KitResult;
}

/**
 * Boots a guest, event by event, so that the caller can step through it. Never throws for what a host can bring: every outcome
 * is an event. The same inputs give the same events.
 */
export function* bootSteps(input: BootInput, env: Env): Generator<BootEvent, BootResult> {
  const events: BootEvent[] = [];
  const progress: Progress = {};
  const units = work(input, env, progress);
  try {
    for (;;) {
      const step = units.next();
      if (step.done) break;
      events.push(step.value);
      yield step.value;
    }
  } catch (e) {
    if (!(e instanceof PowerOff)) throw e;
    events.push(e.event);
    yield e.event;
    return { booted: false, stage: e.event.stage, events, ...progress };
  }
  const report = progress.kit?.report;
  return { booted: true, stage: 'report', events, ...progress, ...(report ? { report } : {}) };
}

/** The same in one go. */
export const boot = (input: BootInput, env: Env): BootResult => {
  const steps = bootSteps(input, env);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
};

/** All units in their order. */
function* work(input: BootInput, env: Env, progress: Progress): Generator<BootEvent, void> {
  const guest = start(input, env);
  progress.guest = guest;
  yield event('start', guest.measured ? 'started' : 'started-header-only', { subject: input.host.name });
  checkCommandLine(guest);
  input.prepare?.(guest);

  const files = yield* copyFiles(input.entries);
  const pvebc = yield* runPvebc(files, guest, progress);
  for (const f of files.filter((x) => x.name.endsWith('.asr') && !pvebc.steps.some((s) => s.file === x.name)))
    yield event('pvebc', 'not-listed', { outcome: 'note', subject: f.name });

  const list = listAll(guest);
  const passphrase = retrievePassphrase(guest, list);
  yield event('passphrase', 'passphrase-retrieved', { subject: PASSPHRASE_NAME, exitCode: 0 });
  try {
    yield* openRoot(input, guest, list, passphrase);
  } finally {
    wipe(passphrase.value);
  }

  const kit = kitSteps(
    {
      guest,
      files,
      pvebc,
      attestRequest: input.entries.find((e) => e.path === ATTEST_REQUEST && e.kind === 'file')?.bytes,
      challenge: input.challenge,
      simulated: true,
      shadow: input.shadow,
    },
    env,
  );
  for (;;) {
    const step = kit.next();
    if (step.done) {
      progress.kit = step.value;
      return;
    }
    yield event(step.value.stage, step.value.code, step.value);
  }
}

const start = (input: BootInput, env: Env): UltravisorGuest => {
  try {
    return new UltravisorGuest(input.host, input.image, env, input.uv);
  } catch (e) {
    if (!(e instanceof SelError)) throw e;
    const stranger = e.code === 'not-found' && e.facts.field.includes('key slot');
    return off('start', stranger ? 'not-for-this-host' : 'image-altered', { detail: e.facts.field, action: 'never-started' });
  }
};

/** Without rd.sel-ebc every unit of the module is skipped. The command line is measured: a host cannot drop it from this image. */
const checkCommandLine = (guest: UltravisorGuest): void => {
  if (guest.measured && !hasParameter(guest.commandLine ?? '', 'rd.sel-ebc'))
    off('start', 'no-ebc-parameter', { action: 'waits' });
};

/** The wrapper copies regular files matching `*.asr` and `*.pol` from the top of /boot/sics, and nothing else. */
function* copyFiles(entries: readonly BundleEntry[]): Generator<BootEvent, GuestFile[]> {
  if (entries.length === 0)
    off('boot-mount', 'no-boot-partition', { exitCode: 1, console: ['Unable to find partition with label boot'] });
  yield event('boot-mount', 'mounted', { subject: 'boot', exitCode: 0 });
  const inSics = entries.flatMap((e) => (e.path.startsWith(SICS) ? [{ ...e, path: e.path.slice(SICS.length) }] : []));
  if (inSics.length === 0) off('boot-mount', 'no-sics-directory', { action: 'unsure' });
  const copied: GuestFile[] = [];
  // a shell pattern gives sorted names, the one for .asr first, and no names that begin with a dot
  for (const ending of ['.asr', '.pol'])
    for (const e of inSics
      .filter((x) => !x.path.includes('/') && x.path.endsWith(ending))
      .sort((a, b) => (a.path < b.path ? -1 : 1))) {
      if (e.kind === 'file' && e.bytes && !e.path.startsWith('.')) copied.push({ name: e.path, bytes: e.bytes });
      else
        yield event('copy', 'not-copied', {
          outcome: 'note',
          subject: e.path,
          detail: e.path.startsWith('.') ? 'hidden' : e.kind,
        });
    }
  for (const e of inSics)
    if (!e.path.includes('/') && /\.(asr|pol)$/i.test(e.path) && !/\.(asr|pol)$/.test(e.path))
      yield event('copy', 'not-copied', { outcome: 'note', subject: e.path, detail: 'capitals' });
  const console = ['Running in SEL guest.', `Copying EBC resources from /boot/sics to ${EBC_DIR}`];
  if (!copied.some((f) => f.name === TOC_ASR))
    off('copy', 'no-toc', {
      subject: TOC_ASR,
      exitCode: 1,
      console: [...console, `Error: ${EBC_DIR}/${TOC_ASR} does not exist after copy`],
    });
  yield event('copy', 'copied', { detail: String(copied.length), console });
  return copied;
}

/** pvebc, with the wrapper's line about its exit code. */
function* runPvebc(files: readonly GuestFile[], guest: UltravisorGuest, progress: Progress): Generator<BootEvent, PvebcResult> {
  const steps = pvebcSteps(files, EBC_DIR, (request) => guest.add(request));
  let failed: PvebcStep | undefined;
  for (;;) {
    const step = steps.next();
    if (!step.done) {
      const s = step.value;
      if (s.ok) yield event('pvebc', okCode(s), { subject: s.file, rc: s.rc, detail: s.tag, console: s.console });
      else failed = s;
      continue;
    }
    const result = step.value;
    progress.pvebc = result;
    if (result.exitCode !== 0)
      off('pvebc', 'pvebc-failed', {
        subject: failed?.file,
        rc: failed?.rc,
        problem: failed?.problem,
        detail: `exit ${result.exitCode}`,
        exitCode: result.exitCode,
        console: [...(failed?.console ?? []), `pvebc failed with rc=${result.exitCode}`],
      });
    return result;
  }
}

const okCode = (s: PvebcStep): BootCode =>
  s.what === 'submit' ? 'submitted' : s.what === 'match-tag' ? 'tag-matched' : 'policy-checked';

/** What the wrapper left in the passphrase file: secret. `plain` is false when it is not text of the tenant but a protected key. */
interface Passphrase {
  readonly value: Bytes;
  readonly plain: boolean;
}

/** `pvsecret retrieve --inform name`: takes what has the name, of whatever retrievable kind it is. */
const retrievePassphrase = (guest: UltravisorGuest, list: SeenList): Passphrase => {
  const console = ['error: Could not retrieve the secret from the UV secret store.', 'pvsecret failed with rc=1'];
  const entry =
    findByName(list, PASSPHRASE_NAME) ??
    off('passphrase', 'passphrase-missing', { subject: PASSPHRASE_NAME, exitCode: 1, console });
  const { rc, data } = guest.retrieve(entry.index);
  if (rc !== RC_OK) off('passphrase', 'passphrase-not-retrievable', { subject: PASSPHRASE_NAME, rc, exitCode: 1, console });
  if (kindOfType(entry.type)?.kind !== 'plaintext') return { value: data, plain: false };
  try {
    return { value: readPlaintext(data, PASSPHRASE_NAME), plain: true };
  } catch (e) {
    if (!(e instanceof SelError)) throw e;
    return off('passphrase', 'passphrase-not-retrievable', { subject: PASSPHRASE_NAME, detail: 'length', exitCode: 1, console });
  } finally {
    wipe(data);
  }
};

/** Crypttab, cryptsetup, and the enforcement of protected keys. */
function* openRoot(input: BootInput, guest: UltravisorGuest, list: SeenList, passphrase: Passphrase): Generator<BootEvent, void> {
  const fail = (code: BootCode, more: Partial<BootEvent> = {}) =>
    off('crypttab', code, { subject: ROOT_MAPPER, exitCode: 1, ...more });
  if (guest.measured && !hasParameter(guest.commandLine ?? '', 'root'))
    fail('no-root-parameter', { action: 'waits', exitCode: undefined });
  if (!passphrase.plain) fail('passphrase-wrong-type', { subject: PASSPHRASE_NAME });
  yield event('crypttab', 'crypttab-written', {
    subject: ROOT_MAPPER,
    console: [`cryptroot_mapper /dev/disk/by-label/${ROOT_MAPPER} ${PASSPHRASE_FILE}`],
  });
  if (input.disk === undefined) {
    if (!list.entries.some((e) => kindOfType(e.type)?.kind.startsWith('aes-xts'))) fail('no-volume-key');
  } else {
    const keyslot = input.disk.open(passphrase.value) ?? fail('disk-not-opened');
    const problem = input.disk.cipher === 'paes-xts-plain64' ? volumeKeyProblem(keyslot, list) : undefined;
    wipe(keyslot);
    if (problem !== undefined) fail('no-volume-key', { detail: problem });
    yield event('crypttab', 'disk-opened', { subject: ROOT_MAPPER, exitCode: 0 });
    if (input.disk.cipher !== 'paes-xts-plain64')
      off('paes', 'not-paes', { subject: 'root', detail: input.disk.cipher, exitCode: 1 });
  }
  yield event('paes', 'paes-enforced', { subject: 'root', exitCode: 0 });
}

/** The keyslot of a protected volume holds a token: the kernel asks the ultravisor for the key it names. @returns why it gets none */
const volumeKeyProblem = (keyslot: Bytes, list: SeenList): string | undefined => {
  try {
    const token = readPaesToken(keyslot);
    return findById(list, token.id)?.type === token.type ? undefined : hex(token.id);
  } catch (e) {
    if (e instanceof SelError) return 'no token';
    throw e;
  }
};

/** Tags of the requests the guest's UV accepted, hex, in order. */
export const acceptedTags = (guest: UltravisorGuest): string[] => guest.tags.map(hex);
