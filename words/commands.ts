/**
 * The commands of the reference tools (s390-tools 2.43) that do what this program does, as shell text to read or to copy. Traps of
 * the real tools are kept clear of: requests are made inside the directory of the requests, an old toc.pol is taken away, and
 * pvebc gets a path with a directory part. Source: spec pages "bundle", section 3, and "generic-guest", sections 2, 4.2 and 5.
 */
import { CCK_ASR, plannedFile, TOC_ASR, TOC_POL } from '../core/bundle/names.ts';
import { fail } from '../core/errors.ts';
import { writePaesToken } from '../core/guestsim/disk.ts';
import { PASSPHRASE_NAME, submissionOrder } from '../core/policy/rules.ts';
import type { Policy, PolicySecret } from '../core/policy/schema.ts';
import { kindForSize, kindRow } from '../core/secret/kinds.ts';
import { hashedId } from '../core/secret/secret.ts';
import { said, t } from './language.ts';

/** What goes in, by the names of the user's files: whole paths, or relative to where the commands are run. */
export interface CommandsInput {
  readonly policy: Policy;
  readonly hostKeys: readonly string[];
  /** certificates of the chain but for the root; empty: host keys are used without verification */
  readonly certs: readonly string[];
  readonly crls: readonly string[];
  readonly rootCa?: string | undefined;
  /** SE header or image */
  readonly header: string;
  /** directory with one file a secret, named as the secret */
  readonly values: string;
  /** the image builder's CCK, for a policy that derives the extension secret from it */
  readonly cck?: string | undefined;
  /** secrets that are not required and are there all the same */
  readonly optional?: ReadonlySet<string> | undefined;
  /** bytes of the volume keys by secret name, when they are known; what the policy prefers otherwise */
  readonly keySizes?: ReadonlyMap<string, number> | undefined;
}

/** One part: what it does, how sure it is, its lines. */
export interface CommandPart {
  readonly id: 'prepare' | 'requests' | 'attestation' | 'check' | 'verify' | 'disk';
  readonly title: string;
  readonly says: string;
  /** `read`: taken from the tools' source and tried; `reasoned`: concluded from it, never run on the hardware */
  readonly basis: 'read' | 'reasoned';
  readonly lines: readonly string[];
}

