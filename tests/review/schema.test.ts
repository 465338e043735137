/** docs/policy.schema.json is current, and says the same as the reader. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { policyJsonSchema } from '../../core/policy/jsonschema.ts';
import { policySchema } from '../../core/policy/schema.ts';
import { TEMPLATE_NAMES, templateText } from '../../core/policy/templates.ts';
import { anyPolicy } from './policies.ts';

const root = resolve(import.meta.dirname, '../..');
const published = JSON.parse(readFileSync(join(root, 'docs/policy.schema.json'), 'utf8'));
/** What a program gets out of the published file alone. */
const fromFile = z.fromJSONSchema(published);

describe('docs/policy.schema.json', () => {
  it('is what the schema gives (else run "node scripts/schema.mjs")', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(policyJsonSchema())));
  });
  it('is what the script writes', () => {
    const ran = spawnSync(process.execPath, ['scripts/schema.mjs', '--check'], { cwd: root, encoding: 'utf8' });
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(0);
  });
  it('takes every template', () => {
    for (const name of TEMPLATE_NAMES) expect(fromFile.safeParse(parse(templateText(name))).success, name).toBe(true);
  });
  it('takes what the reader takes, and refuses what it refuses', () => {
    const broken = fc.tuple(anyPolicy, fc.constantFrom('drop', 'extra', 'value'), fc.nat()).map(([p, how, n]) => {
      const copy = structuredClone(p) as Record<string, unknown>;
      const keys = Object.keys(copy);
      const key = keys[n % keys.length] as string;
      if (how === 'drop') delete copy[key];
      else if (how === 'extra') copy[`x-${key}`] = 1;
      else copy[key] = [7, 'x', null, {}][n % 4];
      return copy;
    });
    fc.assert(
      fc.property(fc.oneof(anyPolicy, broken), (p) => {
        expect(fromFile.safeParse(p).success).toBe(policySchema.safeParse(p).success);
      }),
      { numRuns: 400 },
    );
  });
  it('lets fields with a default be left out, and demands the others', () => {
    expect(published.required.sort()).toEqual(['format', 'name', 'secrets', 'version']);
    expect(published.additionalProperties).toBe(false);
  });
});
