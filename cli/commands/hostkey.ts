/** `hostkey verify`: every check of a host-key document, and until when it holds. */
import type { Command } from 'commander';
import { hex } from '../../core/bytes.ts';
import type { HostKeyVerdict } from '../../core/hostkey/verify.ts';
import { nodeEnv } from '../../edge/env.ts';
import { CHECK_WORDS, hostKeyErrorSays, missingSays } from '../../words/hostkey.ts';
import { type CertificateOptions, type LoadedHostKey, verifyFromFiles } from '../hostkeys.ts';
import { EXIT, refuse, say, sayJson } from '../out.ts';
import { addCertificateOptions } from './request.ts';

interface VerifyOptions extends CertificateOptions {
  readonly at?: string;
  readonly json?: boolean;
}

const momentOf = (text: string | undefined): Date => {
  if (text === undefined) return nodeEnv.now();
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? refuse(`--at ${text} is not a date: write it as 2026-11-24 or 2026-11-24T05:00:00Z`) : at;
};

const day = (d: Date): string => d.toISOString().slice(0, 10);

const asText = (l: LoadedHostKey & { verdict: HostKeyVerdict }): string[] => {
  const { verdict, document: d } = l;
  return [
    `${l.file}: ${verdict.trusted ? `trusted until ${day(verdict.holdsUntil as Date)}` : 'not trusted'}`,
    `  host-key hash ${hex(d.phkh)}`,
    `  serial ${d.serial}, valid ${day(d.notBefore)} to ${day(d.notAfter)}`,
    ...verdict.checks.map(
      (c) =>
        `  ${c.outcome === 'passed' ? 'ok    ' : 'FAILED'} ${c.subject}: ${CHECK_WORDS[c.id]} (expected ${c.expected}, found ${c.found})`,
    ),
    ...(verdict.error ? [`  ${hostKeyErrorSays(verdict.error)}`] : []),
    ...verdict.missing.map((m) => `  get on a machine with network: ${missingSays(m)}`),
    ...verdict.endingSoon.map((e) => `  ends soon: ${e.subject}, ${day(e.until)}`),
  ];
};

export const addHostKey = (program: Command): void => {
  const hostkey = program.command('hostkey').description('host-key documents');
  addCertificateOptions(hostkey.command('verify').description('verify host-key documents, offline'))
    .option('--at <date>', 'the moment it shall hold; now unless given')
    .option('--json', 'answer in JSON')
    .action((o: VerifyOptions) => {
      if (o.hostKeyDocument === undefined) refuse('no host-key document given: -k FILE');
      const loaded = verifyFromFiles(o, momentOf(o.at)).filter(
        (l): l is LoadedHostKey & { verdict: HostKeyVerdict } => l.verdict !== undefined,
      );
      const trusted = loaded.length > 0 && loaded.every((l) => l.verified);
      if (o.json)
        sayJson({
          ok: trusted,
          hostKeys: loaded.map(({ file, document: d, verdict: v }) => ({
            file,
            phkh: hex(d.phkh),
            serial: d.serial,
            subject: d.subject,
            issuer: d.issuer,
            notBefore: d.notBefore,
            notAfter: d.notAfter,
            trusted: v.trusted,
            error: v.error ?? null,
            holdsUntil: v.holdsUntil ?? null,
            checks: v.checks,
            missing: v.missing,
            endingSoon: v.endingSoon,
          })),
        });
      else say(loaded.flatMap(asText).join('\n'));
      process.exitCode = trusted ? EXIT.good : EXIT.no;
    });
};
