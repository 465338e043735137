/** `value`: generating, recognising and putting right the values of a policy, and what goes with keys. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { type Bytes, utf8, wipe } from '../../core/bytes.ts';
import { fail, inFile } from '../../core/errors.ts';
import { readPolicy } from '../../core/policy/document.ts';
import { sshHostKeyOf } from '../../core/policy/keypair.ts';
import { KEY_KINDS, type Policy, type PolicySecret } from '../../core/policy/schema.ts';
import { checkValue } from '../../core/secret/value.ts';
import { signingRequest } from '../../core/values/csr.ts';
import { GENERATORS, generate, waysFor } from '../../core/values/generate.ts';
import { makeLogin } from '../../core/values/login.ts';
import { recogniseValue } from '../../core/values/recognise.ts';
import { applyRemedy } from '../../core/values/remedy.ts';
import { type HostCertificate, signHostCertificate, signWithFreshAuthority, validDays } from '../../core/values/sshcert.ts';
import { strengthOf } from '../../core/values/strength.ts';
import type { Remedy } from '../../core/values/traps.ts';
import { nodeEnv } from '../../edge/env.ts';
import { exists, readFile } from '../../edge/files.ts';
import { writeTogether } from '../../edge/together.ts';
import { decryptKeyFile, generateTools, nodeSha512, signRsa } from '../../edge/values.ts';
import { feedbackSays, recognisedSays, remedySays, strengthSays, trapSays } from '../../words/values.ts';
import { count, EXIT, oneLine, refuse, say, sayJson, warn } from '../out.ts';
import { askPassphrase } from '../passphrase.ts';
import { readInputOrStdin } from '../streams.ts';

const POLICY_MAX = 1024 * 1024;
const VALUE_MAX = 64 * 1024;

/** Which secret of which policy. */
interface SecretOptions {
  readonly policy: string;
  readonly secret: string;
  readonly json?: boolean;
}

const policyIn = (file: string): Policy => inFile(file, () => readPolicy(readFile(file, 'policy', POLICY_MAX)));

const secretIn = ({ policy: file, secret: name }: SecretOptions): { policy: Policy; secret: PolicySecret } => {
  const policy = policyIn(file);
  const secret = policy.secrets.find((s) => s.name === name);
  return secret ? { policy, secret } : refuse(`${file} has no secret ${name}: ${policy.secrets.map((s) => s.name).join(', ')}`);
};

/** New files, all of them or none: secret ones for their owner alone. */
const writeNew = (files: readonly { path: string; bytes: Bytes; what: string; secret: boolean }[]): void => {
  writeTogether(
    files.map(({ path, bytes, what, secret }) => ({
      path,
      bytes,
      what,
      how: 'new' as const,
      ...(secret ? { mode: 0o600 } : {}),
    })),
  );
};

const many = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

const oneOf = <T extends string>(all: readonly T[], value: string | undefined, option: string): T | undefined =>
  value === undefined
    ? undefined
    : (all.find((x) => x === value) ?? refuse(`${option} ${value} is not known: ${all.join(', ')}`));

// -- generate

interface GenerateOptions extends SecretOptions {
  readonly output: string;
  readonly as?: string;
  readonly key?: string;
  readonly bits?: string;
  readonly separator?: string;
  readonly clear?: string;
}

const make = async (o: GenerateOptions): Promise<void> => {
  const { secret } = secretIn(o);
  const generator = oneOf(GENERATORS, o.as, '--as');
  const key = oneOf(KEY_KINDS, o.key, '--key');
  const bits = o.bits === undefined ? undefined : count(o.bits, '--bits');
  const login = (generator ?? waysFor(secret)[0]?.generator) === 'login';
  if (login && o.clear === undefined) refuse('a new password must go somewhere: --clear FILE');
  if (!login && o.clear !== undefined) refuse('--clear goes with a login only');
  const made = await generate(secret, { generator, key, bits, separator: o.separator }, nodeEnv, generateTools);
  try {
    writeNew([
      { path: o.output, bytes: made.value, what: `value of ${secret.name}`, secret: true },
      ...(made.clear && o.clear !== undefined ? [{ path: o.clear, bytes: made.clear, what: 'password', secret: true }] : []),
    ]);
    const known = recogniseValue(secret, made.value);
    if (o.json) sayJson({ ok: true, value: o.output, bits: made.bits, key: known.key });
    else {
      say(`${o.output}: ${made.bits} bits. ${recognisedSays(known)}`);
      if (known.key?.publicLine) say(known.key.publicLine);
    }
  } finally {
    wipe(made.value, made.clear);
  }
};

// -- recognise, fix

interface RecogniseOptions extends SecretOptions {
  readonly values?: string;
  readonly fix?: string;
  readonly passphraseFile?: string;
}

/** Contents of the policy's public entries, as far as they lie in the directory of values. */
const publicsIn = (policy: Policy, directory: string | undefined): Map<string, Bytes> =>
  new Map(
    directory === undefined
      ? []
      : policy.public.flatMap((p): [string, Bytes][] => {
          const path = join(directory, p.name);
          return exists(path) ? [[p.name, readFile(path, `content of ${p.name}`, VALUE_MAX)]] : [];
        }),
  );

