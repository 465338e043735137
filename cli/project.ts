/** Projects from the command line: opening, filling from files, and the host keys in them. */
import { basename, join } from 'node:path';
import { readApproval } from '../core/approval/document.ts';
import { isMadeForBundle } from '../core/bundle/preflight.ts';
import { hex } from '../core/bytes.ts';
import { inFile, SelError } from '../core/errors.ts';
import { fingerprint } from '../core/hostkey/certificate.ts';
import { sortFile } from '../core/hostkey/sort.ts';
import type { Project } from '../core/project/content.ts';
import { type ProjectHostKeys, projectHostKeys } from '../core/project/hostkeys.ts';
import {
  acceptHostKey,
  addApproval,
  addFile,
  projectPolicy,
  setPolicy,
  setPublic,
  setValue,
  trustKey,
  trustRoot,
} from '../core/project/project.ts';
import { nodeEnv } from '../edge/env.ts';
import { exists, namesIn, readFile } from '../edge/files.ts';
import { verifySignature } from '../edge/keys.ts';
import { ProjectStore } from '../edge/project.ts';
import { systemRoots } from '../edge/roots.ts';
import { explain } from '../words/errors.ts';
import { readTrusted } from './approvals.ts';
import { readHeader } from './header.ts';
import { warnUnread } from './hostkeys.ts';
import { Done, EXIT, oneLine, refuse, warn } from './out.ts';
import { askPassphrase } from './passphrase.ts';

const VALUE_MAX = 64 * 1024;
const FILE_MAX = 10 * 1024 * 1024;

/** What goes into a project. */
export interface FillOptions {
  readonly policy?: string;
  readonly values?: string;
  /** host-key documents, certificates, CRLs, archives of them */
  readonly file?: string[];
  readonly rootCa?: string;
  readonly accept?: string[];
  readonly hdr?: string;
  readonly approval?: string[];
  readonly trust?: string[];
}

type Step = (project: Project) => Project;

const fileStep = (path: string): Step => {
  const bytes = readFile(path, 'host-key document, certificate or CRL', FILE_MAX);
  const pieces = sortFile(basename(path), bytes);
  const [first] = pieces;
  if (first?.error && pieces.every((p) => p.kind === 'unknown')) throw first.error;
  warnUnread(pieces);
  return (p) => addFile(p, { role: 'host-keys', name: basename(path), bytes: new Uint8Array(bytes) }, nodeEnv);
};

const rootStep = (path: string): Step => {
  const add = fileStep(path);
  const roots = sortFile(basename(path), readFile(path, 'root certificate', FILE_MAX)).flatMap((p) =>
    p.kind === 'root' && p.certificate ? [p.certificate] : [],
  );
  if (roots.length === 0)
    throw new SelError('not-found', { file: path, field: 'root certificate', expected: 'a self-signed CA certificate' });
  return (p) => roots.reduce((x, c) => trustRoot(x, fingerprint(c), nodeEnv), add(p));
};

const headerStep = (path: string): Step => {
  const { bytes, by } = readHeader(path);
  return (p) => addFile(p, { role: 'image', name: basename(path), bytes: new Uint8Array(bytes), cut: by !== 'start' }, nodeEnv);
};

/** Values and public contents from DIR/NAME, as far as they are there. */
const valuesStep =
  (directory: string): Step =>
  (project) => {
    const policy = projectPolicy(project) ?? refuse('values go with a policy: --policy FILE');
    namesIn(directory, 'directory of values');
    let next = project;
    for (const s of policy.secrets.filter((x) => !isMadeForBundle(x))) {
      const path = join(directory, s.name);
      if (!exists(path)) continue;
      const value = new Uint8Array(readFile(path, `value of ${s.name}`, VALUE_MAX));
      next = setValue(next, { secret: s.name, value, source: 'imported' }, nodeEnv);
    }
    for (const p of policy.public) {
      const path = join(directory, p.name);
      if (exists(path)) next = setPublic(next, p.name, readFile(path, `content of ${p.name}`, VALUE_MAX), nodeEnv);
    }
    return next;
  };

