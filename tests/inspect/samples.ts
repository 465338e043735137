/** One file of every format, and what it is. */
import { signApproval } from '../../core/approval/document.ts';
import { APPROVER_KEY, makeApproverKey } from '../../core/approval/key.ts';
import { requestExchange } from '../../core/attestation/exchange.ts';
import { sealAttestationRequest } from '../../core/attestation/request.ts';
import { writeExpected } from '../../core/bundle/expected.ts';
import { join, unhex, utf8 } from '../../core/bytes.ts';
import { type SealKind, seal } from '../../core/crypto/sealed.ts';
import { boot } from '../../core/guestsim/boot.ts';
import { findHeader } from '../../core/image/find.ts';
import type { FileKind } from '../../core/inspect.ts';
import { writePolicy } from '../../core/policy/document.ts';
import { audited, writeAuditLines } from '../../core/project/audit.ts';
import { PROJECT_KIND } from '../../core/project/file.ts';
import { writeChallenge } from '../../core/report/build.ts';
import { buildRequest, freshRequestKeys } from '../../core/request/build.ts';
import { writeSimHost } from '../../core/sample/host.ts';
import { infoYaml } from '../../core/secret/info.ts';
import { kindRow } from '../../core/secret/kinds.ts';
import { listAsYaml, writeList, writeListPage } from '../../core/secret/list.ts';
import { hashedId, makeSecret } from '../../core/secret/secret.ts';
import { makeDump } from '../../core/uvsim/dump.ts';
import { saveGuest } from '../../core/uvsim/state.ts';
import { UltravisorGuest } from '../../core/uvsim/ultravisor.ts';
import { seededEnv } from '../support/env.ts';
import { customer, protectionKey, slotHosts, slots } from '../support/slots.ts';
import { entriesOf, fileOf, header, hosts, image, makeBundle, policy } from '../support/tenant.ts';

const bundle = makeBundle();
const entries = entriesOf(bundle);
const guest = new UltravisorGuest(hosts[0], image, seededEnv('guest'));
const { report } = boot({ host: hosts[0], image, entries }, seededEnv('inspect'));

const list = {
  total: 2,
  next: 2,
  entries: [
    { index: 0, type: 3, length: 16, id: hashedId('a') },
    { index: 1, type: 8, length: 64, id: hashedId('b') },
  ],
};
const keys = { customer, protectionKey, iv: new Uint8Array(12), measurementKey: new Uint8Array(64), nonce: new Uint8Array(16) };
export const arcb = sealAttestationRequest(['secret-store-hash'], slots, keys);
const key = makeApproverKey('somebody', seededEnv('approver'));
const approval = signApproval(
  { kind: 'policy', sha256: 'ab'.repeat(32), name: 'a-policy', decision: 'approve', comment: '' },
  key,
  seededEnv('approval'),
);
/** Nothing inside, under the cheapest derivation there is. */
const sealed = (kind: SealKind): Uint8Array => {
  const parameters = { memory: 8, passes: 1, lanes: 1 };
  const salt = new Uint8Array(16);
  return seal(kind, { parameters, salt, key: new Uint8Array(32) }, new Uint8Array(0), seededEnv('sealed'));
};
// bytes of nothing in place of a signature: inspect verifies none
const signed = buildRequest(
  {
    hostKeys: [slotHosts[0].publicKey],
    image: findHeader(header).header.image,
    secret: makeSecret('meta', new Uint8Array(0), undefined, 'sample'),
    userData: { kind: 'signed-rsa-2048', bytes: utf8('signed'), sign: () => new Uint8Array(256).fill(0x51) },
  },
  freshRequestKeys(seededEnv('signed')),
);
const pem = (label: string): Uint8Array => utf8(`-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`);
const hidden = new Uint8Array(0x9000);
hidden.set(header, 0x3000);

export const SAMPLES: readonly (readonly [name: string, kind: FileKind, bytes: Uint8Array])[] = [
  ['a request', 'add-secret request', fileOf(entries, 'sics/toc.asr')],
  ['a signed request', 'add-secret request', signed],
  ['a header', 'SE header', header],
  ['an image with metadata', 'SE image', image],
  ['an image without', 'SE image', hidden],
  ['an exchange file', 'attestation exchange file', requestExchange(arcb, 64, 64)],
  ['a bare attestation request', 'attestation request', arcb],
  ['a page of a list', 'secret list', writeListPage(list)],
  ['a list without a page', 'secret list', writeList(list)],
  ['several pages', 'secret list', join(writeListPage(list), new Uint8Array(4096))],
  ['an empty list', 'secret list', new Uint8Array(4096)],
  ['a list as YAML', 'secret list', utf8(listAsYaml(list))],
  ['secret information', 'secret information', utf8(infoYaml(kindRow('plaintext'), 'a name', hashedId('a name')))],
  // the vector of the specification, page "generic-guest"
  [
    'a key token',
    'key token',
    unhex('000000000900000000080000e5d942e791497084f2cc3888b7d70303f76abda459c4bb4db9ae464e480b74e5', 'token'),
  ],
  ['host-key hashes', 'list of host-key hashes', utf8(`${'0b'.repeat(32)}\n${`${'00'.repeat(32)}\n`.repeat(14)}`)],
  ['a policy', 'personalization policy', writePolicy(policy)],
  ['a manifest', 'manifest', fileOf(entries, 'sics/manifest.pol')],
  ['an expectation', 'expectation', writeExpected(bundle.expected)],
  ['a report', 'retrieval report', report as Uint8Array],
  ['toc.pol', 'policy reference list', fileOf(entries, 'sics/toc.pol')],
  [
    'a challenge',
    'challenge',
    writeChallenge({ id: '01234567-89ab-4def-8123-456789abcdef', nonce: new Uint8Array(32), request: arcb }),
  ],
  ['a bundle index', 'bundle index', fileOf(entries, 'meta/index.json')],
  ['a project', 'project file', sealed(PROJECT_KIND)],
  ['a key of an approver', 'approver key', sealed(APPROVER_KEY)],
  ['an approval', 'approval', approval],
  ['a trail', 'audit trail', writeAuditLines(audited([], { kind: 'passphrase-changed' }, seededEnv('t').now()))],
  ['a simulated guest', 'simulated guest', saveGuest(guest)],
  [
    'a dump',
    'simulated dump',
    makeDump({ cuid: new Uint8Array(16), headerTag: new Uint8Array(16) }, [], new Uint8Array(32), seededEnv('dump')),
  ],
  ['a simulated host', 'simulated host', writeSimHost(hosts[0])],
  ['a private key', 'private key', pem('EC PRIVATE KEY')],
  ['a public key', 'public key', pem('PUBLIC KEY')],
  ['a retrieved secret', 'retrieved secret', pem('IBM PROTECTED KEY')],
];

export const simHostKey = hosts[0].keys.privateKey;
