/** `demo`: the whole way on a sample tenant, in the console. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { io, writeFile } from '../../edge/files.ts';
import { verdictAsText } from '../../words/verdict.ts';
import { EXIT, say, sayJson } from '../out.ts';
import { bootAsText, bootFromFiles } from './boot.ts';
import { buildFromFiles } from './bundle.ts';
import { verifyFromFiles } from './report.ts';
import { initSample } from './sample.ts';

const temporary = (): string =>
  io(tmpdir(), 'temporary directory', () => join(mkdtempSync(join(tmpdir(), 'selwright-demo-')), 'demo'));

const demo = async (o: { output?: string; json?: boolean }): Promise<void> => {
  const directory = o.output ?? temporary();
  const at = (...parts: string[]): string => join(directory, ...parts);
  initSample(directory);
  const bundle = at('guest.selbundle');
  const { record } = await buildFromFiles({
    policy: at('policy.yaml'),
    values: at('values'),
    hdr: at('image', 'selhdr.bin'),
    hostKeyDocument: [at('host-keys', 'alpha.crt'), at('host-keys', 'beta.crt')],
    cert: [at('pki', 'signing.crt'), at('pki', 'intermediate.crt')],
    crl: [at('pki', 'signing.crl'), at('pki', 'intermediate.crl'), at('pki', 'root.crl')],
    rootCa: at('pki', 'root.crt'),
    output: bundle,
  });
  const result = bootFromFiles(bundle, { host: at('hosts', 'alpha.json'), image: at('image', 'sel-ebc.img') });
  if (!o.json) say(bootAsText(result));
  const report = result.report && at('retrieval-report.json');
  if (report === undefined || result.report === undefined) {
    if (o.json) sayJson({ ok: false, directory, bundle, report: null, stage: result.stage });
    process.exitCode = EXIT.no;
    return;
  }
  writeFile(report, result.report, 'retrieval report');
  const { verdict } = verifyFromFiles(report, { expected: join(record, 'expected.json') });
  if (o.json) sayJson({ ok: verdict.grade === 'proven', directory, bundle, report, record, verdict });
  else say(['', verdictAsText(verdict), `Everything is in ${directory}.`].join('\n'));
  process.exitCode = verdict.grade === 'proven' ? EXIT.good : EXIT.no;
};

export const addDemo = (program: Command): void => {
  program
    .command('demo')
    .option('-o, --output <dir>', 'directory to make; a temporary one unless given')
    .option('--json', 'answer in JSON')
    .description('the whole way on a sample tenant: bundle, boot, report, verdict')
    .addHelpText(
      'after',
      '\nThe directory stays: look at everything in it. Exit codes: 0 proven, 1 not, 3 it could not be written.',
    )
    .action(demo);
};