const MOST_STEPS = 4;

/** Follows the remedies that are offered, the first of the first trap each time. @returns the value, and what was done */
const fixed = async (secret: PolicySecret, value: Bytes, o: RecogniseOptions): Promise<{ value: Bytes; done: Remedy[] }> => {
  const done: Remedy[] = [];
  let now: Bytes = value.slice();
  for (let i = 0; i < MOST_STEPS; i++) {
    const [remedy] = recogniseValue(secret, now).traps.flatMap((t) => t.remedies);
    if (remedy === undefined) break;
    const before = now;
    now = remedy === 'decrypt' ? await decrypted(before, o) : applyRemedy(secret, before, remedy, nodeEnv, nodeSha512);
    wipe(before);
    done.push(remedy);
  }
  return { value: now, done };
};

const decrypted = async (value: Bytes, o: RecogniseOptions): Promise<Bytes> => {
  const passphrase = utf8(await askPassphrase(o.passphraseFile, 'the key'));
  try {
    return decryptKeyFile(value, passphrase);
  } finally {
    wipe(passphrase);
  }
};

/** What is said of a value: what it is, every trap with what to do, its strength where the policy asks for it. */
const report = async (secret: PolicySecret, value: Bytes, policy: Policy, o: RecogniseOptions): Promise<boolean> => {
  const known = recogniseValue(secret, value, { policy, publics: publicsIn(policy, o.values) });
  const floor = secret.constraints['min-entropy-bits'];
  // of a login only the hash is there
  const strength = floor === undefined || secret.purpose === 'admin-password' ? undefined : await strengthOf(secret, value);
  const weak = checkValue(secret, value, strength?.bits).length > checkValue(secret, value).length;
  const good = known.becomes !== null && !weak;
  if (o.json) {
    sayJson({ ok: good, ...known, traps: known.traps.map((t) => ({ ...t, says: trapSays(t) })), strength: strength ?? null });
    return good;
  }
  say(recognisedSays(known));
  for (const t of known.traps) {
    const { what, todo, details } = trapSays(t);
    say(`${t.severity}: ${what} ${details} ${todo}`);
    for (const r of t.remedies) say(`  --fix can do: ${remedySays(r)}`);
  }
  if (strength) {
    say(strengthSays(strength, secret));
    if (weak) for (const f of strength.feedback) say(`  ${feedbackSays(f)}`);
  }
  return good;
};

const recognise = async (file: string, o: RecogniseOptions): Promise<void> => {
  const { policy, secret } = secretIn(o);
  const value = readInputOrStdin(file, `value of ${secret.name}`, VALUE_MAX);
  try {
    if (o.fix === undefined) {
      process.exitCode = (await report(secret, value, policy, o)) ? EXIT.good : EXIT.no;
      return;
    }
    const better = await fixed(secret, value, o);
    try {
      for (const r of better.done) warn(`selwright: ${remedySays(r)}: done`);
      const good = await report(secret, better.value, policy, o);
      if (good) writeNew([{ path: o.fix, bytes: better.value, what: `value of ${secret.name}`, secret: true }]);
      else warn(`selwright: ${oneLine(o.fix)} was not written: the value still does not fit`);
      process.exitCode = good ? EXIT.good : EXIT.no;
    } finally {
      wipe(better.value);
    }
  } finally {
    wipe(value);
  }
};

// -- login

interface LoginOptions extends SecretOptions {
  readonly output: string;
  readonly passwordFile?: string;
}

const login = async (o: LoginOptions): Promise<void> => {
  const { secret } = secretIn(o);
  if (secret.purpose !== 'admin-password') refuse(`${secret.name} is no login`);
  const password = utf8(await askPassphrase(o.passwordFile, secret.name, '--password-file'));
  try {
    const strength = await strengthOf(secret, password);
    const floor = secret.constraints['min-entropy-bits'] ?? 0;
    if (strength.bits < floor) {
      for (const f of strength.feedback) warn(`selwright: ${feedbackSays(f)}`);
      fail('bad-value', secret.name, `about ${strength.bits} bits of strength`, `at least ${floor} bits, as the policy says`);
    }
    writeNew([
      { path: o.output, bytes: makeLogin(secret, password, nodeEnv, nodeSha512), what: `value of ${secret.name}`, secret: true },
    ]);
    if (o.json) sayJson({ ok: true, value: o.output, bits: strength.bits });
    else say(`${o.output}: ${strengthSays(strength, secret)} Only the hash of the password is in it.`);
  } finally {
    wipe(password);
  }
};

// -- what goes with keys

interface RequestOptions {
  readonly output: string;
  readonly commonName?: string;
  readonly organization?: string;
  readonly name?: string[];
  readonly json?: boolean;
}