/** A word of a shell command, quoted when it has to be. @throws bad-name for control characters, which a terminal might obey */
export const shellWord = (text: string): string => {
  if (/\p{Cc}/u.test(text)) fail('bad-name', 'file name', 'control characters', 'a name without them');
  return /^[A-Za-z0-9_./@%+:=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
};

/** A path that holds wherever the commands are by then. */
const place = (path: string): string => (path.startsWith('/') ? shellWord(path) : `"$work"/${shellWord(path)}`);

const TYPES: Record<'plaintext' | 'aes' | 'aes-xts' | 'hmac' | 'ec', string> = {
  plaintext: 'plain',
  aes: 'aes',
  'aes-xts': 'aes-xts',
  hmac: 'hmac-sha',
  ec: 'ec',
};

interface Options {
  /** `-k` and the file, for each host key */
  readonly keys: readonly string[];
  /** what verifies them */
  readonly chain: readonly string[];
  /** commands that must run before */
  readonly copies: readonly string[];
}

/** The options of every command about host keys. Names with a comma are copied first: the tools take it for two names. */
const hostKeyOptions = (i: CommandsInput): Options => {
  const copies: string[] = [];
  const file = (path: string): string => {
    if (!path.includes(',')) return place(path);
    const copy = `"$work"/no-comma/${copies.length + 1}`;
    copies.push(`mkdir -p "$work"/no-comma && cp -- ${place(path)} ${copy}`);
    return copy;
  };
  const each = (option: string, files: readonly string[]): string[] => files.map((f) => `${option} ${file(f)}`);
  const chain =
    i.certs.length === 0
      ? ['--no-verify']
      : [
          ...each('--cert', i.certs),
          ...each('--crl', i.crls),
          ...(i.rootCa === undefined ? [] : [`--root-ca ${place(i.rootCa)}`]),
          ...(i.crls.length > 0 ? ['--offline'] : []),
        ];
  return { keys: each('-k', i.hostKeys), chain, copies };
};

/** A shell function around a command with many options, one a line. */
const wrapper = (name: string, command: string, options: readonly string[]): string[] => [
  `${name}() {`,
  `  ${command} \\`,
  ...options.map((o) => `    ${o} \\`),
  '    "$@"',
  '}',
];

const kindWords = (s: PolicySecret, values: string): string => {
  const value = place(`${values.replace(/\/+$/, '')}/${s.name}`);
  if (s.type === 'update-cck') return `update-cck --secret ${value}`;
  if (s.type === 'association') return `association --input-secret ${value} ${s.name}`;
  return `retrievable --type ${TYPES[s.type]} --secret ${value} ${s.name}`;
};

const secretsOf = ({ policy, optional }: CommandsInput): PolicySecret[] =>
  submissionOrder(policy).filter((s) => s.required || optional?.has(s.name));

const fileOf = (s: PolicySecret): string => (s.purpose === 'cck' ? CCK_ASR : plannedFile(s.name));

const EXTENSION = '"$work"/extension.secret';

const extensionOption = ({ policy, cck }: CommandsInput): string[] => {
  switch (policy['extension-secret']) {
    case 'random':
      return [`--extension-secret ${EXTENSION}`];
    case 'cck-derived':
      return [
        `--cck ${place(cck ?? fail('missing-value', 'CCK of the image', 'none', 'its file: the extension secret is derived from it'))}`,
      ];
    case 'none':
      return [];
  }
};

const prepare = (i: CommandsInput, copies: readonly string[]): CommandPart => ({
  id: 'prepare',
  title: t('Prepare'),
  says: t(
    'Needs pvsecret with the feature +ebc: s390-tools 2.42 or later. The extension secret is new for each bundle; keep it to yourself.',
  ),
  basis: 'read',
  lines: [
    'work=$PWD',
    'pvsecret --version --verbose | grep -q +ebc || echo "this pvsecret is too old" >&2',
    ...(i.policy['extension-secret'] === 'random' ? [`(umask 077; head -c 32 /dev/urandom > ${EXTENSION})`] : []),
    ...copies,
    '# inside the directory of the requests: pvsecret looks for policy files in the current one',
    'mkdir -p "$work"/bundle/sics && cd "$work"/bundle/sics &&',
    '# pvsecret only appends to toc.pol: a tag of an earlier run makes every guest power off',
    `  rm -f -- ${TOC_POL} *.asr`,
  ],
});

const requests = (i: CommandsInput, { keys, chain }: Options): CommandPart => {
  const secrets = secretsOf(i);
  const flags = i.policy.dump['disable-host-dump'] ? ' --flags disable-dump' : '';
  const listed = secrets.some((s) => s.type !== 'update-cck');
  return {
    id: 'requests',
    title: t('Make the requests'),
    says: t(
      'One request a secret, in the order the guest submits them, then the list of them all. This is the set pvics would make: the manifest is of this program alone.',
    ),
    basis: 'read',
    lines: [
      ...wrapper('request', 'pvsecret create', [...keys, ...chain, `--hdr ${place(i.header)}`, ...extensionOption(i)]),
      ...secrets.map((s) => `request --toc-policy ${TOC_POL} -o ${fileOf(s)} ${kindWords(s, i.values)}`),
      `request -o ${TOC_ASR} --policy ${TOC_POL}${flags} meta`,
      ...(listed ? ['# names and ids, which no guest needs', 'mkdir -p ../meta/secrets && mv -- *.yaml ../meta/secrets/'] : []),
    ],
  };
};

const attestation = ({ keys, chain }: Options): CommandPart => ({
  id: 'attestation',
  title: t('Make the attestation request'),
  says: t('The guest answers it. Its key opens the answer: keep it to yourself, use it once.'),
  basis: 'read',
  lines: [
    'mkdir -p attest',
    '(umask 077;',
    ...wrapper('attest', 'pvattest create', [...keys, ...chain]).map((l) => `  ${l}`),
    '  attest --add-data phkh-img,phkh-att,secret-store-hash --arpk "$work"/attestation.key -o attest/request.bin)',
  ],
});

const check = (i: CommandsInput, { keys }: Options): CommandPart => ({
  id: 'check',
  title: t('Check'),
  says: t('That the list is whole and every request is one. That the ultravisor accepts them shows only when the guest starts.'),
  basis: 'read',
  lines: [
    `pvebc --dry-run --toc ./${TOC_ASR}`,
    'for f in *.asr; do pvsecret verify "$f" > /dev/null || echo "$f is not a request" >&2; done',
    `pvimg test ${keys.join(' ')} ${place(i.header)}`,
  ],
});

const verify = (i: CommandsInput, { keys }: Options): CommandPart => {
  const locked = i.policy.store.lock === 'after-personalization';
  const files = [TOC_ASR, ...secretsOf(i).map(fileOf)];
  return {
    id: 'verify',
    title: t('Verify the answer of the guest'),
    says: t(
      'After the guest has answered with pvattest perform. It shows image, machine and list of tags, not whose contents the requests have.',
    ),
    basis: 'read',
    lines: [
      `pvattest verify --input "$work"/response.bin --hdr ${place(i.header)} --arpk "$work"/attestation.key &&`,
      '  pvattest check --input "$work"/response.bin \\',
      ...keys.map((k) => `    ${k} \\`),
      '    --host-key-check att-key-hash --host-key-check boot-key-hash \\',
      ...files.map((f) => `    --secret ./${f} \\`),
      `    --secret-store-locked ${locked}`,
    ],
  };
};

// -- the disk

/** Bytes as printf writes them. */
const octal = (bytes: Uint8Array): string => [...bytes].map((b) => `\\${b.toString(8).padStart(3, '0')}`).join('');

/** The passphrase of the disk a volume key is for: the root disk's by its name, the others in their order. */
const passphraseFor = (policy: Policy, key: PolicySecret): PolicySecret | undefined => {
  if (key.purpose === 'luks-root-key') return policy.secrets.find((s) => s.name === PASSPHRASE_NAME);
  const keys = policy.secrets.filter((s) => s.purpose === 'luks-data-key');
  return policy.secrets.filter((s) => s.purpose === 'luks-data-passphrase')[keys.indexOf(key)];
};

const diskLines = (i: CommandsInput, key: PolicySecret, passphrase: PolicySecret): string[] => {
  const size = i.keySizes?.get(key.name) ?? (key.constraints.bits?.[0] ?? 512) / 8;
  const token = writePaesToken(kindRow(kindForSize('aes-xts', size, key.name)).type, hashedId(key.name));
  const label = key.apply.kind === 'luks-token' ? key.apply.label : 'cryptroot';
  const file = (s: PolicySecret): string => place(`${i.values.replace(/\/+$/, '')}/${s.name}`);
  const area = (name: string, column: number): string =>
    `$(cryptsetup luksDump "$device" | awk '/${name}/ { print $${column}; exit }')`;
  return [
    `# ${key.name}, on the device labelled ${label}`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
    ': "${device:?set device to the unmounted partition; it must be 32 MiB larger than its file system}"',
    'cryptsetup reencrypt --encrypt --type luks2 --reduce-device-size 32M --batch-mode \\',
    `  --cipher aes-xts-plain64 --key-size ${8 * size} --label ${shellWord(label)} \\`,
    `  --volume-key-file ${file(key)} --key-file ${file(passphrase)} "$device"`,
    '# the header again, over the same data: in the place of the key the token that names it in the ultravisor',
    `printf '${octal(token)}' > "$work"/${key.name}.token`,
    `sector=${area('sector:', 2)}`,
    `metadata=${area('Metadata area:', 3)}`,
    `keyslots=${area('Keyslots area:', 3)}`,
    'cryptsetup luksFormat --type luks2 --batch-mode --key-size 352 --cipher paes-xts-plain64 \\',
    `  --sector-size "$sector" --luks2-metadata-size "$metadata" --luks2-keyslots-size "$keyslots" --label ${shellWord(label)} \\`,
    `  --volume-key-file "$work"/${key.name}.token --key-file ${file(passphrase)} "$device"`,
  ];
};

const disk = (i: CommandsInput): CommandPart[] => {
  const lines = i.policy.secrets
    .filter((s) => s.purpose === 'luks-root-key' || s.purpose === 'luks-data-key')
    .flatMap((key) => {
      const passphrase = passphraseFor(i.policy, key);
      return passphrase ? diskLines(i, key, passphrase) : [];
    });
  if (lines.length === 0) return [];
  return [
    {
      id: 'disk',
      title: t('Encrypt the disk'),
      says: t(
        'What pvics does with cryptsetup, read from its source. It overwrites the header of a disk: try it on a copy. As root, with a file system that is not mounted.',
      ),
      basis: 'reasoned',
      lines,
    },
  ];
};

/**
 * Every command for a policy and its files, part by part. Nothing secret is in them: values are named by their files.
 * @throws no-host-key; missing-value without the CCK a policy asks for; bad-name for file names with control characters
 */
export const referenceCommands = (i: CommandsInput): CommandPart[] => {
  if (i.hostKeys.length === 0) fail('no-host-key', 'commands', 'no host-key document', 'at least one');
  const options = hostKeyOptions(i);
  const attested = i.policy.report.attestation !== 'none';
  return [
    prepare(i, options.copies),
    requests(i, options),
    ...(attested ? [attestation(options)] : []),
    check(i, options),
    ...(attested ? [verify(i, options)] : []),
    ...disk(i),
  ];
};

const BASIS: Record<CommandPart['basis'], string> = said({
  read: "from the tools' source, version 2.43",
  reasoned: 'reasoned from the source of pvics, never run on the hardware by us',
});

/** How sure a part is, in words. */
export const basisSays = (basis: CommandPart['basis']): string => t(BASIS[basis]);

/** The parts as one text; what comes after the guest, and the disk, behind a line that says so. */
export const commandsText = (parts: readonly CommandPart[]): string =>
  parts.map((p) => [`# ${p.title} (${basisSays(p.basis)})`, `# ${p.says}`, ...p.lines, ''].join('\n')).join('\n');
