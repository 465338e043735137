/** The process that makes a fleet for edge/fleetapart.ts: steps back, takes the secrets, makes it, and says how far it is. */
import { readSync } from 'node:fs';
import { type Bytes, wipe } from '../core/bytes.ts';
import { fail, SelError } from '../core/errors.ts';
import { startFleet } from './fleet.ts';
import type { FromFleet, SecretSizes, ToFleet } from './fleetapart.ts';
import { processStandsBack } from './priority.ts';

/** Milliseconds between two words on how far it is. */
const TOLD_EVERY = 100;
const STDIN = 0;

/** Fills the array with the next bytes of standard input. @throws too-short when it ends before */
const fill = (bytes: Bytes): void => {
  for (let have = 0; have < bytes.length; ) {
    const n = readSync(STDIN, bytes, have, bytes.length - have, null);
    if (n === 0) fail('too-short', 'standard input', `${have} bytes`, `${bytes.length} bytes`);
    have += n;
  }
};

/** @throws too-short, and then nothing of them is left */
const takeSecrets = (sizes: SecretSizes): { common?: Map<string, Bytes>; cck?: Bytes } => {
  const common = sizes.common && new Map(sizes.common.map(([name, size]) => [name, new Uint8Array(size)]));
  const cck = sizes.cck === undefined ? undefined : new Uint8Array(sizes.cck);
  const all = [...(common?.values() ?? []), ...(cck ? [cck] : [])];
  try {
    for (const bytes of all) fill(bytes);
  } catch (e) {
    wipe(...all);
    throw e;
  }
  return { ...(common ? { common } : {}), ...(cck ? { cck } : {}) };
};

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
  processStandsBack();
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
