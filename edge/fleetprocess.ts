/** The process that makes a fleet for edge/fleetapart.ts: steps back, takes the secrets, makes it, and says how far it is. */
import { readdirSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { type Bytes, wipe } from '../core/bytes.ts';
import { fail, SelError } from '../core/errors.ts';
import { startFleet } from './fleet.ts';
import type { FromFleet, SecretSizes, ToFleet } from './fleetapart.ts';

/** Less than anything that somebody waits for. */
const NICE = 10;
/** Milliseconds between two words on how far it is. */
const TOLD_EVERY = 100;
const STDIN = 0;

/** Whether this process leads its session (Linux): fields of /proc/self/stat behind the name are state, parent, group, session. */
const leadsSession = (): boolean => {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]) === process.pid;
};

/** Puts the whole program behind others. Threads that it starts from now on are like the one that starts them. */
const standBack = (): void => {
  try {
    // on Linux a priority is a thread's, and the engine has started some already
    if (process.platform === 'linux') for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), NICE);
    else setPriority(NICE);
    // where sessions are weighed against each other; never one that others are in
    if (process.platform === 'linux' && leadsSession()) writeFileSync('/proc/self/autogroup', String(NICE));
  } catch {
    // a thread that has just ended, a kernel that weighs nothing: it goes without
  }
};

/** The next bytes of standard input. @throws too-short when it ends before */
const take = (size: number): Bytes => {
  const bytes = new Uint8Array(size);
  for (let have = 0; have < size; ) {
    const n = readSync(STDIN, bytes, have, size - have, null);
    if (n === 0) fail('too-short', 'standard input', `${have} bytes`, `${size} bytes`);
    have += n;
  }
  return bytes;
};

const takeSecrets = ({ common, cck }: SecretSizes): { common?: Map<string, Bytes>; cck?: Bytes } => ({
  ...(common ? { common: new Map(common.map(([name, size]) => [name, take(size)])) } : {}),
  ...(cck === undefined ? {} : { cck: take(cck) }),
});

/** Says something to the program that started this one. Nobody hears it when that is gone: the guests at hand are finished all the same. */
const say = (m: FromFleet): Promise<void> =>
  new Promise((said) => {
    if (!process.connected || process.send === undefined) return said();
    process.send(m, undefined, undefined, () => said());
  });

const make = async ({ input, secrets }: ToFleet & { kind: 'start' }): Promise<FromFleet> => {
  const own = takeSecrets(secrets);
  const fleet = startFleet({ ...input, ...own });
  const tell = (): Promise<void> => say({ kind: 'progress', progress: fleet.progress() });
  const telling = setInterval(tell, TOLD_EVERY);
  process.on('message', (m: ToFleet) => m.kind === 'cancel' && fleet.cancel());
  process.once('disconnect', () => fleet.cancel());
  try {
    return { kind: 'done', result: await fleet.done };
  } finally {
    clearInterval(telling);
    wipe(...(own.common?.values() ?? []), own.cck);
    await tell();
  }
};

/** Makes the fleet that the program that started this one sends, and ends. What is no typed error ends it at once, and its exit tells. */
export const serveFleetProcess = (): void => {
  standBack();
  process.once('message', async (m: ToFleet) => {
    if (m.kind !== 'start') return;
    const end = await make(m).catch((e: unknown): FromFleet => {
      if (!(e instanceof SelError)) throw e;
      return { kind: 'failed', code: e.code, facts: e.facts };
    });
    await say(end);
    process.removeAllListeners('message');
    if (process.connected) process.disconnect();
  });
};
