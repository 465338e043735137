/** `boot BUNDLE`: a generic guest on a simulated host. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { inFile, SelError } from '../../core/errors.ts';
import { type BootResult, boot } from '../../core/guestsim/boot.ts';
import { readSimHost } from '../../core/sample/host.ts';
import { nodeEnv } from '../../edge/env.ts';
import { isDirectory, readFile, readTree, writeFile } from '../../edge/files.ts';
import { bootSays, STAGE_NAMES } from '../../words/boot.ts';
import { EXIT, say, sayJson } from '../out.ts';

interface BootOptions {
  readonly host: string;
  readonly image: string;
  readonly report?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/** Boots a bundle directory. */
export const bootFromFiles = (directory: string, o: Pick<BootOptions, 'host' | 'image'>): BootResult => {
  const hostBytes = readFile(o.host, 'simulated host', 4096);
  const host = inFile(o.host, () => readSimHost(hostBytes));
  const image = readFile(o.image, 'SE image', 256 * 1024 * 1024);
  const entries = readTree(directory, 'bundle');
  if (!isDirectory(join(directory, 'sics')))
    throw new SelError('not-recognised', {
      file: directory,
      field: 'bundle',
      found: 'no directory sics',
      expected: 'a provisioning bundle',
    });
  return inFile(o.image, () => boot({ host, image, entries }, nodeEnv));
};

export const bootAsText = (result: BootResult): string => {
  const mark = { ok: 'ok     ', failed: 'FAILED ', note: 'note   ' } as const;
  const lines = result.events.map((e) => `${mark[e.outcome]} ${STAGE_NAMES[e.stage]}: ${bootSays(e)}`);
  lines.push(result.booted ? 'The guest is up.' : `The guest powered off at: ${STAGE_NAMES[result.stage]}.`);
  return lines.join('\n');
};

export const addBoot = (program: Command): void => {
  program
    .command('boot')
    .argument('<bundle>', 'bundle directory')
    .requiredOption('--host <file>', 'simulated host')
    .requiredOption('--image <file>', 'generic image, or its header')
    .option('--report <file>', 'write the retrieval report here')
    .option('--overwrite', 'replace a report that exists')
    .option('--json', 'answer in JSON')
    .description('start a generic guest on a simulated host with this bundle')
    .action((bundle: string, o: BootOptions) => {
      const result = bootFromFiles(bundle, o);
      if (o.report !== undefined && result.report)
        writeFile(o.report, result.report, 'retrieval report', { overwrite: o.overwrite === true });
      if (o.json)
        sayJson({
          ok: result.booted,
          stage: result.stage,
          events: result.events,
          pvebcExitCode: result.pvebc?.exitCode ?? null,
          report: result.report ? (o.report ?? null) : null,
        });
      else say(bootAsText(result));
      process.exitCode = result.booted ? EXIT.good : EXIT.no;
    });
};
