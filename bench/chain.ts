/** Verifying a host key: our own checks against `openssl verify` as a process, and against Node's certificates in process. */
import { X509Certificate } from 'node:crypto';
import { writePem } from '../core/hostkey/pem.ts';
import { sortFile } from '../core/hostkey/sort.ts';
import { verifyHostKeys } from '../core/hostkey/verify.ts';
import { verifySignature } from '../edge/keys.ts';
import { pki, put } from './fixture.ts';
import type { Sizes } from './main.ts';
import { compare, type Row } from './measure.ts';
import { run } from './processes.ts';

const files = [pki.root, pki.intermediate, pki.signing, ...Object.values(pki.crls), pki.hosts[0] as Uint8Array];

/** Everything from the bytes on, as for files that were just chosen. */
const own = (): void => {
  const pieces = files.flatMap((der) => sortFile('bench', der.slice()));
  const certificates = pieces.flatMap((p) => (p.certificate ? [p.certificate] : []));
  const hostKeys = pieces.flatMap((p) => (p.hostKey ? [p.hostKey] : []));
  const [root, ...others] = certificates;
  const [verdict] = verifyHostKeys({
    hostKeys,
    certificates: others,
    roots: root ? [root] : [],
    crls: pieces.flatMap((p) => (p.crl ? [p.crl] : [])),
    at: new Date(),
    verify: verifySignature,
  });
  if (verdict?.trusted !== true) throw new Error('the host key of the benchmark is not trusted');
};

/** The signatures of the chain and its names; no CRLs, no rules of IBM's: Node has no way to check those. */
const inNode = (): void => {
  const [root, intermediate, signing, host] = [pki.root, pki.intermediate, pki.signing, pki.hosts[0] as Uint8Array].map(
    (der) => new X509Certificate(Buffer.from(der)),
  ) as [X509Certificate, X509Certificate, X509Certificate, X509Certificate];
  const good =
    root.verify(root.publicKey) &&
    intermediate.verify(root.publicKey) &&
    intermediate.checkIssued(root) &&
    signing.verify(intermediate.publicKey) &&
    signing.checkIssued(intermediate) &&
    host.verify(signing.publicKey);
  if (!good) throw new Error('the chain of the benchmark does not verify');
};

const root = put('root.pem', writePem('CERTIFICATE', pki.root));
const intermediate = put('intermediate.pem', writePem('CERTIFICATE', pki.intermediate));
const signing = put('signing.pem', writePem('CERTIFICATE', pki.signing));
const crls = put(
  'crls.pem',
  Object.values(pki.crls)
    .map((c) => writePem('X509 CRL', c))
    .join(''),
);
/** The chain of the signing key with every CRL: the signature of the host key itself would be one more process. */
const asProcess = (): void => {
  run('openssl', [
    'verify',
    '-crl_check_all',
    '-x509_strict',
    '-purpose',
    'any',
    '-CAfile',
    root,
    '-untrusted',
    intermediate,
    '-CRLfile',
    crls,
    signing,
  ]);
};

const repeat = (count: number, f: () => void) => (): undefined => {
  for (let i = 0; i < count; i++) f();
  return undefined;
};

export const chain = (s: Sizes): Promise<Row[]> =>
  compare({
    what: 'a host key verified: chain, CRLs, rules',
    own: { name: 'own', count: s.chains, run: repeat(s.chains, own) },
    rivals: [
      { name: 'openssl verify, one process (chain and CRLs only)', count: s.processes, run: repeat(s.processes, asProcess) },
      { name: "Node's X509Certificate in process (signatures and names only)", count: s.chains, run: repeat(s.chains, inNode) },
    ],
    rounds: s.rounds,
  });
