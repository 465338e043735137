/** Two judges of a forged PKI: what is tested, and the real `openssl verify`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Piece, sortFile } from '../../core/hostkey/sort.ts';
import { type HostKeyVerdict, verifyHostKeys } from '../../core/hostkey/verify.ts';
import { verifySignature } from '../../edge/keys.ts';
import { AT, type Files } from './forge.ts';

export interface Judgement {
  /** `trusted`, an error kind, `IbmSignInvalid 20@0`, or `unreadable wrong-curve` for the host key itself */
  readonly says: string;
  readonly verdict?: HostKeyVerdict;
  /** error codes of the pieces that could not be read */
  readonly unread: readonly string[];
  readonly pieces: readonly Piece[];
}

const sorted = (files: readonly Uint8Array[]): Piece[] => files.flatMap((f, i) => sortFile(`file ${i}`, f));

/** What our verification says. A host key that cannot be read has no verdict. */
export const judge = (files: Files, at = AT): Judgement => {
  const [roots, certificates, crls, hosts] = [files.roots, files.certificates, files.crls, files.hosts].map(sorted) as [
    Piece[],
    Piece[],
    Piece[],
    Piece[],
  ];
  const pieces = [...roots, ...certificates, ...crls, ...hosts];
  const unread = pieces.filter((p) => p.kind === 'unknown').map((p) => p.error?.code ?? 'no reason');
  const certificatesOf = (list: Piece[]) => list.flatMap((p) => (p.certificate ? [p.certificate] : []));
  const host = hosts.find((p) => p.hostKey)?.hostKey;
  if (host === undefined) {
    const why = hosts[0]?.kind === 'unknown' ? hosts[0].error?.code : hosts[0]?.kind;
    return { says: `unreadable ${why}`, unread, pieces };
  }
  const [verdict] = verifyHostKeys({
    hostKeys: [host],
    certificates: certificatesOf(certificates),
    roots: certificatesOf(roots),
    crls: pieces.flatMap((p) => (p.crl ? [p.crl] : [])),
    at,
    verify: verifySignature,
  });
  const e = verdict?.error;
  const says = e === undefined ? 'trusted' : e.openssl === undefined ? e.kind : `${e.kind} ${e.openssl}@${e.depth}`;
  return { says, unread, pieces, ...(verdict ? { verdict } : {}) };
};

export const opensslVersion = (): string | undefined => {
  const r = spawnSync('openssl', ['version'], { encoding: 'utf8' });
  return r.status === 0 ? r.stdout.trim() : undefined;
};

const pem = (label: string, files: readonly Uint8Array[]): string =>
  files
    .map((f) => [
      `-----BEGIN ${label}-----`,
      ...(Buffer.from(f)
        .toString('base64')
        .match(/.{1,64}/g) ?? []),
      `-----END ${label}-----`,
      '',
    ])
    .map((lines) => lines.join('\n'))
    .join('');

/** The flags of the reference's store: strict, every CRL, self-signature, policies, trusted first, level 2, depth 2, any purpose. */
const FLAGS =
  '-x509_strict -crl_check_all -check_ss_sig -policy_check -trusted_first -auth_level 2 -verify_depth 2 -purpose any -no-CApath -no-CAstore';

/**
 * What `openssl verify` says of the chain of the signing key: `ok`, its first error as `20@0`, or `unreadable`.
 * @param leaf which of the certificates is the signing key
 */
export const opensslSays = (files: Files, leaf: number, at = AT): string => {
  const directory = mkdtempSync(join(tmpdir(), 'selwright-openssl-'));
  try {
    const write = (name: string, label: string, list: readonly Uint8Array[]): string => {
      const path = join(directory, name);
      writeFileSync(path, pem(label, list));
      return path;
    };
    const others = files.certificates.filter((_, i) => i !== leaf);
    const r = spawnSync(
      'openssl',
      [
        'verify',
        ...FLAGS.split(' '),
        '-attime',
        String(Math.floor(at.getTime() / 1000)),
        ...(files.roots.length > 0 ? ['-CAfile', write('root.pem', 'CERTIFICATE', files.roots)] : ['-no-CAfile']),
        ...(others.length > 0 ? ['-untrusted', write('untrusted.pem', 'CERTIFICATE', others)] : []),
        ...(files.crls.length > 0 ? ['-CRLfile', write('crl.pem', 'X509 CRL', files.crls)] : []),
        write('leaf.pem', 'CERTIFICATE', [files.certificates[leaf] as Uint8Array]),
      ],
      { encoding: 'utf8' },
    );
    const first = /error (\d+) at (\d+) depth/.exec(r.stdout + r.stderr);
    if (first) return `${first[1]}@${first[2]}`;
    return r.status === 0 ? 'ok' : 'unreadable';
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
