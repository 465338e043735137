/**
 * What `request create` writes, and what it refuses to write: everything the reference does without a word and a guest, or a
 * second secret, then dies of.
 */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { checkAppend } from '../../core/bundle/tocpol.ts';
import { type Bytes, same, utf8 } from '../../core/bytes.ts';
import { inFile, SelError } from '../../core/errors.ts';
import { MAGIC, REQUEST_MAX } from '../../core/request/asrcb.ts';
import { INFO_MAX, infoFileName, readInfoYaml } from '../../core/secret/info.ts';
import { exists, fileSize, isDirectory, namesIn, readFile, readRange, readStart } from '../../edge/files.ts';
import type { Pending } from '../../edge/together.ts';
import { refuse, warn } from '../out.ts';
import { STDIN_OUT } from '../streams.ts';
import type { Wanted } from './request-secret.ts';

/** Where things go. `-` is standard output. */
export interface Outputs {
  readonly request: string;
  readonly info: string | undefined;
  readonly secret: string | undefined;
  readonly tocPolicy: string | undefined;
}

export const outputsOf = (
  o: { readonly output: string; readonly tocPolicy?: string },
  wanted: Wanted,
  stdout: boolean,
): Outputs => ({
  request: o.output,
  info: 'name' in wanted && !stdout ? join(dirname(o.output), infoFileName(wanted.name)) : undefined,
  secret: wanted.kind === 'association' ? wanted.outputSecret : undefined,
  tocPolicy: o.tocPolicy,
});

const REQUEST = 'add-secret request';
const INFO = 'secret information';
const SECRET = 'association secret';
const TOC = 'toc.pol';

/** The file itself, whatever leads to it. */
const real = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    // not there, or no longer: another command may be at work in the same directory
    return resolve(path);
  }
};

/** Two outputs in one file, or an output over an input. */
export const checkPlaces = (out: Outputs, inputs: readonly (string | undefined)[]): void => {
  const places: [string, string][] = [];
  for (const [what, path] of [
    [REQUEST, out.request],
    [INFO, out.info],
    [SECRET, out.secret],
    [TOC, out.tocPolicy],
  ] as const) {
    if (path === undefined) continue;
    const place = path === STDIN_OUT ? path : real(path);
    const other = places.find(([, p]) => p === place);
    if (other) refuse(`${path} is named twice: for the ${other[0]} and for the ${what}`);
    places.push([what, place]);
  }
  for (const input of inputs)
    if (input !== undefined && places.some(([, p]) => p === real(input))) refuse(`${input} is read and would be written too`);
};

/** An existing file is replaced only when that was said, and never when it is the information of another secret. */
export const checkExisting = (out: Outputs, name: string | undefined, overwrite: boolean): void => {
  if (out.info !== undefined && exists(out.info)) refuseOtherSecret(out.info, name);
  for (const [path, what] of [
    [out.request, REQUEST],
    [out.secret, SECRET],
  ] as const)
    if (path !== undefined && path !== STDIN_OUT && exists(path) && !overwrite)
      throw new SelError('io-exists', { file: path, field: what });
};

const refuseOtherSecret = (path: string, name: string | undefined): void => {
  if (isDirectory(path)) throw new SelError('io-directory', { file: path, field: INFO });
  let other: string;
  try {
    other = readInfoYaml(readFile(path, INFO, INFO_MAX)).name;
  } catch (e) {
    if (e instanceof SelError) return;
    throw e;
  }
  if (other !== name)
    refuse(
      `${path} is the information of the secret "${other}": the names of both give this one file. Write to another directory, or use --stdout.`,
    );
};

/** Tags of the requests beside toc.pol and beside the request, but for the file that is going to be replaced. */
const tagsAround = (directories: readonly string[], but: string): Bytes[] => {
  const tags: Bytes[] = [];
  for (const directory of new Set(directories.map(real)))
    for (const name of namesIn(directory, 'directory of toc.pol')) {
      const path = join(directory, name);
      if (isDirectory(path) || real(path) === but) continue;
      try {
        const size = fileSize(path, REQUEST);
        if (size < MAGIC.length || size > REQUEST_MAX) continue;
        if (same(readStart(path, REQUEST, MAGIC.length), MAGIC)) tags.push(readRange(path, REQUEST, size - 16, 16));
      } catch (e) {
        // what cannot be read is not a request a guest could use either
        if (!(e instanceof SelError)) throw e;
      }
    }
  return tags;
};

/** Whether the tag may go to toc.pol, and whether a guest will find the request. */
const checkToc = (toc: string, request: string, tag: Bytes): void => {
  const directory = dirname(toc);
  if (request !== STDIN_OUT && (!request.endsWith('.asr') || real(dirname(request)) !== real(directory)))
    warn(`selwright: a guest looks for ${basename(request)} beside ${basename(toc)}, under a name that ends in .asr`);
  if (!exists(toc)) return;
  const existing = readFile(toc, TOC, REQUEST_MAX);
  const around = [directory, ...(request === STDIN_OUT ? [] : [dirname(request)])];
  const tags = tagsAround(around, request === STDIN_OUT ? '' : real(request));
  try {
    inFile(toc, () => checkAppend(existing, tags, tag));
  } catch (e) {
    if (!(e instanceof SelError) || e.code !== 'conflict') throw e;
    refuse(
      `${toc}: ${e.facts.found} (${e.facts.field}): every guest would power off. Remove the file and make all requests anew.`,
    );
  }
};

export interface Contents {
  readonly request: Bytes;
  /** text of the info YAML */
  readonly info: string | undefined;
  /** value of an association secret */
  readonly secret: Bytes | undefined;
}

/** Everything that has to be written to files, after the last check. @throws conflict for a stale toc.pol, io-exists */
export const pendingFiles = (out: Outputs, c: Contents, overwrite: boolean): Pending[] => {
  const files: Pending[] = [];
  const how = overwrite ? ('replace' as const) : ('new' as const);
  if (out.request !== STDIN_OUT) files.push({ path: out.request, bytes: c.request, what: REQUEST, how });
  if (out.secret !== undefined && out.secret !== STDIN_OUT && c.secret)
    files.push({ path: out.secret, bytes: c.secret, what: SECRET, mode: 0o600, how });
  if (out.info !== undefined && c.info !== undefined) {
    const bytes = utf8(c.info);
    // the same secret for another guest: its information is there already
    const there = exists(out.info) && same(readFile(out.info, INFO), bytes);
    if (!there) files.push({ path: out.info, bytes, what: INFO, how });
  }
  if (out.tocPolicy !== undefined) {
    const tag = c.request.slice(-16);
    checkToc(out.tocPolicy, out.request, tag);
    files.push({ path: out.tocPolicy, bytes: utf8(`${Buffer.from(tag).toString('hex')}\n`), what: TOC, how: 'append' });
  }
  return files;
};
