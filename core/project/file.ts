/** A project as one encrypted file, `*.selwright`. Source: docs/project-file.md. */
import { type Bytes, utf8, wipe } from '../bytes.ts';
import { readSealed, type SealedInfo, type SealKey, type SealKind, seal, sealKeyOf, unseal } from '../crypto/sealed.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import { verifyAudit } from './audit.ts';
import { type Project, readContent, writeContent } from './content.ts';

export const PROJECT_ENDING = '.selwright';

/** 32 KiB to 64 MiB of content. */
export const PROJECT_KIND: SealKind = {
  magic: utf8('SELWPROJ'),
  what: 'project file',
  smallest: 32 * 1024,
  largest: 64 * 1024 * 1024,
};
/** Largest project file, in bytes. */
export const PROJECT_MAX = PROJECT_KIND.largest + 4096;

/** What a project file says without its passphrase: nothing about the project. @throws everything of readSealed */
export const projectFileInfo = (file: Bytes): SealedInfo => readSealed(PROJECT_KIND, file);

/** The file of a project. @param key derived from its passphrase: the salt stays, the nonce is new @throws bad-value, limit */
export const sealProject = (project: Project, key: SealKey, env: Env): Bytes => {
  const content = writeContent(project);
  try {
    return seal(PROJECT_KIND, key, content, env);
  } finally {
    wipe(content);
  }
};

/**
 * Opens a project file with a derived key.
 * @throws everything of unseal and readContent; bad-value when the audit trail inside is broken: then no program of ours wrote it
 */
export const openProjectWith = (file: Bytes, key: SealKey): Project => {
  const content = unseal(PROJECT_KIND, file, key);
  try {
    const project = readContent(content);
    const { fault } = verifyAudit(project.audit, project.audit_head);
    if (fault)
      fail('bad-value', 'project file, audit trail', `a broken chain at entry ${fault.n}`, 'the chain as it was written');
    return project;
  } finally {
    wipe(content);
  }
};

/** Opens a project file. Takes as long as the parameters in the file say. @returns the project, and the key for saving it again */
export const openProject = (file: Bytes, passphrase: string): { project: Project; key: SealKey } => {
  const key = sealKeyOf(PROJECT_KIND, file, passphrase);
  try {
    return { project: openProjectWith(file, key), key };
  } catch (e) {
    wipe(key.key);
    throw e;
  }
};
