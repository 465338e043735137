/** Forms a bundle leaves in besides a folder: one file, Kata initdata, and a pvics.yaml for those who encrypt their disk with pvics. */
import { basename } from 'node:path';
import type { BuiltBundle } from '../core/bundle/build.ts';
import type { Bytes } from '../core/bytes.ts';
import { fail } from '../core/errors.ts';
import { writeInitdata } from '../core/packing/initdata.ts';
import { PACKINGS, packBundle } from '../core/packing/pack.ts';
import { type PvicsPlaces, writePvics } from '../core/packing/pvics.ts';
import type { Policy } from '../core/policy/schema.ts';
import type { Derived } from './state.ts';

export const FILE_FORMS = [...PACKINGS, 'initdata'] as const;
export type FileForm = (typeof FILE_FORMS)[number];

/** A bundle as one file. @throws too-long, limit */
export const fileOf = ({ files, expected }: BuiltBundle, form: FileForm): Bytes =>
  form === 'initdata' ? writeInitdata(files, expected) : packBundle(files, expected.bundle, form);

/** Names of the files that hold pieces of these kinds, each once. */
export const fileNames = ({ pieces }: Derived, kinds: readonly string[]): string[] => [
  ...new Set(pieces.filter((x) => kinds.includes(x.kind)).map((x) => x.file)),
];

/** What pvics looks for beside its pvics.yaml. */
const VALUES = 'values';
const EXTENSION_SECRET = 'extension-secret';

/** What verifies the host keys; undefined for those that are used without it. @throws missing-value when pvics could not verify what was verified here */
const chainOf = (d: Derived): PvicsPlaces['chain'] => {
  if (d.hostKeys.some((k) => !k.verdict.trusted)) return undefined;
  const [rootCa] = fileNames(d, ['root']);
  return {
    certs: fileNames(d, ['signing-key', 'intermediate']),
    crls: fileNames(d, ['crl']),
    rootCa: rootCa ?? fail('missing-value', 'pvics.yaml', 'no root certificate among the files', 'the one pvics demands'),
  };
};

export interface Pvics {
  readonly bytes: Bytes;
  /** what must lie beside it, by the names that stand in it */
  readonly beside: {
    readonly files: readonly string[];
    readonly values: string;
    readonly extensionSecret: string;
    /** absent: no request of the bundle is used */
    readonly bundle?: string;
  };
}

/**
 * A pvics.yaml whose paths are names beside it, so that one directory can be carried to where pvics runs.
 * @param savedTo where the bundle is, for the name of its directory @param keyBytes size of the volume key, when it is known
 * @throws everything of writePvics; missing-value
 */
export const pvicsOf = (d: Derived, policy: Policy, built: BuiltBundle, savedTo: string, keyBytes?: number): Pvics => {
  const chain = chainOf(d);
  const hostKeys = [...new Set(d.hostKeys.map((k) => k.file))];
  const bundle = basename(savedTo);
  const places = { out: 'pvics-output', hostKeys, chain, values: VALUES, extensionSecret: EXTENSION_SECRET, bundle };
  const bytes = writePvics(policy, built.expected, places, keyBytes);
  const used = new TextDecoder().decode(bytes).includes(`${bundle}/sics/`);
  return {
    bytes,
    beside: {
      files: [...hostKeys, ...(chain ? [...chain.certs, ...chain.crls, chain.rootCa] : [])],
      values: VALUES,
      extensionSecret: EXTENSION_SECRET,
      ...(used ? { bundle } : {}),
    },
  };
};
