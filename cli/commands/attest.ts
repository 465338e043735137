/** `attest create`, `attest verify`, `attest check`: what `pvattest` does on the tenant's side. */
import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import {
  ATTESTATION_CHECKS,
  type AttestationPolicy,
  type AttestationResult,
  checkAttestation,
  type HostKeyRole,
} from '../../core/attestation/check.ts';
import { requestExchange } from '../../core/attestation/exchange.ts';
import { type AdditionalFlag, additionalSize, MEASUREMENT_SIZE, USER_DATA_MAX } from '../../core/attestation/measurement.ts';
import { buildAttestationRequest, freshAttestationKeys, wipeAttestationKeys } from '../../core/attestation/request.ts';
import { type AttestationResponse, readResponse } from '../../core/attestation/response.ts';
import { type Bytes, hex, utf8, wipe } from '../../core/bytes.ts';
import { KEY_SIZE } from '../../core/crypto/gcm.ts';
import { inFile, SelError } from '../../core/errors.ts';
import { REQUEST_MAX } from '../../core/request/asrcb.ts';
import { parseRequest } from '../../core/request/parse.ts';
import { nodeEnv } from '../../edge/env.ts';
import { exists, readFile, writeFile } from '../../edge/files.ts';
import { checksText, TAGS_ONLY, VERIFIED_FOR_ME } from '../../words/attest.ts';
import { addCertificateOptions, checkCertificateOptions } from '../certificates.ts';
import { readExact } from '../exact.ts';
import { readHeader } from '../header.ts';
import { type CertificateOptions, loadHostKeys, readDocuments } from '../hostkeys.ts';
import { EXIT, refuse, say, sayJson, warn } from '../out.ts';

const KEY = 'protection key of the attestation request';
/** Largest response that is read, in bytes: a request and everything an answer adds to it is far below. */
const RESPONSE_MAX = 1024 * 1024;

/** What `--add-data` of the reference calls each part of the additional data. */
const ADD_DATA: Record<string, AdditionalFlag> = {
  'phkh-img': 'image-host-key-hash',
  'phkh-att': 'attestation-host-key-hash',
  'secret-store-hash': 'secret-store-hash',
  'firmware-state': 'firmware-state',
};
const ADD_DATA_NAMES = Object.keys(ADD_DATA).join(', ');

const many = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];
/** Values of an option that may be repeated, and may hold several with commas between. */
const list = (value: string, before: string[] | undefined): string[] => [...(before ?? []), ...value.split(',')];

