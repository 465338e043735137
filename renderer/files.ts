/** Files that the user chose or dropped, read into bytes; folders are walked. */
import type { ChosenFile } from '../electron/contract.ts';
import { t } from '../words/language.ts';
import { call } from './bridge.ts';
import type { Problem } from './store.ts';

/** Most files of one drop. */
export const FILES_MAX = 4000;
const CERTIFICATE_MAX = 10 * 1024 * 1024;
/** Images up to this size are handed over whole, so that the simulator can measure them; of larger ones only the header. */
const IMAGE_WHOLE_MAX = 64 * 1024 * 1024;
/** Enough of an image's start to find its header or the pointer to it. */
const IMAGE_START = 24 * 4096;

/** A refusal that the window makes itself. */
export class NotRead extends Error {
  readonly problem: Problem;
  constructor(what: string, todo: string) {
    super(what);
    this.problem = { what, todo };
  }
}

const bytesOf = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());

/** Reads files for the certificate list. @throws NotRead for too many or too large ones */
export const readFiles = async (files: readonly File[], max = CERTIFICATE_MAX): Promise<ChosenFile[]> => {
  if (files.length > FILES_MAX)
    throw new NotRead(
      t('These are {n} files; at most {max} are taken at once.', { n: files.length, max: FILES_MAX }),
      t('Drop fewer files.'),
    );
  const out: ChosenFile[] = [];
  for (const f of files) {
    if (f.size > max)
      throw new NotRead(
        t('{name} has {size} bytes; at most {max} bytes are expected here.', { name: f.name, size: f.size, max }),
        t('Check that this is the right file.'),
      );
    out.push({ name: f.name, bytes: await bytesOf(f) });
  }
  return out;
};

/** Reads one file. @throws NotRead */
export const readOne = async (file: File, max: number): Promise<ChosenFile> => (await readFiles([file], max))[0] as ChosenFile;

/** Reads an image, or of a large one its header only. @throws NotRead, Refused */
export const readImage = async (file: File): Promise<ChosenFile & { cut: boolean }> => {
  if (file.size <= IMAGE_WHOLE_MAX) return { name: file.name, bytes: await bytesOf(file), cut: false };
  const start = await bytesOf(file.slice(0, IMAGE_START));
  const { offset, length } = await call('image.locate', { name: file.name, start, size: file.size });
  return { name: file.name, bytes: await bytesOf(file.slice(offset, offset + length)), cut: true };
};

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((good, bad) => entry.file(good, bad));
const batchOf = (reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> =>
  new Promise((good, bad) => reader.readEntries(good, bad));

const walk = async (entry: FileSystemEntry, out: File[]): Promise<void> => {
  if (out.length > FILES_MAX) return;
  if (entry.isFile) out.push(await fileOf(entry as FileSystemFileEntry));
  else if (entry.isDirectory) {
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (let batch = await batchOf(reader); batch.length > 0; batch = await batchOf(reader))
      for (const e of batch) await walk(e, out);
  }
};

/** All files of a drop, those in folders included. The entries are taken at once: they are gone after the event. */
export const droppedFiles = async (data: DataTransfer): Promise<File[]> => {
  const entries = [...data.items].flatMap((i) => {
    const entry = i.webkitGetAsEntry();
    return entry ? [entry] : [];
  });
  if (entries.length === 0) return [...data.files];
  const out: File[] = [];
  for (const e of entries) await walk(e, out);
  return out;
};
