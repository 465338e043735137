/** `hostkey verify` and `hostkey sort`: every check of a host-key document, until when it holds, and what is missing. */
import type { Command } from 'commander';
import { hex } from '../../core/bytes.ts';
import { SelError } from '../../core/errors.ts';
import { fingerprint } from '../../core/hostkey/certificate.ts';
import { type HostKeyCheck, shortName } from '../../core/hostkey/checks.ts';
import { PIECES_MAX, type Piece, sortFile } from '../../core/hostkey/sort.ts';
import type { VerifyHostKeysInput } from '../../core/hostkey/verify.ts';
import { isLacking, wanted } from '../../core/hostkey/wanted.ts';
import { nodeEnv } from '../../edge/env.ts';
import { gather } from '../../edge/gather.ts';
import { verifySignature } from '../../edge/keys.ts';
import { explain } from '../../words/errors.ts';
import { CHECK_WORDS, checklist, hostKeyErrorSays, PIECES } from '../../words/hostkey.ts';
import {
  type CertificateOptions,
  certificatesIn,
  crlsIn,
  type JudgedHostKey,
  rootPieces,
  verdictsFor,
  verifyFromFiles,
} from '../hostkeys.ts';
import { EXIT, oneLine, refuse, say, sayJson } from '../out.ts';

interface Moment {
  readonly at?: string;
  readonly json?: boolean;
}
type VerifyOptions = CertificateOptions & Moment;
type SortOptions = Pick<CertificateOptions, 'rootCa'> & Moment;

const momentOf = (text: string | undefined): Date => {
  if (text === undefined) return nodeEnv.now();
  const whole = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const at = new Date(whole ? text : Number.NaN);
  return Number.isNaN(at.getTime())
    ? refuse(`--at ${oneLine(text)} is not a date: write it as 2026-11-24 or 2026-11-24T05:00:00Z`)
    : at;
};

const day = (d: Date): string => d.toISOString().slice(0, 10);

const checkLine = (c: HostKeyCheck): string =>
  `  ${c.outcome === 'passed' ? 'ok    ' : 'FAILED'} ${c.subject}: ${CHECK_WORDS[c.id]} (expected ${c.expected}, found ${c.found})`;

const isOwn = (c: HostKeyCheck): boolean => c.id.startsWith('host-');

/** What all host keys of a set have in common, once. */
const chainLines = ([first]: readonly JudgedHostKey[]): string[] => [
  'The signing key and its chain:',
  ...(first?.verdict.checks ?? []).filter((c) => !isOwn(c)).map(checkLine),
];

/** The verdict on one host key. @param all also the checks that it passed */
const verdictLines = ({ file, document: d, verdict: v }: JudgedHostKey, all: boolean): string[] => [
  `${oneLine(file)}: ${v.trusted ? `trusted${v.holdsUntil ? ` until ${day(v.holdsUntil)}` : ''}` : 'not trusted'}`,
  `  host-key hash ${hex(d.phkh)}`,
  `  serial ${d.serial}, valid ${day(d.notBefore)} to ${day(d.notAfter)}`,
  ...v.checks.filter((c) => (all ? isOwn(c) : c.outcome === 'failed')).map(checkLine),
  ...(v.error ? [`  ${hostKeyErrorSays(v.error)}`] : []),
  ...v.endingSoon.map((e) => `  ends soon: ${e.subject}, ${day(e.until)}`),
];

const verdictJson = ({ file, document: d, verdict: v }: JudgedHostKey) => ({
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
});

const allTrusted = (hostKeys: readonly JudgedHostKey[]): boolean => hostKeys.length > 0 && hostKeys.every((h) => h.verified);

/** The checklist, when there is something on it to get. */
const openChecklist = (input: VerifyHostKeysInput): string[] => {
  const list = wanted(input);
  return list.some(isLacking) ? ['', checklist(list, input.at).trimEnd()] : [];
};

const verify = (o: VerifyOptions): void => {
  if ((o.hostKeyDocument ?? []).length === 0) refuse('no host-key document given: -k FILE');
  const { input, hostKeys } = verifyFromFiles(o, momentOf(o.at));
  const good = allTrusted(hostKeys);
  if (o.json) sayJson({ ok: good, at: input.at, hostKeys: hostKeys.map(verdictJson), wanted: wanted(input) });
  else
    say(
      [...chainLines(hostKeys), ...hostKeys.flatMap((h) => verdictLines(h, true)), ...(good ? [] : openChecklist(input))].join(
        '\n',
      ),
    );
  process.exitCode = good ? EXIT.good : EXIT.no;
};

/** A piece for the table: what it is, whose, and until when or why not. */
interface Row {
  readonly file: string;
  readonly archive: string | null;
  readonly kind: Piece['kind'];
  readonly name: string | null;
  readonly from: Date | null;
  readonly until: Date | null;
  /** of a root: SHA-256, to compare with a source that is trusted */
  readonly fingerprint: string | null;
  readonly reason: string | null;
}

