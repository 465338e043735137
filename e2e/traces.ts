/** Looks for traces of a marker secret: in a heap snapshot, in files, and in the memory of running processes. */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { CDPSession } from 'playwright-core';

/** Forms in which a secret could have been kept; prefixes count, as a field grows key by key. */
export const formsOf = (marker: string): ReadonlyMap<string, Buffer> => {
  const bytes = Buffer.from(marker);
  const twoThirds = Math.ceil((marker.length * 2) / 3);
  // base64 of the same bytes looks different at each of the three positions it can start at
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    return text.slice(shift === 0 ? 0 : 4, -4);
  });
  return new Map([
    ['UTF-8', bytes],
    ['UTF-8, first two thirds', bytes.subarray(0, twoThirds)],
    ['UTF-16', Buffer.from(marker.slice(0, twoThirds), 'utf16le')],
    ['hex', Buffer.from(bytes.toString('hex'))],
    ['HEX', Buffer.from(bytes.toString('hex').toUpperCase())],
    ...base64.map((text, i) => [`base64 at ${i}`, Buffer.from(text)] as const),
    ['numbers', Buffer.from([...bytes].join(','))],
    ['JSON of bytes', Buffer.from([...bytes].map((b, i) => `"${i}":${b}`).join(','))],
  ]);
};

/** Which forms are in the bytes. */
export const tracesIn = (bytes: Buffer, marker: string): string[] =>
  [...formsOf(marker)].filter(([, form]) => bytes.includes(form)).map(([name]) => name);

/** The page's whole JavaScript heap after a collection, as DevTools would show it. */
export const heapSnapshot = async (cdp: CDPSession): Promise<Buffer> => {
  const chunks: string[] = [];
  const take = ({ chunk }: { chunk: string }): number => chunks.push(chunk);
  cdp.on('HeapProfiler.addHeapSnapshotChunk', take);
  await cdp.send('HeapProfiler.enable');
  await cdp.send('HeapProfiler.collectGarbage');
  await cdp.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false, captureNumericValue: true });
  cdp.off('HeapProfiler.addHeapSnapshotChunk', take);
  return Buffer.from(chunks.join(''), 'utf8');
};

/** Files below a directory that hold a trace, with the forms. Sockets and links are passed over. */
export const tracesBelow = (directory: string, marker: string): Record<string, string[]> =>
  Object.fromEntries(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((e) => e.isFile())
      .flatMap((e) => {
        const path = join(e.parentPath, e.name);
        let found: string[] = [];
        try {
          found = tracesIn(readFileSync(path), marker);
        } catch {
          // gone meanwhile
        }
        return found.length > 0 ? [[path, found] as const] : [];
      }),
  );

/** Processes that were started from one, itself not included. */
export const childrenOf = (pid: number): number[] => {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // ended meanwhile
    }
  }
  const below = (of: number): number[] => [...parents].filter(([, p]) => p === of).flatMap(([c]) => [c, ...below(c)]);
  return below(pid);
};

/** What kind of Chromium's processes one is: what its command line says, or its program's name. */
export const roleOf = (pid: number): string => {
  try {
    const [, type] = /--type=([\w-]+)/.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? [];
    return type ?? (readlinkSync(`/proc/${pid}/exe`).split('/').at(-1) as string);
  } catch {
    return 'ended';
  }
};

const WINDOW = 8 * 1024 * 1024;

/** Codes of a process that has ended. */
const GONE = ['ENOENT', 'ESRCH'];

/** How often each form is in the readable, writable memory of a process; of one that has ended, nothing. Needs the right to look into it. */
export const tracesInMemory = (pid: number, marker: string): Record<string, number> => {
  try {
    return tracesInLivingMemory(pid, marker);
  } catch (e) {
    if (GONE.includes((e as NodeJS.ErrnoException).code ?? '')) return {};
    throw e;
  }
};

const tracesInLivingMemory = (pid: number, marker: string): Record<string, number> => {
  const forms = [...formsOf(marker)];
  const counts: Record<string, number> = {};
  const fd = openSync(`/proc/${pid}/mem`, 'r');
  const buffer = Buffer.alloc(WINDOW);
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from, to, mode] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? [];
      if (!from || !to || !mode?.startsWith('rw')) continue;
      const end = Number.parseInt(to, 16);
      for (let at = Number.parseInt(from, 16); at < end; at += WINDOW) {
        let got = 0;
        try {
          got = readSync(fd, buffer, 0, Math.min(WINDOW, end - at), at);
        } catch {
          // not backed by anything that can be read
          continue;
        }
        const seen = buffer.subarray(0, got);
        for (const [name, form] of forms)
          for (let i = seen.indexOf(form); i >= 0; i = seen.indexOf(form, i + 1)) counts[name] = (counts[name] ?? 0) + 1;
      }
    }
  } finally {
    closeSync(fd);
    buffer.fill(0);
  }
  return counts;
};
