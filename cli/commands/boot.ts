/** `boot BUNDLE`: a generic guest on a simulated host, in one go or step by step. */
import { join } from 'node:path';
import type { Command } from 'commander';
import * as z from 'zod';
import { inFile, SelError } from '../../core/errors.ts';
import { type BootInput, type BootResult, boot, bootSteps } from '../../core/guestsim/boot.ts';
import { BOOT_CODES, type BootEvent, STAGES } from '../../core/guestsim/events.ts';
import { PVEBC_PROBLEMS } from '../../core/guestsim/pvebc.ts';
import { findHeader } from '../../core/image/find.ts';
import { CHALLENGE_MAX, readChallenge } from '../../core/report/build.ts';
import { readSimHost } from '../../core/sample/host.ts';
import { readJson } from '../../core/schema.ts';
import { nodeEnv } from '../../edge/env.ts';
import { isDirectory, readFile, readTree, writeFile } from '../../edge/files.ts';
import { bootSays, STAGE_NAMES } from '../../words/boot.ts';
import { waitForEnter } from '../keys.ts';
import { EXIT, refuse, say, sayJson } from '../out.ts';
import { saveState } from './uv.ts';

interface BootOptions {
  readonly host?: string;
  readonly image?: string;
  readonly report?: string;
  readonly challenge?: string;
  readonly state?: string;
  readonly replay?: boolean;
  readonly step?: boolean;
  readonly console?: boolean;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/** What a boot from files needs. */
interface BootFiles {
  readonly host: string;
  readonly image: string;
  readonly challenge?: string | undefined;
}

const inputFromFiles = (directory: string, o: BootFiles): BootInput => {
  const hostBytes = readFile(o.host, 'simulated host', 4096);
  const host = inFile(o.host, () => readSimHost(hostBytes));
  const image = readFile(o.image, 'SE image', 256 * 1024 * 1024);
  // a file that holds no header at all is no guest that fails to start: it is the wrong file
  inFile(o.image, () => findHeader(image));
  const entries = readTree(directory, 'bundle');
  if (!isDirectory(join(directory, 'sics')))
    throw new SelError('not-recognised', {
      file: directory,
      field: 'bundle',
      found: 'no directory sics',
      expected: 'a provisioning bundle',
    });
  const { challenge } = o;
  if (challenge === undefined) return { host, image, entries };
  const bytes = readFile(challenge, 'challenge', CHALLENGE_MAX);
  return { host, image, entries, challenge: inFile(challenge, () => readChallenge(bytes)) };
};

/** Boots a bundle directory. */
export const bootFromFiles = (directory: string, o: BootFiles): BootResult => {
  const input = inputFromFiles(directory, o);
  return inFile(o.image, () => boot(input, nodeEnv));
};

const MARK = { ok: 'ok     ', failed: 'FAILED ', note: 'note   ' } as const;

/** One event as a line; with the console, what the guest's programs printed stands below it. */
const eventAsText = (e: BootEvent, withConsole = false): string =>
  [
    `${MARK[e.outcome]} ${STAGE_NAMES[e.stage]}: ${bootSays(e)}`,
    ...(withConsole ? (e.console ?? []).map((l) => `        | ${l}`) : []),
  ].join('\n');

const END: Record<NonNullable<BootEvent['action']>, string> = {
  'poweroff-immediate': 'The guest powered off at',
  waits: 'The guest waits for ever at',
  unsure: 'The guest did not come up; it stopped at',
  'never-started': 'The guest did not start; it stopped at',
};

const endAsText = (events: readonly BootEvent[]): string => {
  const failed = events.find((e) => e.action !== undefined);
  return failed?.action ? `${END[failed.action]}: ${STAGE_NAMES[failed.stage]}.` : 'The guest is up.';
};

export const bootAsText = (result: BootResult): string =>
  [...result.events.map((e) => eventAsText(e)), endAsText(result.events)].join('\n');

const timelineSchema = z.object({
  events: z.array(
    z.strictObject({
      stage: z.enum(STAGES),
      code: z.enum(BOOT_CODES),
      outcome: z.enum(['ok', 'failed', 'note']),
      subject: z.string().optional(),
      rc: z.number().int().optional(),
      problem: z.enum(PVEBC_PROBLEMS).optional(),
      detail: z.string().optional(),
      unit: z.string().optional(),
      exitCode: z.number().int().optional(),
      action: z.enum(['poweroff-immediate', 'waits', 'unsure', 'never-started']).optional(),
      console: z.array(z.string()).optional(),
    }),
  ),
});

const TIMELINE_MAX = 16 * 1024 * 1024;

/** The timeline that an earlier `boot --json` wrote. */
const readTimeline = (file: string): BootEvent[] => {
  const bytes = readFile(file, 'timeline of a boot', TIMELINE_MAX);
  return inFile(file, () => readJson(timelineSchema, bytes, 'timeline of a boot', TIMELINE_MAX)).events;
};

/** Shows events one by one; with --step each waits for Enter. */
function* shown(events: Iterable<BootEvent>, o: BootOptions): Generator<BootEvent> {
  for (const e of events) {
    if (!o.json) say(eventAsText(e, o.console));
    if (o.step && !o.json) waitForEnter();
    yield e;
  }
}

const replay = (file: string, o: BootOptions): void => {
  const events = readTimeline(file);
  if (o.json) sayJson({ ok: !events.some((e) => e.action !== undefined), events });
  else {
    for (const _ of shown(events, o));
    say(endAsText(events));
  }
  process.exitCode = events.some((e) => e.action !== undefined) ? EXIT.no : EXIT.good;
};

const run = (bundle: string, o: BootOptions): void => {
  const host = o.host ?? refuse('no simulated host given: --host FILE');
  const image = o.image ?? refuse('no image given: --image FILE');
  const steps = bootSteps(inputFromFiles(bundle, { host, image, challenge: o.challenge }), nodeEnv);
  const result = inFile(image, () => {
    let ended: BootResult | undefined;
    const events = (function* () {
      ended = yield* steps;
    })();
    for (const _ of shown(events, o));
    return ended as BootResult;
  });
  const overwrite = o.overwrite === true;
  if (o.report !== undefined && result.report) writeFile(o.report, result.report, 'retrieval report', { overwrite });
  if (o.state !== undefined && result.guest) saveState(o.state, result.guest, overwrite);
  if (o.json)
    sayJson({
      ok: result.booted,
      stage: result.stage,
      events: result.events,
      pvebcExitCode: result.pvebc?.exitCode ?? null,
      report: result.report ? (o.report ?? null) : null,
      state: result.guest ? (o.state ?? null) : null,
    });
  else say(endAsText(result.events));
  process.exitCode = result.booted ? EXIT.good : EXIT.no;
};

export const addBoot = (program: Command): void => {
  program
    .command('boot')
    .argument('<bundle>', 'bundle directory; with --replay the JSON of an earlier boot')
    .option('--host <file>', 'simulated host')
    .option('--image <file>', 'generic image, or its header')
    .option('--challenge <file>', 'a question of yours, instead of the attestation request in the bundle')
    .option('--report <file>', 'write the retrieval report here')
    .option('--state <file>', 'save the guest here as it is then, secrets included, for the commands of "uv"')
    .option('--step', 'wait for Enter after each event')
    .option('--console', 'show what the programs in the guest print')
    .option('--replay', 'show the timeline of an earlier boot again')
    .option('--overwrite', 'replace files that exist')
    .option('--json', 'answer in JSON')
    .description('start a generic guest on a simulated host with this bundle')
    .action((bundle: string, o: BootOptions) => (o.replay ? replay(bundle, o) : run(bundle, o)));
};