/** Everything that was given, read before anything is changed, put into the project. */
export const fill = (project: Project, o: FillOptions): Project => {
  const steps: Step[] = [...(o.file ?? []).map(fileStep)];
  if (o.rootCa !== undefined) steps.push(rootStep(o.rootCa));
  if (o.hdr !== undefined) steps.push(headerStep(o.hdr));
  const { policy: file } = o;
  if (file !== undefined) {
    const text = readFile(file, 'policy', 1024 * 1024);
    steps.push((p) => inFile(file, () => setPolicy(p, basename(file), text, nodeEnv)));
  }
  if (o.values !== undefined) steps.push(valuesStep(o.values));
  for (const key of readTrusted(o.trust)) steps.push((p) => trustKey(p, key.line, nodeEnv));
  for (const path of o.approval ?? []) {
    const bytes = readFile(path, 'approval', 8192);
    inFile(path, () => readApproval(bytes));
    steps.push((p) => addApproval(p, bytes, nodeEnv));
  }
  for (const phkh of o.accept ?? []) {
    if (!/^[0-9a-f]{64}$/.test(phkh))
      refuse(`--accept ${phkh} is not a host-key hash: 64 hex digits, as "project info" shows it`);
    steps.push((p) => acceptHostKey(p, phkh, nodeEnv));
  }
  return steps.reduce((p, step) => step(p), project);
};

export interface OpenOptions {
  readonly passphraseFile?: string;
  readonly backup?: boolean;
}

/** Reads a project to look at it: no lock, nothing is written. */
export const lookAt = async (file: string, o: OpenOptions): Promise<Project> =>
  ProjectStore.read(o.backup ? `${file}.bak` : file, await askPassphrase(o.passphraseFile, file));

/**
 * Opens a project, runs, and saves what comes out, if it is something else. Its secrets are overwritten at the end.
 * @param run gives the project to save; it may save on the way with the function it gets
 */
export const withProject = async <T>(
  file: string,
  o: OpenOptions,
  run: (
    project: Project,
    save: (project: Project) => Project,
  ) => { project: Project; result: T } | Promise<{ project: Project; result: T }>,
): Promise<T> => {
  if (!exists(file) && !exists(`${file}.bak`)) throw new SelError('io-not-found', { file, field: 'project file' });
  const passphrase = await askPassphrase(o.passphraseFile, file);
  const opened = o.backup
    ? { from: 'file' as const, ...ProjectStore.openBackup(file, passphrase) }
    : ProjectStore.open(file, passphrase);
  if (opened.from === 'nothing') {
    const { code, facts } = opened.error;
    warn(`selwright: ${oneLine(explain(code, facts).what)}`);
    warn(`selwright: its backup opens, saved ${opened.saved}: use it with --backup`);
    throw new Done(EXIT.unreadable);
  }
  const { store, project } = opened;
  let last = project;
  const save = (p: Project): Project => {
    last = store.save(p);
    return last;
  };
  try {
    const out = await run(project, save);
    if (out.project !== last) save(out.project);
    return out.result;
  } finally {
    store.close(last);
  }
};

/** The host keys of a project as they stand now. */
export const hostKeysOf = (project: Project): ProjectHostKeys =>
  projectHostKeys(
    project,
    systemRoots().flatMap((p) => (p.certificate ? [p.certificate] : [])),
    nodeEnv.now(),
    verifySignature,
  );

/** What preflight and review take. */
export const preflightKeys = (keys: ProjectHostKeys) =>
  keys.hostKeys.map((k) => ({ label: k.file, phkh: k.document.phkh, verified: k.verdict.trusted }));

export const phkhOf = (k: ProjectHostKeys['hostKeys'][number]): string => hex(k.document.phkh);
