/**
 * The conformance vectors of s390-tools, when they are there: `../shared/vectors` beside the checkout, or $SELWRIGHT_VECTORS.
 * They are never copied into the project. Where they are missing the tests say so, loudly.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'vitest';

const root = process.env.SELWRIGHT_VECTORS ?? resolve(import.meta.dirname, '../../../shared/vectors');

export const haveVectors = existsSync(join(root, 'vectors.json'));

/** biome-ignore lint/suspicious/noExplicitAny: the file is data of somebody else's shape, read field by field in the tests */
export const vectors: any = haveVectors ? JSON.parse(readFileSync(join(root, 'vectors.json'), 'utf8')) : undefined;

export const vectorFile = (path: string): Uint8Array => new Uint8Array(readFileSync(join(root, path)));
export const vectorPath = (path: string): string => join(root, path);

/** A describe that runs with the vectors, and complains in capitals when it cannot. */
export const describeVectors = (name: string, body: () => void): void => {
  if (haveVectors) describe(name, () => body());
  else {
    console.warn(`\n*** SKIPPED: ${name}: NO CONFORMANCE VECTORS AT ${root} (set SELWRIGHT_VECTORS) ***\n`);
    describe.skip(name, () => {
      it('needs the conformance vectors', () => {});
    });
  }
};
