/** Shows documents that are text: our own, and those the tools of the reference write. */
import { APPROVAL_FORMAT, readApproval } from '../approval/document.ts';
import { EXPECTED_FORMAT, readExpected } from '../bundle/expected.ts';
import { readIndex } from '../bundle/index.ts';
import { MANIFEST_FORMAT, readManifest } from '../bundle/manifest.ts';
import { readTocPol } from '../bundle/tocpol.ts';
import { type Bytes, hex, wipe } from '../bytes.ts';
import { readKeyHashes } from '../image/hosts.ts';
import { policyHash, readPolicy } from '../policy/document.ts';
import { checkPolicy } from '../policy/rules.ts';
import { POLICY_FORMAT } from '../policy/schema.ts';
import { readAuditLines, verifyAudit } from '../project/audit.ts';
import { CHALLENGE_FORMAT, readChallenge } from '../report/build.ts';
import { REPORT_FORMAT, readReport } from '../report/format.ts';
import { readSimHost } from '../sample/host.ts';
import { readInfoYaml } from '../secret/info.ts';
import { readListYaml } from '../secret/list.ts';
import { STATE_FORMAT } from '../uvsim/state.ts';
import { listShown } from './list.ts';
import type { Inspected } from './shown.ts';

const policy = (bytes: Bytes): Inspected => {
  const p = readPolicy(bytes);
  const findings = checkPolicy(p).map((f) => ({
    rule: f.rule,
    severity: f.severity,
    subject: f.subject ?? null,
    found: f.found ?? null,
    expected: f.expected ?? null,
  }));
  return {
    kind: 'personalization policy',
    shown: { name: p.name, hash: policyHash(p), secrets: p.secrets.map((s) => s.name), findings },
  };
};

const report = (bytes: Bytes): Inspected => {
  const r = readReport(bytes);
  return {
    kind: 'retrieval report',
    shown: {
      phase: r.body.phase,
      bundle: { id: r.body.bundle.id, serial: r.body.bundle.serial },
      simulated: r.body.guest.simulated,
      time: r.body.guest.time,
      secrets: r.body.secrets.map((s) => s.name),
      attestation: r.attestation !== undefined,
      mac: r.mac !== undefined,
    },
  };
};

const expectation = (bytes: Bytes): Inspected => {
  const e = readExpected(bytes);
  return {
    kind: 'expectation',
    shown: {
      bundle: { ...e.bundle },
      'submission-order': e.submission_order.map((s) => `${s.tag}  ${s.file}`),
      'store-hash': { ...e.store_hash },
    },
  };
};

const manifest = (bytes: Bytes): Inspected => {
  const m = readManifest(bytes);
  return { kind: 'manifest', shown: { bundle: { ...m.bundle }, lock: m.lock, secrets: m.secrets.map((s) => s.name) } };
};

const challenge = (bytes: Bytes): Inspected => {
  const c = readChallenge(bytes);
  return { kind: 'challenge', shown: { id: c.id, nonce: hex(c.nonce), 'request-size': c.request.length } };
};

/** Whether its signature is good needs what it is about: that is not asked here. */
const approval = (bytes: Bytes): Inspected => {
  const a = readApproval(bytes);
  const about = a.form === 'statement' ? { kind: a.statement.kind, sha256: a.statement.sha256 } : null;
  return { kind: 'approval', shown: { form: a.form, decision: a.decision, key: a.fingerprint, about, note: 'not verified' } };
};

const INDEX_FORMAT = 'sel-bundle-index';
const index = (bytes: Bytes): Inspected => {
  const i = readIndex(bytes);
  return { kind: 'bundle index', shown: { tool: i.tool, files: i.files.map((f) => `${f.sha256}  ${f.path}`) } };
};

const SIM_HOST_FORMAT = 'selwright-simulated-host';
/** The private key is what makes it this host: it is read, and never shown. */
const simulatedHost = (bytes: Bytes): Inspected => {
  const h = readSimHost(bytes);
  wipe(h.keys.privateKey);
  return { kind: 'simulated host', shown: { name: h.name, machine: h.profile.name, 'private-key': 'not shown' } };
};

const information = (bytes: Bytes): Inspected => {
  const i = readInfoYaml(bytes);
  return { kind: 'secret information', shown: { kind: i.kind, name: i.name, id: hex(i.id) } };
};

const keyHashes = (bytes: Bytes): Inspected => ({
  kind: 'list of host-key hashes',
  shown: { keys: readKeyHashes(bytes).map((k) => ({ name: k.name, hash: hex(k.hash) })) },
});

/** Documents that name their format, in a field of that name. */
const NAMED: Record<string, (bytes: Bytes) => Inspected> = {
  [POLICY_FORMAT]: policy,
  [REPORT_FORMAT]: report,
  [EXPECTED_FORMAT]: expectation,
  [MANIFEST_FORMAT]: manifest,
  [APPROVAL_FORMAT]: approval,
  [CHALLENGE_FORMAT]: challenge,
  [INDEX_FORMAT]: index,
  [SIM_HOST_FORMAT]: simulatedHost,
  // it holds every secret of the guest: it is not even read
  [STATE_FORMAT]: () => ({ kind: 'simulated guest', shown: { content: 'not shown: it holds the secrets of the guest' } }),
};

const trail = (bytes: Bytes): Inspected => {
  const { entries, good, head } = verifyAudit(readAuditLines(bytes));
  return { kind: 'audit trail', shown: { entries, chained: good, head } };
};

/** Documents told apart by how they begin. */
const BEGINNINGS: readonly (readonly [begins: RegExp, show: (bytes: Bytes) => Inspected])[] = [
  [/^-----BEGIN SSH SIGNATURE-----/, approval],
  [/^\{"event":\{/, trail],
  [/^(---\s+)?!(Association|Retrievable)\b/, information],
  [/^(---\s+)?total_num_secrets:/, (bytes) => ({ kind: 'secret list', shown: listShown(readListYaml(bytes)) })],
  [/^[0-9a-f]{32}\n/, (bytes) => ({ kind: 'policy reference list', shown: { tags: readTocPol(bytes).map(hex) } })],
  [/^[0-9a-fA-F]{64}\n/, keyHashes],
];

/** The format a JSON or YAML document says it has. */
const namedFormat = (head: string): string | undefined => /(?:^|[\s{,])"?format"?\s*:\s*"?(sel[a-z-]+)/.exec(head)?.[1];

/** @param head its beginning as text @returns undefined when it is none of them @throws what the readers throw */
export const inspectText = (bytes: Bytes, head: string): Inspected | undefined => {
  const show = NAMED[namedFormat(head) ?? ''] ?? BEGINNINGS.find(([begins]) => begins.test(head))?.[1];
  return show?.(bytes);
};
