/**
 * A bundle as Kata initdata: TOML whose `[data]` table holds the requests, each in Base64. Source: spec page "generic-guest",
 * section 8, which has it from an open RFC (confidential-containers issue 381, September 2026): names may still change, and
 * `initdata.asr` with `initdata.digest`, which bind the rest of the initdata, are for whoever writes that rest.
 */
import type { BundleFile } from '../bundle/build.ts';
import type { Expected } from '../bundle/expected.ts';
import { CCK_ASR, MANIFEST_ASR, MANIFEST_POL, TOC_ASR, TOC_POL } from '../bundle/names.ts';
import { type Bytes, base64, utf8 } from '../bytes.ts';
import { fail } from '../errors.ts';

const VERSION = '0.1.0';
const ALGORITHM = 'sha256';
/** What the RFC calls the request of the CCK. */
const UPDATE_CCK = 'update-cck.asr';
/** Largest initdata: annotations of a pod end at about this size, all together. */
export const INITDATA_MAX = 256 * 1024;

const F = 'initdata';

/** Bare keys of TOML have no dot: names are quoted. Ours need no escapes. */
const entry = (name: string, bytes: Bytes): string => `${JSON.stringify(name)} = "${base64(bytes)}"`;

/** A file at the top of sics/. @throws not-found */
const fileOf = (files: readonly BundleFile[], name: string): Bytes =>
  files.find((f) => f.path === `sics/${name}`)?.bytes ?? fail('not-found', F, `no sics/${name}`, 'a whole bundle');

/** Requests as the RFC names them, in the order of submission but for toc.asr, which closes the table. */
const names = (expected: Expected): readonly (readonly [file: string, key: string])[] => {
  const requests = expected.submission_order.map((s) => s.file).filter((f) => f !== TOC_ASR);
  return [
    ...requests.flatMap((f): [string, string][] =>
      f === MANIFEST_ASR
        ? [
            [f, f],
            [MANIFEST_POL, MANIFEST_POL],
          ]
        : [[f, f === CCK_ASR ? UPDATE_CCK : f]],
    ),
    [TOC_POL, TOC_POL],
    [TOC_ASR, TOC_ASR],
  ];
};

/**
 * The initdata of a bundle: the same bundle, the same text. Nothing in it is secret: requests are encrypted.
 * @throws not-found for a bundle that is not whole; limit when it is larger than an annotation can be
 */
export const writeInitdata = (files: readonly BundleFile[], expected: Expected): Bytes => {
  const { name, serial, id } = expected.bundle;
  const text = [
    `# ${name}, number ${serial}, bundle ${id}`,
    '# Shape: open RFC "Trusteeless CoCo in IBM SEL on z17" (confidential-containers issue 381); it may still change.',
    `version = "${VERSION}"`,
    `algorithm = "${ALGORITHM}"`,
    '',
    '[data]',
    ...names(expected).map(([file, key]) => entry(key, fileOf(files, file))),
    '',
  ].join('\n');
  const bytes = utf8(text);
  if (bytes.length > INITDATA_MAX) fail('limit', F, `${bytes.length} bytes`, `at most ${INITDATA_MAX} bytes`);
  return bytes;
};
