/** The command line: thin commands over core. */
import { Command, CommanderError } from 'commander';
import { VERSION } from '../edge/version.ts';
import { addAttest } from './commands/attest.ts';
import { addBoot } from './commands/boot.ts';
import { addBundle } from './commands/bundle.ts';
import { addDemo } from './commands/demo.ts';
import { addHostKey } from './commands/hostkey.ts';
import { addImage } from './commands/image.ts';
import { addInspect } from './commands/inspect.ts';
import { addReport } from './commands/report.ts';
import { addRequest } from './commands/request.ts';
import { addSample } from './commands/sample.ts';
import { EXIT, reportError } from './out.ts';

const program = new Command('selwright')
  .description('Personalize a generic IBM Secure Execution guest, offline')
  .version(VERSION)
  .exitOverride()
  .showHelpAfterError('(add --help to see how it is used)');
for (const add of [addSample, addHostKey, addRequest, addInspect, addBundle, addBoot, addReport, addImage, addAttest, addDemo])
  add(program);
// exitOverride is not inherited by commands that were added before it is set on them
const everyCommand = (c: Command): Command[] => [c, ...c.commands.flatMap(everyCommand)];
for (const c of everyCommand(program)) c.exitOverride();

try {
  await program.parseAsync();
} catch (e) {
  if (e instanceof CommanderError) process.exitCode = e.exitCode === 0 ? EXIT.good : EXIT.wrongUse;
  else process.exitCode = reportError(e, process.argv.includes('--json'));
}
