/** What every change of a project has to do with: its trail, its number, and that its secrets go when it is closed. */
import { wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import { instantText } from '../time.ts';
import { type AuditEvent, audited, auditHead } from './audit.ts';
import type { Project } from './content.ts';

/** The project with one more audit entry. @throws limit, bad-value */
export const noted = (project: Project, event: AuditEvent, env: Env): Project => {
  const audit = audited(project.audit, event, env.now());
  return { ...project, audit, audit_head: auditHead(audit) };
};

/** The state that is saved next: its number and time. */
export const nextState = (project: Project, env: Env): Project => ({
  ...project,
  generation: project.generation + 1,
  saved: instantText(env.now()),
});

/** Overwrites every secret of a project that is closed. */
export const wipeProject = (project: Project): void => {
  wipe(...project.values.map((v) => v.value));
  for (const b of project.bundles) wipe(b.extensionSecret, b.attestationKey, b.reportKey);
  for (const c of project.challenges) wipe(c.attestationKey, c.nonce);
};
