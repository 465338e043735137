/** `bundle fleet`: the bundles of many guests, from one policy, one image and a table. */
import type { Command } from 'commander';
import { wipe } from '../../core/bytes.ts';
import { inFile } from '../../core/errors.ts';
import type { FleetProgress } from '../../core/fleet/progress.ts';
import { readFleetTable, TABLE_MAX } from '../../core/fleet/table.ts';
import { nodeEnv } from '../../edge/env.ts';
import { namesIn, readFile } from '../../edge/files.ts';
import { type Fleet, type FleetFailure, type FleetResult, startFleet } from '../../edge/fleet.ts';
import { checkFleetBasis, checkHostKeyCount, type FleetBasis, fleetInput } from '../../edge/fleetbasis.ts';
import { type FleetInput, type MissingFile, planFleet } from '../../edge/fleetplan.ts';
import { explain } from '../../words/errors.ts';
import { secondsSay } from '../../words/fleet.ts';
import { type ApprovalOptions, readApprovalInput } from '../approvals.ts';
import { addCertificateOptions } from '../certificates.ts';
import { readHeader } from '../header.ts';
import { type CertificateOptions, loadHostKeys } from '../hostkeys.ts';
import { count, Done, EXIT, oneLine, refuse, say, sayJson, warn } from '../out.ts';
import { findingLines, isBroken, readCck, readPolicyFile, stopOn } from './bundle.ts';
import { addApprovalOptions } from './policy.ts';

interface FleetOptions extends CertificateOptions, ApprovalOptions {
  readonly policy: string;
  readonly hdr: string;
  readonly table: string;
  readonly values: string;
  readonly output: string;
  readonly workers?: string;
  readonly cck?: string;
  readonly strict?: boolean;
  readonly storeLimit?: string;
  readonly json?: boolean;
}

const WORKERS_MAX = 256;
/** Lines of a list that is shown: the first ones say what is wrong with the others too. */
const SHOWN_MAX = 20;
/** Milliseconds between two looks at a terminal, and between two lines where there is none. */
const REDRAW = 200;
const LINE_EVERY = 10_000;

/** The first lines of a list, and how many more there are. */
const warnList = (lines: readonly string[]): void => {
  for (const line of lines.slice(0, SHOWN_MAX)) warn(`selwright: ${line}`);
  if (lines.length > SHOWN_MAX) warn(`selwright: and ${lines.length - SHOWN_MAX} more`);
};

const workersOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const n = count(text, '--workers');
  return n >= 1 && n <= WORKERS_MAX ? n : refuse(`--workers ${text} is not between 1 and ${WORKERS_MAX}`);
};

/** Everything that holds for all guests, checked once. Findings that are no errors are said. */
const readInput = (o: FleetOptions): FleetInput => {
  const workers = workersOf(o.workers);
  const storeLimit = o.storeLimit === undefined ? undefined : count(o.storeLimit, '--store-limit');
  const policy = readPolicyFile(o.policy, o.json);
  const approvals = readApprovalInput(o);
  const bytes = readFile(o.table, 'fleet table', TABLE_MAX);
  const table = inFile(o.table, () => readFleetTable(bytes, policy));
  namesIn(o.values, 'directory of values');
  const { header } = readHeader(o.hdr);
  if ((o.hostKeyDocument ?? []).length === 0) refuse('no host-key document given: -k FILE');
  const basis: FleetBasis = { policy, header, hostKeys: loadHostKeys(o, nodeEnv.now()), approvals, storeLimit };
  checkHostKeyCount(policy, basis.hostKeys.length);
  const findings = checkFleetBasis(basis);
  stopOn(findings, o.json);
  for (const line of findingLines(findings.filter(isBroken))) warn(`selwright: ${line}`);
  return fleetInput(basis, table, {
    values: o.values,
    output: o.output,
    cck: readCck(policy, o),
    strict: o.strict === true,
    workers,
  });
};

const stopOnMissing = (missing: readonly MissingFile[], o: FleetOptions): void => {
  if (missing.length === 0) return;
  if (o.json) sayJson({ ok: false, missing });
  warnList(missing.map((m) => oneLine(`${o.table}, line ${m.line}: ${m.guest} needs ${m.path}, which is not there`)));
  throw new Done(EXIT.unreadable);
};

const progressText = (p: FleetProgress): string => {
  const parts = [`${p.before + p.made} of ${p.total} made`];
  if (p.failed > 0) parts.push(`${p.failed} failed`);
  if (p.rate !== undefined) parts.push(`${p.rate.toFixed(1)} a second`);
  if (p.remaining !== undefined) parts.push(`${secondsSay(p.remaining)} to go`);
  return parts.join(', ');
};

