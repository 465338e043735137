/** `report verify`: the verdict on a retrieval report. */
import type { Command } from 'commander';
import { readExpected, writeExpected } from '../../core/bundle/expected.ts';
import { same } from '../../core/bytes.ts';
import { inFile, SelError } from '../../core/errors.ts';
import type { Verdict } from '../../core/report/verdict.ts';
import { sightingOf, verifyReport } from '../../core/report/verify.ts';
import { nodeEnv } from '../../edge/env.ts';
import { readFile, writeFile } from '../../edge/files.ts';
import { findRecord, newestSerial, otherExpectations, remember, type TenantRecord } from '../../edge/record.ts';
import { PROGRAM } from '../../edge/version.ts';
import { explain } from '../../words/errors.ts';
import { verdictHtml, verdictPdf } from '../../words/sheet.ts';
import { verdictAsText } from '../../words/verdict.ts';
import { EXIT, oneLine, say, sayJson, warn } from '../out.ts';

interface ReportOptions {
  readonly expected: string;
  readonly values?: string;
  readonly production?: boolean;
  readonly pdf?: string;
  readonly html?: string;
  readonly json?: boolean;
}

/** Puts a guest into the ledger. That it could not be written must not hide the verdict, but a replay will then not be noticed. */
const keep = (record: TenantRecord, verdict: Verdict): void => {
  const sighting = sightingOf(verdict);
  if (sighting === undefined || verdict.grade === 'failed') return;
  try {
    remember(record, sighting);
  } catch (e) {
    if (!(e instanceof SelError)) throw e;
    warn(
      `selwright: ${oneLine(explain(e.code, e.facts).what)} The ledger does not know this guest: a second one will not be noticed.`,
    );
  }
};

/** Judges a report by files; what was seen goes into the tenant's ledger. */
export const verifyFromFiles = (reportFile: string, o: ReportOptions): { verdict: Verdict; own: boolean } => {
  const report = readFile(reportFile, 'retrieval report', 2 * 1024 * 1024);
  const expectedBytes = readFile(o.expected, 'expectation', 1024 * 1024);
  const given = inFile(o.expected, () => readExpected(expectedBytes));
  const record = findRecord(o.expected, given.bundle.id, o.values);
  if (record && !same(writeExpected(record.expected), writeExpected(given)))
    warn(`selwright: ${oneLine(o.expected)} differs from your own record of the bundle: your record was used`);
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
      older: record && otherExpectations(record),
      production: o.production,
    }),
  );
  if (record) keep(record, verdict);
  return { verdict, own: record !== undefined };
};

/** The verdict as files, when they are asked for. */
const writeVerdict = async (verdict: Verdict, { pdf, html }: ReportOptions): Promise<void> => {
  if (pdf !== undefined) writeFile(pdf, await verdictPdf(verdict, PROGRAM), 'verdict');
  if (html !== undefined) writeFile(html, verdictHtml(verdict, PROGRAM), 'verdict');
};

const HELP = `
--expected may be the bundle's copy (meta/expected.json) or your own: your record with its keys is found beside it, under --values,
or where the program noted it when the bundle was made. Only with it anything can be proven.

Exit codes: 0 proven; 1 anything less; 2 wrong use; 3 not a report, or a file that cannot be read.`;

export const addReport = (program: Command): void => {
  const report = program.command('report').description('retrieval reports');
  report
    .command('verify')
    .argument('<report>', 'retrieval report of a guest')
    .requiredOption('--expected <file>', 'expectation of the bundle')
    .option('--values <dir>', 'directory of values with your records')
    .option('--production', 'a simulated guest is a failure')
    .option('--pdf <file>', 'write the verdict as PDF, to sign off')
    .option('--html <file>', 'write the verdict as HTML')
    .option('--json', 'answer in JSON')
    .description('judge a report, point by point')
    .addHelpText('after', HELP)
    .action(async (file: string, o: ReportOptions) => {
      const { verdict, own } = verifyFromFiles(file, o);
      if (!own)
        warn(
          'selwright: the record of this bundle was not found: without its keys nothing can be proven. Name the directory of values with --values.',
        );
      if (o.json) sayJson({ ok: verdict.grade === 'proven', ownExpectation: own, verdict });
      else say(verdictAsText(verdict));
      process.exitCode = verdict.grade === 'proven' ? EXIT.good : EXIT.no;
      await writeVerdict(verdict, o);
    });
};
