/** `demo`: the whole way on a sample tenant, in the console. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { writeFile } from '../../edge/files.ts';
import { verdictAsText } from '../../words/verdict.ts';
import { EXIT, say, sayJson } from '../out.ts';
import { bootAsText, bootFromFiles } from './boot.ts';
import { buildFromFiles } from './bundle.ts';
import { verifyFromFiles } from './report.ts';
import { initSample } from './sample.ts';

export const addDemo = (program: Command): void => {
  program
    .command('demo')
    .option('-o, --output <dir>', 'directory to make; a temporary one unless given')
    .option('--json', 'answer in JSON')
    .description('the whole way on a sample tenant: bundle, boot, report, verdict')
    .action((o: { output?: string; json?: boolean }) => {
      const directory = o.output ?? join(mkdtempSync(join(tmpdir(), 'selwright-demo-')), 'demo');
      const at = (...parts: string[]): string => join(directory, ...parts);
      initSample(directory);
      const bundle = at('guest.selbundle');
      const { record } = buildFromFiles({
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
      if (!result.report) {
        say(bootAsText(result));
        process.exitCode = EXIT.no;
        return;
      }
      const report = at('retrieval-report.json');
      writeFile(report, result.report, 'retrieval report');
      const { verdict } = verifyFromFiles(report, { expected: join(record, 'expected.json') });
      if (o.json) sayJson({ ok: verdict.grade === 'proven', directory, bundle, report, verdict });
      else say([bootAsText(result), '', verdictAsText(verdict), `Everything is in ${directory}.`].join('\n'));
      process.exitCode = verdict.grade === 'proven' ? EXIT.good : EXIT.no;
    });
};
