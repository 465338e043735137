/**
 * Makes one fleet and says what it took, in JSON: run by bench/fleet.ts in a process of its own, so that its peak memory is its own.
 *   fleet-run.mjs GUESTS DIRECTORY
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { utf8 } from '../core/bytes.ts';
import { readFleetTable } from '../core/fleet/table.ts';
import { startFleet } from '../edge/fleet.ts';
import { BEGUN, type FleetRun } from './fleetrun.ts';
import { bundleHostKeys, header, policy } from './tenant.ts';

/** Processor time of all threads, ms: the program's own, and with what the kernel does for it. */
const processorMs = (): { readonly own: number; readonly all: number } => {
  const { user, system } = process.cpuUsage();
  return { own: user / 1000, all: (user + system) / 1000 };
};

const guests = Number(process.argv[2]);
/** it must not be there; what is made stays in it */
const root = process.argv[3] as string;
process.env.XDG_STATE_HOME = join(root, 'state');
const values = join(root, 'values');
mkdirSync(values, { recursive: true });
const names = Array.from({ length: guests }, (_, i) => `guest-${i + 1}\n`);
const table = readFleetTable(utf8(`guest\n${names.join('')}`), policy);
const common = { policy, header, hostKeys: bundleHostKeys, strict: false, tool: 'selwright bench' };
const from = performance.now();
const begin = processorMs();
const fleet = startFleet({ ...common, table, values, output: join(root, 'out') });
while (fleet.progress().made < Math.min(BEGUN, 0.7 * guests) && fleet.progress().state !== 'ended') await sleep(1);
const { made } = fleet.progress();
const mark = processorMs();
const result = await fleet.done;
const end = processorMs();
if (result.made !== guests) throw new Error(`${result.made} of ${guests} made: ${JSON.stringify(result.failures[0])}`);
const run: FleetRun = {
  guests,
  own: (end.own - mark.own) / (guests - made),
  all: (end.all - mark.all) / (guests - made),
  whole: (end.all - begin.all) / guests,
  wall: (performance.now() - from) / guests,
  peak: process.resourceUsage().maxRSS * 1024,
};
console.log(JSON.stringify(run));
