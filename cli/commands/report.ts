/** `report verify`: the verdict on a retrieval report. */
import type { Command } from 'commander';
import { readExpected } from '../../core/bundle/expected.ts';
import { inFile } from '../../core/errors.ts';
import type { Verdict } from '../../core/report/verdict.ts';
import { sightingOf, verifyReport } from '../../core/report/verify.ts';
import { nodeEnv } from '../../edge/env.ts';
import { readFile } from '../../edge/files.ts';
import { findRecord, newestSerial, remember } from '../../edge/record.ts';
import { verdictAsText } from '../../words/verdict.ts';
import { EXIT, say, sayJson, warn } from '../out.ts';

interface ReportOptions {
  readonly expected: string;
  readonly values?: string;
  readonly production?: boolean;
  readonly json?: boolean;
}

/** Judges a report by files; what was seen goes into the tenant's ledger. */
export const verifyFromFiles = (reportFile: string, o: ReportOptions): { verdict: Verdict; own: boolean } => {
  const report = readFile(reportFile, 'retrieval report', 2 * 1024 * 1024);
  const expectedBytes = readFile(o.expected, 'expectation', 1024 * 1024);
  const given = inFile(o.expected, () => readExpected(expectedBytes));
  const record = findRecord(o.expected, given.bundle.id, o.values);
  const verdict = inFile(reportFile, () =>
    verifyReport({
      report,
      // the tenant's own copy decides: the one in a bundle is for people
      expected: record?.expected ?? given,
      now: nodeEnv.now(),
      attestationKey: record?.attestationKey,
      reportKey: record?.reportKey,
      ledger: record?.ledger,
      newestSerial: record && newestSerial(record),
      production: o.production,
    }),
  );
  const sighting = sightingOf(verdict);
  if (record && sighting && verdict.grade !== 'failed') remember(record, sighting);
  return { verdict, own: record !== undefined };
};

export const addReport = (program: Command): void => {
  const report = program.command('report').description('retrieval reports');
  report
    .command('verify')
    .argument('<report>', 'retrieval report of a guest')
    .requiredOption('--expected <file>', 'expectation of the bundle')
    .option('--values <dir>', 'directory of values with your records')
    .option('--production', 'a simulated guest is a failure')
    .option('--json', 'answer in JSON')
    .description('judge a report, point by point')
    .action((file: string, o: ReportOptions) => {
      const { verdict, own } = verifyFromFiles(file, o);
      if (!own)
        warn(
          'selwright: the record of this bundle was not found: without its keys nothing can be proven. Name the directory of values with --values.',
        );
      if (o.json) sayJson({ ok: verdict.grade === 'proven', verdict });
      else say(verdictAsText(verdict));
      process.exitCode = verdict.grade === 'proven' ? EXIT.good : EXIT.no;
    });
};
