/** `inspect`: the real command on files of every kind, of any size, and of somebody with bad intent. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { join, utf8 } from '../../core/bytes.ts';
import { buildCli, type Cli } from '../support/cli.ts';
import { flipped } from '../support/slots.ts';
import { SAMPLES } from './samples.ts';

let cli: Cli;
const fileName = (i: number): string => `sample-${i}`;

beforeAll(async () => {
  cli = await buildCli();
  SAMPLES.forEach(([, , bytes], i) => {
    writeFileSync(cli.path(fileName(i)), bytes);
  });
});
afterAll(() => cli.remove());

it('says what each file is, all in one call', () => {
  const names = SAMPLES.map((_, i) => fileName(i));
  const ran = cli.json('inspect', ...names);
  expect(ran.code).toBe(0);
  expect(ran.stderr).toBe('');
  expect(ran.answer.files.map((f: { kind: string }) => f.kind)).toEqual(SAMPLES.map(([, kind]) => kind));
  const text = cli.run('inspect', ...names).stdout;
  SAMPLES.forEach(([, kind], i) => {
    expect(text).toContain(`${fileName(i)}: ${kind}\n`);
  });
});

it('shows the bytes field by field when it is asked to', () => {
  const request = SAMPLES.findIndex(([, kind]) => kind === 'add-secret request');
  const plain = cli.run('inspect', fileName(request)).stdout;
  const fields = cli.run('inspect', fileName(request), '--fields').stdout;
  expect(fields.startsWith(plain.trimEnd())).toBe(true);
  expect(fields).toContain('0x0418  160  customerKey: ');
  expect(cli.json('inspect', fileName(request)).answer.files[0].layouts).toBeUndefined();
  expect(cli.json('inspect', fileName(request), '--fields').answer.files[0].layouts[0].title).toBe('add-secret request');
});

it('a document longer than the start of a file is read to its end', () => {
  const policy = SAMPLES.find(([name]) => name === 'a policy')?.[2] as Uint8Array;
  writeFileSync(cli.path('long'), join(policy, utf8(`# ${'x'.repeat(120_000)}\n`)));
  expect(cli.json('inspect', 'long').answer.files[0].kind).toBe('personalization policy');
});

it('one file that cannot be read does not hide the others; the worst decides the exit code', () => {
  writeFileSync(cli.path('broken'), flipped(SAMPLES[0]?.[2] as Uint8Array, 0x0c));
  writeFileSync(cli.path('nothing'), '');
  const ran = cli.json('inspect', 'broken', fileName(1), 'nothing', 'not-there', fileName(2));
  expect(ran.code).toBe(3);
  expect(ran.answer.ok).toBe(false);
  expect(ran.answer.files.map((f: { kind: string | null }) => f.kind)).toEqual([
    null,
    SAMPLES[1]?.[1],
    null,
    null,
    SAMPLES[2]?.[1],
  ]);
  expect(ran.stderr.trimEnd().split('\n')).toHaveLength(3);
});

it('a directory that is no bundle, and nothing at all', () => {
  mkdirSync(cli.path('empty'));
  expect(cli.run('inspect', 'empty').code).toBe(3);
  expect(cli.run('inspect').code).toBe(2);
});

it('text of somebody else does not steer the terminal', () => {
  const info = utf8(
    `!Retrievable\nkind: 3 (PLAINTEXT)\nname: "a\\e[31m\\u202e\\x9b\\r\\nsample-1: SE header"\nid: 0x${'00'.repeat(32)}\n`,
  );
  writeFileSync(cli.path('colour'), info);
  const ran = cli.run('inspect', 'colour');
  expect(ran.code).toBe(0);
  expect(/[\p{Cc}\p{Cf}]/u.test(ran.stdout.replaceAll('\n', ''))).toBe(false);
  expect(ran.stdout.split('\n').filter((l) => l.startsWith('sample-1'))).toEqual([]);
});