const rowOf = (p: Piece): Row => ({
  file: p.file,
  archive: p.archive ?? null,
  kind: p.kind,
  name: p.certificate ? shortName(p.certificate) : p.crl ? shortName({ subject: p.crl.issuer }) : null,
  from: p.certificate?.notBefore ?? p.crl?.thisUpdate ?? null,
  until: p.certificate?.notAfter ?? p.crl?.nextUpdate ?? null,
  fingerprint: p.kind === 'root' && p.certificate ? fingerprint(p.certificate) : null,
  reason: p.error ? explain(p.error.code, { ...p.error.facts, file: undefined }).what : null,
});

const table = (rows: readonly Row[]): string[] => {
  const cells = rows.map((r) => [
    oneLine(r.archive === null ? r.file : `${r.file} (in ${r.archive})`),
    PIECES[r.kind],
    r.name === null ? '-' : `"${r.name}"`,
    r.reason ?? (r.until ? `${day(r.from as Date)} to ${day(r.until)}` : 'without an end'),
  ]);
  const widths = [0, 1, 2].map((i) => Math.max(...cells.map((c) => (c[i] as string).length)));
  return rows.flatMap((r, n) => [
    (cells[n] as string[]).map((c, i) => c.padEnd(widths[i] ?? 0)).join('  '),
    ...(r.fingerprint ? [`  SHA-256 fingerprint ${r.fingerprint}`] : []),
  ]);
};

/** @throws not-found when there is not one file; too-long for too many pieces */
const readPieces = (paths: readonly string[]): Piece[] => {
  const pieces: Piece[] = [];
  for (const { file, bytes, error } of gather(paths)) {
    pieces.push(...(bytes ? sortFile(file, bytes) : [{ file, kind: 'unknown' as const, ...(error ? { error } : {}) }]));
    if (pieces.length > PIECES_MAX)
      throw new SelError('too-long', {
        file,
        field: 'files',
        found: `over ${PIECES_MAX} pieces`,
        expected: `at most ${PIECES_MAX}`,
      });
  }
  if (pieces.length === 0)
    throw new SelError('not-found', { file: paths[0], field: 'files', found: 'none', expected: 'at least one' });
  return pieces;
};

const sort = (paths: readonly string[], o: SortOptions): void => {
  const at = momentOf(o.at);
  const pieces = readPieces(paths);
  const [first] = pieces;
  if (pieces.length === 1 && first?.kind === 'unknown' && first.error) throw first.error;
  const documents = pieces.flatMap((p) => (p.hostKey ? [{ document: p.hostKey, file: p.file }] : []));
  const roots = rootPieces(o.rootCa);
  const input: VerifyHostKeysInput = {
    hostKeys: documents.map((d) => d.document),
    // a root that lies among the files is not trusted for that
    certificates: certificatesIn(pieces.filter((p) => p.kind !== 'host-key')),
    roots: certificatesIn(roots),
    crls: crlsIn([...pieces, ...roots]),
    at,
    verify: verifySignature,
  };
  const hostKeys = verdictsFor(documents, input);
  const list = documents.length > 0 || input.certificates.length > 0 ? wanted(input) : [];
  const good = allTrusted(hostKeys);
  if (o.json) sayJson({ ok: good, at, pieces: pieces.map(rowOf), wanted: list, hostKeys: hostKeys.map(verdictJson) });
  else
    say(
      [
        ...table(pieces.map(rowOf)),
        '',
        ...(documents.length === 0 ? ['No host-key document is among them.'] : hostKeys.flatMap((h) => verdictLines(h, false))),
        ...(list.length > 0 ? ['', checklist(list, at).trimEnd()] : []),
      ].join('\n'),
    );
  const unreadable = pieces.every((p) => p.kind === 'unknown');
  process.exitCode = unreadable ? EXIT.unreadable : good ? EXIT.good : EXIT.no;
};

const AT = ['--at <date>', 'the moment it shall hold, as 2026-11-24 or 2026-11-24T05:00:00Z; now unless given'] as const;
const ROOT = ['--root-ca <file>', 'root certificate to trust; those of the system unless given'] as const;

export const addHostKey = (program: Command): void => {
  const hostkey = program.command('hostkey').description('host-key documents');
  hostkey
    .command('verify')
    .description('verify host-key documents, offline')
    .option('-k, --host-key-document <file...>', 'host-key documents')
    .option('-C, --cert <file...>', 'certificates of the chain: the signing key and what stands between it and the root')
    .option('--crl <file...>', 'certificate revocation lists')
    .option(...ROOT)
    .option(...AT)
    .option('--offline', 'accepted for compatibility: this program never uses the network')
    .option('--json', 'answer in JSON')
    .action(verify);
  hostkey
    .command('sort')
    .argument('<path...>', 'files, directories and zip archives')
    .description('say what each file is, what is missing to verify the host keys among them, and the verdicts')
    .option(...ROOT)
    .option(...AT)
    .option('--json', 'answer in JSON')
    .action(sort);
};
