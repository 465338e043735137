/** Reading: requests parsed, bundles checked. The rivals are processes that do less, as a lower bound of what any tool would take. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BuiltBundle, buildBundle } from '../core/bundle/build.ts';
import { checkBundle } from '../core/bundle/check.ts';
import { hostKeyTable } from '../core/crypto/fast.ts';
import { parseRequest } from '../core/request/parse.ts';
import { generateValue } from '../core/secret/value.ts';
import { nodeEnv } from '../edge/env.ts';
import { readTree } from '../edge/files.ts';
import { scratch } from './fixture.ts';
import type { Sizes } from './main.ts';
import { compare, type Row } from './measure.ts';
import { have, run } from './processes.ts';
import { makeOne } from './requests.ts';
import { bundleHostKeys, fourKeys, header, policy } from './tenant.ts';

const table = hostKeyTable(fourKeys);

const repeat = (count: number, f: (i: number) => unknown) => (): undefined => {
  for (let i = 0; i < count; i++) f(i);
  return undefined;
};

export const parsing = (s: Sizes): Promise<Row[]> => {
  const some = Array.from({ length: 16 }, () => makeOne(table, fourKeys));
  const path = join(scratch, 'parse.asr');
  writeFileSync(path, some[0] as Uint8Array);
  const rivals = [
    {
      name: 'a process that does nothing (true), one a request',
      count: s.processes,
      run: repeat(s.processes, () => run('true', [])),
    },
  ];
  if (have('pvsecret', '--version'))
    rivals.push({
      name: 'pvsecret verify, one process a request',
      count: s.processes,
      run: repeat(s.processes, () => run('pvsecret', ['verify', path])),
    });
  return compare({
    what: `one of ${s.many} requests parsed`,
    own: { name: 'own', count: s.many, run: repeat(s.many, (i) => parseRequest(some[i % some.length] as Uint8Array)) },
    rivals,
    rounds: s.rounds,
  });
};

const makeBundle = (serial: number): BuiltBundle =>
  buildBundle(
    {
      name: `bench-${serial}`,
      serial,
      policy,
      header,
      hostKeys: bundleHostKeys,
      values: new Map(policy.secrets.map((p) => [p.name, generateValue(p, nodeEnv).value])),
      agreement: table,
      tool: 'selwright bench',
    },
    nodeEnv,
  );

export const checking = (s: Sizes): Promise<Row[]> => {
  const bundles = Array.from({ length: 8 }, (_, i) => makeBundle(i + 1));
  const directories = bundles.map((b, i) => {
    const directory = join(scratch, `bundle-${i}`);
    for (const f of b.files) {
      mkdirSync(dirname(join(directory, f.path)), { recursive: true });
      writeFileSync(join(directory, f.path), f.bytes);
    }
    return directory;
  });
  const check = (i: number): void => {
    const at = i % bundles.length;
    const entries = readTree(directories[at] as string, 'bundle');
    const findings = checkBundle({ entries, header, expected: bundles[at]?.expected, now: new Date() });
    if (findings.some((f) => f.severity === 'error')) throw new Error('a bundle of the benchmark is not good');
  };
  const listed = directories.map((d) =>
    readdirSync(d, { recursive: true, withFileTypes: true }).flatMap((e) => (e.isFile() ? [join(e.parentPath, e.name)] : [])),
  );
  const rivals = [
    {
      name: 'sha256sum over its files, one process a bundle',
      count: s.processes,
      run: repeat(s.processes, (i) => run('sha256sum', listed[i % listed.length] as string[])),
    },
  ];
  if (have('pvebc', '--version'))
    rivals.push({
      name: 'pvebc --dry-run, one process a bundle',
      count: s.processes,
      run: repeat(s.processes, (i) =>
        run('pvebc', ['--dry-run', '--toc', join(directories[i % directories.length] as string, 'sics', 'toc.asr')]),
      ),
    });
  return compare({
    what: `one of ${s.bundles} bundles read and checked by every rule`,
    own: { name: 'own', count: s.bundles, run: repeat(s.bundles, check) },
    rivals,
    rounds: s.rounds,
  });
};
