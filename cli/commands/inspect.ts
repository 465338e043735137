/** `inspect FILE...`: says what a file is and shows it. */
import type { Command } from 'commander';
import { checkBundle } from '../../core/bundle/check.ts';
import { TOC_ASR } from '../../core/bundle/names.ts';
import { inFile, SelError } from '../../core/errors.ts';
import { looksLikeImage, SEARCH_SIZE } from '../../core/image/find.ts';
import { type Inspected, inspect, inspectLargeImage } from '../../core/inspect.ts';
import type { ShownLayout } from '../../core/layout.ts';
import { shown } from '../../core/shown.ts';
import { fileSize, isDirectory, readFile, readRange, readStart, readTree } from '../../edge/files.ts';
import { asLines, EXIT, reportError, say, sayJson } from '../out.ts';

interface Options {
  readonly fields?: boolean;
  readonly json?: boolean;
}

type Answer = { kind: Inspected['kind'] | 'bundle'; shown: unknown; layouts?: readonly ShownLayout[] };

const inspectDirectory = (path: string): Answer[] => {
  const entries = readTree(path, 'bundle');
  if (!entries.some((e) => e.path === `sics/${TOC_ASR}`))
    throw new SelError('not-recognised', {
      file: path,
      field: 'directory',
      found: `no sics/${TOC_ASR}`,
      expected: 'a provisioning bundle, or the names of the files you want to see',
    });
  const findings = checkBundle({ entries }).filter((f) => f.severity !== 'ok');
  return [{ kind: 'bundle', shown: { files: entries.filter((e) => e.kind === 'file').map((e) => e.path), findings } }];
};

/** Largest file read whole, in bytes: no format but an image is larger. */
const WHOLE_MAX = 64 * 1024 * 1024;
/** Longest line shown, in characters. */
const LINE_MAX = 4096;

/** Images can be larger than memory: what is needed of them is read, and no more. */
const inspectFile = (path: string): Answer[] => {
  const start = readStart(path, 'file', SEARCH_SIZE);
  const size = Math.max(start.length, fileSize(path, 'file'));
  return inFile(path, () => {
    if (size === start.length) return inspect(start);
    if (looksLikeImage(start)) return [inspectLargeImage(start, size, (from, length) => readRange(path, 'image', from, length))];
    if (size > WHOLE_MAX)
      throw new SelError('not-recognised', { field: 'file', found: `${size} bytes of something else`, expected: 'an SE image' });
    return inspect(readFile(path, 'file', WHOLE_MAX));
  });
};

const hexOffset = (n: number): string => `0x${n.toString(16).padStart(4, '0')}`;

const fieldLines = (l: ShownLayout): string[] => [
  `  ${l.title} at ${hexOffset(l.offset)}`,
  ...l.fields.map((f) => `    ${hexOffset(f.offset)} ${String(f.size).padStart(4)}  ${f.name}: ${f.value}  (${f.doc})`),
];

const asText = (file: string, a: Answer, o: Options): string =>
  [
    `${file}: ${a.kind}`,
    // names in a file are somebody else's: they may not steer the terminal
    ...asLines(a.shown, '  ').map((line) => shown(line, LINE_MAX)),
    ...(o.fields ? (a.layouts ?? []).flatMap(fieldLines) : []),
  ].join('\n');

export const addInspect = (program: Command): void => {
  program
    .command('inspect')
    .argument('<file...>', 'files, or bundle directories')
    .option('--fields', 'show the bytes field by field, too')
    .option('--json', 'answer in JSON')
    .description('say what a file is and show what can be seen of it')
    .action((files: string[], o: Options) => {
      const answers: unknown[] = [];
      let worst: number = EXIT.good;
      for (const file of files) {
        try {
          const found = isDirectory(file) ? inspectDirectory(file) : inspectFile(file);
          for (const f of found) {
            const { layouts, ...rest } = f as Answer;
            answers.push({ file, ...rest, ...(o.fields ? { layouts: layouts ?? [] } : {}) });
            if (!o.json) say(asText(file, f, o));
          }
        } catch (e) {
          worst = Math.max(worst, reportError(e, false));
          answers.push({ file, kind: null });
        }
      }
      if (o.json) sayJson({ ok: worst === EXIT.good, files: answers });
      process.exitCode = worst;
    });
};
