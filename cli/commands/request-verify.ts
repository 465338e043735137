/** `request verify`: what `pvsecret verify` checks, with the user data written out. */
import type { Command } from 'commander';
import { type Bytes, hex } from '../../core/bytes.ts';
import { inFile, SelError } from '../../core/errors.ts';
import { FILE_MAX } from '../../core/hostkey/pem.ts';
import { REQUEST_MAX } from '../../core/request/asrcb.ts';
import { type RequestVerdict, type VerifyKey, verifyRequest } from '../../core/request/verify.ts';
import { readUserVerifyKey, verifySignature } from '../../edge/keys.ts';
import { writeTogether } from '../../edge/together.ts';
import { requestCheckSays } from '../../words/request.ts';
import { EXIT, refuse, sayJson, warn } from '../out.ts';
import { readInput, readInputOrStdin, STDIN_OUT, writeStdout } from '../streams.ts';

interface VerifyOptions {
  readonly input?: string;
  readonly output?: string;
  readonly userCert?: string;
  readonly userVerifyKey?: string;
  readonly overwrite?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const keyOf = (path: string | undefined): VerifyKey | undefined => {
  if (path === undefined) return undefined;
  const bytes = readInput(path, 'public key of the signer', FILE_MAX);
  return inFile(path, () => readUserVerifyKey(bytes));
};

/** Text a terminal shows without obeying it: line feeds and tabs, no other control characters. NULs behind it are padding. */
const isShowable = (bytes: Bytes): boolean => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\0+$/, '');
    return !/[^\P{Cc}\n\t]/u.test(text);
  } catch {
    return false;
  }
};

const writeOut = (userData: Bytes, output: string, o: VerifyOptions): void => {
  if (output !== STDIN_OUT) {
    writeTogether([{ path: output, bytes: userData, what: 'user data', how: o.overwrite ? 'replace' : 'new' }]);
    return;
  }
  if (o.json) return;
  if (process.stdout.isTTY && !isShowable(userData))
    warn('selwright: the user data are not text: write them to a file with -o FILE');
  else writeStdout(userData, 'user data');
};

const answer = (file: string, v: RequestVerdict, o: VerifyOptions): void => {
  if (o.json) {
    sayJson({
      ok: v.ok,
      file,
      tag: hex(v.request.tag),
      kind: v.request.kind,
      userData: { kind: v.request.userDataKind, bytes: v.userData ? hex(v.userData) : null },
      checks: v.checks,
    });
    return;
  }
  if (o.quiet && v.ok) return;
  for (const c of v.checks) warn(`selwright: ${file}: ${requestCheckSays(c)}`);
  if (v.ok) warn(`selwright: ${file}: the request is verified; only a host that it was made for can check its tag`);
  else warn(`selwright: ${file}: NOT verified`);
};

const verdictOf = (file: string, bytes: Bytes, key: VerifyKey | undefined): RequestVerdict => {
  try {
    return inFile(file, () => verifyRequest(bytes, key, verifySignature));
  } catch (e) {
    if (e instanceof SelError && e.code === 'missing-value')
      return refuse(`${file} has signed user data: give the signer's certificate with --user-cert FILE`);
    throw e;
  }
};

const verify = (inputs: (string | undefined)[], outputs: (string | undefined)[], o: VerifyOptions): void => {
  const [first, ...more] = inputs.filter((f): f is string => f !== undefined);
  const [output = STDIN_OUT, ...others] = outputs.filter((f): f is string => f !== undefined);
  const file = first ?? refuse('no request given: FILE, or -i FILE');
  if (more.length > 0) refuse('-i and a file without an option exclude each other');
  if (others.length > 0) refuse('-o and a second file without an option exclude each other');
  if (o.userCert !== undefined && o.userVerifyKey !== undefined) refuse('--user-cert and --user-verify-key exclude each other');
  const key = keyOf(o.userCert ?? o.userVerifyKey);
  // one byte more than there may be: the reader says that it is too long
  const bytes = readInputOrStdin(file, 'add-secret request', REQUEST_MAX + 1);
  const verdict = verdictOf(file, bytes, key);
  if (verdict.userData) writeOut(verdict.userData, output, o);
  answer(file, verdict, o);
  process.exitCode = verdict.ok ? EXIT.good : EXIT.no;
};

export const addVerify = (request: Command): void => {
  request
    .command('verify')
    .description('check a request and write its user data out, with the options of "pvsecret verify"')
    .argument('[file]', 'the request; - is standard input')
    .argument('[output]', 'where the user data go; standard output unless given')
    .option('-i, --input <file>', 'the request, as an option')
    .option('-o, --output <file>', 'where the user data go, as an option')
    .option(
      '--user-cert <file>',
      'certificate of the key that signed it: EC on secp521r1, RSA with 2048 or 3072 bits. Its chain is not checked',
    )
    .option('--user-verify-key <file>', 'the same as a public key')
    .option('--overwrite', 'replace the file with the user data when it exists')
    .option('-q, --quiet', 'say only what is wrong')
    .option('--json', 'answer in JSON')
    .action((file: string | undefined, output: string | undefined, o: VerifyOptions) =>
      verify([file, o.input], [output, o.output], o),
    );
};