interface CreateOptions extends CertificateOptions {
  readonly output: string;
  readonly arpk: string;
  readonly addData?: string[];
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

const create = (o: CreateOptions): void => {
  checkCertificateOptions(o);
  const flags = (o.addData ?? []).map((n) => ADD_DATA[n] ?? refuse(`--add-data ${n} is not known: ${ADD_DATA_NAMES}`));
  if (!o.overwrite)
    for (const [file, field] of [[o.arpk, KEY] as const, [o.output, 'attestation request'] as const])
      if (exists(file)) throw new SelError('io-exists', { file, field });
  const hostKeys = loadHostKeys(o, nodeEnv.now());
  const keys = freshAttestationKeys(nodeEnv);
  try {
    const request = buildAttestationRequest(
      hostKeys.map((k) => k.document.publicKey),
      flags,
      keys,
    );
    const overwrite = o.overwrite === true;
    // the key first: a request whose key is lost can never be verified
    writeFile(o.arpk, keys.protectionKey, KEY, { overwrite, mode: 0o600 });
    writeFile(o.output, requestExchange(request, MEASUREMENT_SIZE, additionalSize(flags)), 'attestation request', { overwrite });
    if (o.json)
      sayJson({ ok: true, request: o.output, protectionKey: o.arpk, hosts: hostKeys.length, flags: ['nonce', ...flags] });
    else warn(`selwright: wrote ${o.output} for ${hostKeys.length} host(s); keep ${o.arpk} to yourself, and remove it after use`);
  } finally {
    wipeAttestationKeys(keys);
  }
};

interface ResponseOptions {
  readonly input?: string;
  readonly output?: string;
  readonly hdr: string;
  readonly arpk: string;
  readonly userData?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

interface Judged {
  readonly file: string;
  readonly response: AttestationResponse;
  readonly result: AttestationResult;
}

const judge = (input: string | undefined, o: ResponseOptions, policy: AttestationPolicy): Judged => {
  const file = input ?? o.input ?? refuse('no attestation response given: -i FILE');
  const bytes = readFile(file, 'attestation response', RESPONSE_MAX);
  const response = inFile(file, () => readResponse(bytes));
  const { header } = readHeader(o.hdr);
  const key = readExact(o.arpk, KEY, KEY_SIZE);
  try {
    return { file, response, result: checkAttestation(response, key, header.image, policy) };
  } finally {
    wipe(key);
  }
};

/** Hex as the reference writes it into YAML. */
const x = (bytes: Bytes | undefined): string | undefined =>
  bytes === undefined || bytes.length === 0 ? undefined : `0x${hex(bytes)}`;

/** What a response says, with the names `pvattest verify --output` uses. Only for one that is verified. */
const saidBy = (r: AttestationResponse) => ({
  cuid: x(r.cuid),
  add: x(r.additionalBytes),
  add_fields:
    r.additionalBytes.length === 0
      ? undefined
      : {
          image_phkh: x(r.additional['image-host-key-hash']),
          attestation_phkh: x(r.additional['attestation-host-key-hash']),
          secret_store_hash: x(r.additional['secret-store-hash']),
          firmware_state: x(r.additional['firmware-state']),
        },
  user_data: x(r.userData),
});

const asYaml = (value: unknown): Bytes => utf8(stringify(value, { lineWidth: 0 }));

const saidLines = (r: AttestationResponse): string[] => {
  const said = saidBy(r);
  return [
    `configuration UID ${said.cuid}`,
    ...Object.entries(said.add_fields ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`])),
    `user data ${said.user_data ?? 'none'}`,
  ];
};

const verify = (input: string | undefined, o: ResponseOptions): void => {
  const { file, response, result } = judge(input, o, {});
  const { verified } = result;
  const checks = result.checks.filter((c) => c.id === 'request' || c.id === 'measurement');
  if (o.json) sayJson({ ok: verified, file, verified, checks, ...(verified ? saidBy(response) : {}) });
  else {
    say([`${file}: ${verified ? 'verified' : 'NOT verified'}`, ...checksText(result, ['request', 'measurement'])].join('\n'));
    if (verified) say([...saidLines(response), VERIFIED_FOR_ME].join('\n'));
  }
  process.exitCode = verified ? EXIT.good : EXIT.no;
  if (!verified) return;
  const overwrite = o.overwrite === true;
  if (o.output !== undefined) writeFile(o.output, asYaml(saidBy(response)), 'result', { overwrite });
  if (o.userData === undefined) return;
  if (response.userData.length === 0) warn(`selwright: ${file} has no user data: ${o.userData} was not written`);
  else writeFile(o.userData, response.userData, 'user data', { overwrite });
};

interface CheckOptions extends ResponseOptions {
  readonly hostKeyDocument?: string[];
  readonly hostKeyCheck?: string[];
  readonly secret?: string[];
  readonly secretStoreLocked?: string;
  readonly firmware?: boolean;
}

/** What `--host-key-check` of the reference calls each hash. */
const HOST_KEY_CHECKS: Record<string, HostKeyRole> = { 'att-key-hash': 'attestation', 'boot-key-hash': 'image' };

const boolOf = (text: string | undefined): boolean | undefined => {
  if (text === undefined) return undefined;
  return text === 'true' ? true : text === 'false' ? false : refuse(`--secret-store-locked ${text} is not known: true or false`);
};

const tagOf = (path: string): Bytes => {
  const bytes = readFile(path, 'add-secret request', REQUEST_MAX);
  return inFile(path, () => parseRequest(bytes).tag);
};

const policyOf = (o: CheckOptions): AttestationPolicy => {
  const demanded = (o.hostKeyCheck ?? []).map(
    (n) => HOST_KEY_CHECKS[n] ?? refuse(`--host-key-check ${n} is not known: ${Object.keys(HOST_KEY_CHECKS).join(' or ')}`),
  );
  if (demanded.length > 0 && o.hostKeyDocument === undefined) refuse('--host-key-check needs a host-key document: -k FILE');
  return {
    hostKeys: readDocuments(o.hostKeyDocument ?? []).map((d) => ({ file: d.file, phkh: d.document.phkh })),
    demanded,
    userData: o.userData === undefined ? undefined : readFile(o.userData, 'user data', USER_DATA_MAX),
    tags: o.secret?.map(tagOf),
    locked: boolOf(o.secretStoreLocked),
    firmware: o.firmware,
  };
};

const check = (input: string | undefined, output: string | undefined, o: CheckOptions): void => {
  const { file, result } = judge(input, o, policyOf(o));
  const answer = { ok: result.fulfilled, file, verified: result.verified, fulfilled: result.fulfilled, checks: result.checks };
  if (o.json) sayJson(answer);
  else {
    const store = result.checks.some((c) => c.id === 'secret-store' && c.outcome === 'passed');
    say(checksText(result, ATTESTATION_CHECKS).join('\n'));
    if (store) say(TAGS_ONLY);
    say(`${file}: ${result.fulfilled ? 'verified, and it fulfils what was asked' : 'does NOT fulfil what was asked'}`);
  }
  process.exitCode = result.fulfilled ? EXIT.good : EXIT.no;
  const to = output ?? o.output;
  if (to !== undefined) writeFile(to, asYaml(answer), 'result', { overwrite: o.overwrite === true });
};

const addResponseOptions = (command: Command): Command =>
  command
    .option('-i, --input <file>', 'attestation response, as "pvattest perform" writes it')
    .option('-o, --output <file>', 'write the result to this file, as YAML')
    .requiredOption('--hdr <file>', 'SE header of the image that should answer, or the image')
    .requiredOption('-a, --arpk <file>', KEY)
    .addOption(new Option('--format <format>', 'format of the result file').choices(['yaml']).hideHelp())
    .option('--overwrite', 'replace files that exist')
    .option('--json', 'answer in JSON');

export const addAttest = (program: Command): void => {
  const attest = program.command('attest').description('attestation, as "pvattest" handles it');
  addCertificateOptions(attest.command('create').description('make an attestation request and its protection key'))
    .requiredOption('-o, --output <file>', 'request to write')
    .requiredOption('-a, --arpk <file>', `${KEY}: written for you, opens the request again at verification`)
    .option('--add-data <flags>', `what the answer shall hold besides: ${ADD_DATA_NAMES}; may be given more than once`, list)
    .option('--overwrite', 'replace files that exist')
    .option('--json', 'answer in JSON')
    .action((o: CreateOptions) => create(o));
  addResponseOptions(attest.command('verify').argument('[response]', 'attestation response'))
    .option('-u, --user-data <file>', 'write the user data to this file, once it is verified')
    .description('verify the measurement of a response')
    .action((input: string | undefined, o: ResponseOptions) => verify(input, o));
  addResponseOptions(
    attest.command('check').argument('[response]', 'attestation response').argument('[result]', 'file for the result, as YAML'),
  )
    .option('-k, --host-key-document <file>', 'a host key it may be; may be given more than once', many)
    .option('--host-key-check <hash>', 'fail when this hash is missing: att-key-hash or boot-key-hash', list)
    .option('-u, --user-data <file>', 'the user data it shall be')
    .option('--secret <file>', 'a request that shall have been accepted; give all of them, in order', many)
    .option('--secret-store-locked <bool>', 'the lock state it shall be: true or false')
    .option('--firmware', 'asks about the firmware state: not checkable offline, so the answer is no')
    .description('verify the measurement of a response, and check it against what you expect')
    .action((input: string | undefined, output: string | undefined, o: CheckOptions) => check(input, output, o));
};
