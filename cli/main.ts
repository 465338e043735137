/** The command line: thin commands over core. */
import { Command, CommanderError } from 'commander';
import { VERSION } from '../edge/version.ts';
import { addApprove } from './commands/approve.ts';
import { addAttest } from './commands/attest.ts';
import { addBoot } from './commands/boot.ts';
import { addBundle } from './commands/bundle.ts';
import { addCommands } from './commands/commands.ts';
import { addDemo } from './commands/demo.ts';
import { addFleet } from './commands/fleet.ts';
import { addHostKey } from './commands/hostkey.ts';
import { addImage } from './commands/image.ts';
import { addInspect } from './commands/inspect.ts';
import { addLab } from './commands/lab.ts';
import { addPack } from './commands/pack.ts';
import { addPolicy } from './commands/policy.ts';
import { addProject } from './commands/project.ts';
import { addReport } from './commands/report.ts';
import { addRequest } from './commands/request.ts';
import { addSample } from './commands/sample.ts';
import { addSecret } from './commands/secret.ts';
import { addUv } from './commands/uv.ts';
import { addValue } from './commands/value.ts';
import { EXIT, reportError, sayJson } from './out.ts';

const program = new Command('selwright')
  .description('Personalize a generic IBM Secure Execution guest, offline')
  .version(VERSION)
  .exitOverride()
  .showHelpAfterError('(add --help to see how it is used)')
  .addHelpText(
    'after',
    `
Nothing here ever uses the network. Answers go to standard output, in JSON with --json; everything else to standard error.
Exit codes: 0 good; 1 the answer is no (not trusted, not complete, not proven); 2 wrong use; 3 input that cannot be read or
used, output that cannot be written.
A first look: selwright demo`,
  );
for (const add of [
  addSample,
  addHostKey,
  addRequest,
  addSecret,
  addInspect,
  addPolicy,
  addApprove,
  addProject,
  addValue,
  addBundle,
  addPack,
  addCommands,
  addFleet,
  addBoot,
  addReport,
  addImage,
  addAttest,
  addUv,
  addLab,
  addDemo,
])
  add(program);
// exitOverride is not inherited by commands that were added before it is set on them
const everyCommand = (c: Command): Command[] => [c, ...c.commands.flatMap(everyCommand)];
for (const c of everyCommand(program)) c.exitOverride();

// whoever reads our output may stop reading, as head does: that is no error of ours
process.stdout.on('error', (e: NodeJS.ErrnoException) => {
  if (e.code !== 'EPIPE') throw e;
  process.exit();
});

try {
  await program.parseAsync();
} catch (e) {
  const json = process.argv.includes('--json');
  // commander has said it on standard error already, help included
  if (!(e instanceof CommanderError)) process.exitCode = reportError(e, json);
  else if (e.exitCode === 0) process.exitCode = EXIT.good;
  else {
    if (json) sayJson({ ok: false, error: { code: 'wrong-use', message: e.message.replace(/^error: /, '') } });
    process.exitCode = EXIT.wrongUse;
  }
}