/** Shows how far it is, on standard error: one line that changes on a terminal, a line now and then elsewhere. @returns the end of it */
const showProgress = (fleet: Fleet): (() => void) => {
  const terminal = process.stderr.isTTY === true;
  const draw = (): void => {
    const text = `selwright: ${progressText(fleet.progress())}`;
    if (terminal) process.stderr.write(`\r\u001b[K${text}`);
    else warn(text);
  };
  const timer = setInterval(draw, terminal ? REDRAW : LINE_EVERY);
  return () => {
    clearInterval(timer);
    if (terminal) process.stderr.write('\r\u001b[K');
  };
};

/** Stops behind the guests at hand when asked to; asked again, the program ends as programs do. */
const stopOnSignals = (fleet: Fleet): (() => void) => {
  const stop = (): void => {
    warn('selwright: finishing the guests at hand; once more stops at once, and nothing that is done is lost');
    fleet.cancel();
    off();
  };
  const off = (): void => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return off;
};

const failureLines = (f: FleetFailure): string[] => {
  const lines = f.error ? [explain(f.error.code, f.error.facts).what] : findingLines(f.findings ?? []);
  return lines.map((l) => oneLine(`${f.guest}: ${l}`));
};

const report = (r: FleetResult, o: FleetOptions): void => {
  if (o.json) sayJson({ ok: r.failures.length === 0 && !r.cancelled, output: o.output, ...r });
  else {
    warnList(r.failures.flatMap(failureLines));
    const all = r.before + r.made;
    say(
      [
        `${all} of ${r.total} bundles are in ${o.output}: ${r.made} made now${r.before > 0 ? `, ${r.before} before` : ''}, in ${secondsSay(r.seconds)}.`,
        ...(r.failures.length > 0 ? [`${r.failures.length} could not be made.`] : []),
        ...(r.cancelled ? ['Stopped before the end.'] : []),
        ...(all < r.total ? ['The same command goes on with the rest.'] : []),
      ].join('\n'),
    );
  }
  process.exitCode = r.failures.length === 0 && !r.cancelled ? EXIT.good : EXIT.no;
};

const fleet = async (o: FleetOptions): Promise<void> => {
  const input = readInput(o);
  try {
    stopOnMissing((await planFleet(input)).missing, o);
    const running = startFleet(input);
    const ends = [showProgress(running), stopOnSignals(running)];
    try {
      report(await running.done, o);
    } finally {
      for (const end of ends) end();
    }
  } finally {
    wipe(input.cck);
  }
};

const HELP = `
The table is CSV with the column "guest" first and a column for each secret or public entry of the policy it speaks about, or YAML
(format: selwright-fleet). It says where values come from and never holds one:
  generate   the file DIR/GUEST/NAME when it is there; otherwise a new value, kept in that file
  file       the file DIR/GUEST/NAME, which must be there
  file:PATH  the file DIR/PATH
  common     the file DIR/common/NAME, the same for every guest
  none       the guest gets none: for what the policy does not require
  (nothing)  what the row of the guest * says; otherwise generate where the policy allows it, file elsewhere
The bundle of a guest is OUTPUT/GUEST.selbundle; what you need to check its report goes to DIR/GUEST/bundles.

OUTPUT/fleet.journal says what is done: started again, the command goes on where it stopped, and no guest is made twice.
Ctrl-C finishes the guests at hand.

Exit codes: 0 all made; 1 some were not, or the policy, the image or a host key says no; 2 wrong use; 3 a file cannot be read,
used or written.`;

export const addFleet = (program: Command): void => {
  const bundle = program.commands.find((c) => c.name() === 'bundle') ?? program.command('bundle');
  const command = bundle.command('fleet').description('make the bundles of many guests, from one policy, one image and a table');
  addApprovalOptions(addCertificateOptions(command))
    .requiredOption('--policy <file>', 'personalization policy, YAML')
    .requiredOption('--hdr <file>', 'SE header, or an image that holds one')
    .requiredOption('--table <file>', 'the guests, CSV or YAML')
    .requiredOption('--values <dir>', 'directory of values, with one directory a guest; new values are kept there')
    .requiredOption('-o, --output <dir>', 'directory of the bundles, new or that of an earlier run')
    .option('--workers <n>', 'worker threads; as many as there are cores unless given')
    .option('--cck <file>', "the image's CCK, 32 bytes, for a policy whose extension secret is derived from it")
    .option('--strict', 'exactly the files pvics makes: no manifest, no attestation request, so no report')
    .option('--store-limit <n>', 'how many listable secrets the machine holds')
    .option('--json', 'answer in JSON')
    .addHelpText('after', HELP)
    .action(fleet);
};
