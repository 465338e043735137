/** `inspect FILE...`: says what a file is and shows it. */
import type { Command } from 'commander';
import { checkBundle } from '../../core/bundle/check.ts';
import { TOC_ASR } from '../../core/bundle/names.ts';
import { inFile } from '../../core/errors.ts';
import { SEARCH_SIZE } from '../../core/image/find.ts';
import { type Inspected, inspect } from '../../core/inspect.ts';
import { isDirectory, readFile, readStart, readTree } from '../../edge/files.ts';
import { readHeader } from '../header.ts';
import { asLines, EXIT, refuse, reportError, say, sayJson } from '../out.ts';

type Answer = { kind: Inspected['kind'] | 'bundle'; shown: unknown };

const inspectDirectory = (path: string): Answer[] => {
  const entries = readTree(path, 'bundle');
  if (!entries.some((e) => e.path === `sics/${TOC_ASR}`))
    return refuse(`${path} is a directory without sics/${TOC_ASR}: not a bundle. Name the files you want to see.`);
  const findings = checkBundle({ entries }).filter((f) => f.severity !== 'ok');
  return [{ kind: 'bundle', shown: { files: entries.filter((e) => e.kind === 'file').map((e) => e.path), findings } }];
};

/** Images can be larger than memory: their start says what they are. */
const inspectFile = (path: string): Answer[] => {
  const start = readStart(path, 'file', SEARCH_SIZE);
  if (start.length < SEARCH_SIZE) return inFile(path, () => inspect(start));
  const head = String.fromCharCode(...start.slice(0, 8));
  if (head !== 'IBMSecEx' && !head.startsWith('asrcbM') && start[0] !== 0x2d && start[0] !== 0x30) {
    const { bytes, offset } = readHeader(path);
    return [{ kind: 'SE image', shown: { ...inspect(bytes)[0]?.shown, offset, 'found-by': 'image' } }];
  }
  return inFile(path, () => inspect(readFile(path, 'file')));
};

export const addInspect = (program: Command): void => {
  program
    .command('inspect')
    .argument('<file...>', 'files, or bundle directories')
    .option('--json', 'answer in JSON')
    .description('say what a file is and show what can be seen of it')
    .action((files: string[], options: { json?: boolean }) => {
      const answers: unknown[] = [];
      let worst: number = EXIT.good;
      for (const file of files) {
        try {
          const found = isDirectory(file) ? inspectDirectory(file) : inspectFile(file);
          for (const f of found) {
            answers.push({ file, ...f });
            if (!options.json) say([`${file}: ${f.kind}`, ...asLines(f.shown, '  ')].join('\n'));
          }
        } catch (e) {
          worst = Math.max(worst, reportError(e, false));
          answers.push({ file, kind: null });
        }
      }
      if (options.json) sayJson({ ok: worst === EXIT.good, files: answers });
      process.exitCode = worst;
    });
};
