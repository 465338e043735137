/**
 * A main side without a window, for looking at its memory from outside. Says the name of each stage and waits for a line before it
 * goes on. Arguments: home directory, and the marker, each byte XORed with 0x55, as hex: the marker is never in a string here.
 */
import { setTimeout } from 'node:timers/promises';
import { nodeEnv } from '../../edge/env.ts';
import { createDispatch } from '../../electron/handlers.ts';
import { Session } from '../../electron/session.ts';
import { testPlatform } from '../support/platform.ts';

const [home, hidden] = process.argv.slice(2) as [string, string];
process.env.XDG_STATE_HOME = `${home}/state`;
const marker = (): Uint8Array =>
  Uint8Array.from({ length: hidden.length / 2 }, (_, i) => Number.parseInt(hidden.slice(2 * i, 2 * i + 2), 16) ^ 0x55);

const dispatch = createDispatch(testPlatform(home), new Session({ env: nodeEnv, home }));
const ask = async (channel: string, args: unknown): Promise<void> => {
  const answer = await dispatch(channel, args);
  if (!answer.ok) throw new Error(`${channel}: ${answer.what}`);
};
const collect = (globalThis as unknown as { gc: () => void }).gc;
const stage = async (name: string): Promise<void> => {
  collect();
  await setTimeout(50);
  collect();
  process.stdout.write(`${name}\n`);
  await new Promise((go) => process.stdin.once('data', go));
};

await ask('project.sample', {});
await ask('secrets.generate-all', {});
await stage('before');
await ask('secrets.type', { name: 'luks-rfs-passphrase', value: marker() });
await stage('typed');
await ask('bundle.generate', { name: 'guest' });
await ask('bundle.save', { path: `${home}/guest.selbundle` });
await ask('boot.run', { name: 'alpha' });
await ask('report.simulated', {});
await ask('lab.run', { host: 'beta', attack: 'missing-request' });
await stage('judged');
await ask('project.reset', {});
await stage('closed');
process.exit(0);