const request = (file: string, o: RequestOptions): void => {
  const key = readInputOrStdin(file, 'private key', VALUE_MAX);
  try {
    const names = o.name ?? [];
    const subject = { commonName: o.commonName ?? names[0] ?? '', organization: o.organization, names };
    const text = inFile(file, () => signingRequest(key, subject, signRsa));
    writeNew([{ path: o.output, bytes: utf8(text), what: 'certificate signing request', secret: false }]);
    if (o.json) sayJson({ ok: true, request: o.output });
    else say(`${o.output}: give it to your certification authority. The key is not in it.`);
  } finally {
    wipe(key);
  }
};

interface CertifyOptions {
  readonly output: string;
  readonly principal: string[];
  readonly keyId?: string;
  readonly days: string;
  readonly serial: string;
  readonly ca?: string;
  readonly json?: boolean;
}

const certify = (file: string, o: CertifyOptions): void => {
  const key = readInputOrStdin(file, 'ssh host key', VALUE_MAX);
  const now = nodeEnv.now();
  const days = count(o.days, '--days');
  const ca = o.ca === undefined ? undefined : readFile(o.ca, 'CA key', VALUE_MAX);
  try {
    const input = {
      hostKey: inFile(file, () => sshHostKeyOf(key)),
      keyId: o.keyId ?? (o.principal[0] as string),
      principals: o.principal,
      serial: BigInt(count(o.serial, '--serial')),
      ...validDays(days, now),
    };
    const made: HostCertificate =
      ca === undefined
        ? signWithFreshAuthority(input, nodeEnv)
        : inFile(o.ca ?? '', () => signHostCertificate(input, ca, signRsa, nodeEnv));
    writeNew([{ path: o.output, bytes: utf8(`${made.line}\n`), what: 'ssh host certificate', secret: false }]);
    if (o.json)
      sayJson({
        ok: true,
        certificate: o.output,
        ca: made.caLine,
        caFingerprint: made.caFingerprint,
        knownHosts: made.knownHosts,
      });
    else
      say(
        [
          ...(ca === undefined
            ? ['The CA was made for this one certificate and is forgotten: nobody can sign a second one with it.']
            : []),
          'Line for the known_hosts of clients:',
          made.knownHosts,
        ].join('\n'),
      );
  } finally {
    wipe(key, ca);
  }
};

const GENERATE_HELP = `
Ways: characters, words, bytes, ssh-key, tls-key, login; which of them go with a secret depends on its purpose. Kinds of keys: ${KEY_KINDS.join(', ')}.`;

const RECOGNISE_HELP = `
Exit codes: 0 it can be used as it is; 1 it cannot, and why is said; 2 wrong use; 3 a file cannot be read or written.`;

const ofSecret = (command: Command): Command =>
  command
    .requiredOption('--policy <file>', 'personalization policy, YAML')
    .requiredOption('--secret <name>', 'secret of the policy')
    .option('--json', 'answer in JSON');

export const addValue = (program: Command): void => {
  const value = program.command('value').description('values of secrets: generate, recognise, put right');
  ofSecret(value.command('generate').description('make a value for a secret of a policy, with its strength'))
    .requiredOption('-o, --output <file>', 'where the value goes; it must not exist')
    .option('--as <way>', 'way to generate it; the usual one unless given')
    .option('--key <kind>', 'kind of key')
    .option('--bits <n>', 'bits of a passphrase or a password')
    .option('--separator <character>', 'between words')
    .option('--clear <file>', 'where the clear password of a login goes')
    .addHelpText('after', GENERATE_HELP)
    .action(make);
  ofSecret(value.command('recognise').alias('recognize').argument('<file>', 'value; - is standard input'))
    .description('say what a value file is, what becomes of it, and which trap it is in')
    .option('--values <dir>', 'directory of values: certificates in it must fit')
    .option('--fix <file>', 'put right what can be, and write the value there')
    .option('--passphrase-file <file>', 'passphrase of an encrypted key; asked for unless given')
    .addHelpText('after', RECOGNISE_HELP)
    .action(recognise);
  ofSecret(value.command('login').description('make the value of a login from a password: only its hash is kept'))
    .requiredOption('-o, --output <file>', 'where the value goes; it must not exist')
    .option('--password-file <file>', 'the password, one line; asked for unless given')
    .action(login);
  value
    .command('request')
    .argument('<key>', 'private key; - is standard input')
    .requiredOption('-o, --output <file>', 'signing request to write')
    .option('--name <name>', 'host name or address; may be given more than once', many)
    .option('--common-name <name>', 'common name; the first --name unless given')
    .option('--organization <name>', 'organization')
    .option('--json', 'answer in JSON')
    .description('make a certificate signing request for a TLS key')
    .action(request);
  value
    .command('host-certificate')
    .argument('<key>', 'ssh host key; - is standard input')
    .requiredOption('-o, --output <file>', 'certificate to write')
    .requiredOption('--principal <name>', 'name the host is reached by; may be given more than once', many)
    .option('--key-id <text>', 'identity in the log of the CA; the first principal unless given')
    .option('--days <n>', 'how long it is valid', '365')
    .option('--serial <n>', 'serial number', '1')
    .option('--ca <file>', 'CA key, used once and forgotten; a new one is made and forgotten unless given')
    .option('--json', 'answer in JSON')
    .description('make an OpenSSH host certificate')
    .action(certify);
};
