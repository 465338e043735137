/**
 * Kills a fleet again and again (SIGKILL, at random moments), lets a last run end, and looks at everything that is there then.
 *   npm run bench -- --kills GUESTS
 * What it shows is no speed but that nothing is lost, half there or made twice. tests/fleet/cli.test.ts does the same with forty guests.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { checkBundle } from '../core/bundle/check.ts';
import { readJournal } from '../core/fleet/journal.ts';
import { findHeader } from '../core/image/find.ts';
import { exists, readTree } from '../edge/files.ts';
import { readRecord } from '../edge/record.ts';

const cli = fileURLToPath(new URL('./selwright.mjs', import.meta.url));
const KILLS = 10;
/** Longest time that a run is left alone before it is killed, in ms. */
const LONGEST = 6000;
/** Secrets beside the four of the sample policy. */
const MORE_SECRETS = 4;

const guests = Number(process.argv[2]);
const root = mkdtempSync(join(tmpdir(), 'selwright-kills-'));
const at = (...parts: string[]): string => join(root, ...parts);
const env = { ...process.env, XDG_STATE_HOME: at('state') };

const extra = (i: number): string =>
  JSON.stringify({
    name: `app-${i}`,
    purpose: 'app-config',
    type: 'plaintext',
    source: ['generate'],
    constraints: { bytes: 64 },
    apply: { kind: 'none' },
  });

const prepare = (): void => {
  const { status, stderr } = spawnSync(process.execPath, [cli, 'sample', 'init', at('t')], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const more = Array.from({ length: MORE_SECRETS }, (_, i) => `  - ${extra(i + 1)}\n`).join('');
  writeFileSync(at('t', 'policy.yaml'), readFileSync(at('t', 'policy.yaml'), 'utf8').replace('report: {', `${more}report: {`));
  writeFileSync(at('table.csv'), ['guest', ...Array.from({ length: guests }, (_, i) => `guest-${i + 1}`)].join('\n'));
  mkdirSync(at('values'));
};

const command = (): string[] => [
  ...[cli, 'bundle', 'fleet', '--policy', at('t/policy.yaml'), '--hdr', at('t/image/selhdr.bin')],
  ...['alpha', 'beta'].flatMap((h) => ['-k', at(`t/host-keys/${h}.crt`)]),
  ...['signing', 'intermediate'].flatMap((c) => ['-C', at(`t/pki/${c}.crt`)]),
  ...['signing', 'intermediate', 'root'].flatMap((c) => ['--crl', at(`t/pki/${c}.crl`)]),
  ...['--root-ca', at('t/pki/root.crt'), '--table', at('table.csv'), '--values', at('values'), '-o', at('out')],
];

/** @param after ms until it is killed; undefined: it runs to its end @returns its signal or exit code */
const run = (after?: number): Promise<string> =>
  new Promise((done) => {
    const child = spawn(process.execPath, command(), { env, stdio: 'ignore' });
    child.on('close', (code, signal) => done(signal ?? String(code)));
    if (after !== undefined) void sleep(after).then(() => child.kill('SIGKILL'));
  });

const journal = () =>
  exists(at('out/fleet.journal')) ? readJournal(new Uint8Array(readFileSync(at('out/fleet.journal')))) : undefined;

/** @throws for the first thing that is not as it must be */
const checkAll = (): void => {
  const names = Array.from({ length: guests }, (_, i) => `guest-${i + 1}`);
  const wanted = ['fleet.journal', ...names.map((n) => `${n}.selbundle`)].sort();
  const there = readdirSync(at('out')).sort();
  if (there.join() !== wanted.join()) throw new Error(`${there.length} things in the output, ${wanted.length} wanted`);
  const { header } = findHeader(new Uint8Array(readFileSync(at('t/image/selhdr.bin'))));
  const done = journal()?.done;
  const ids = new Set<string>();
  for (const name of names) {
    const records = readdirSync(at('values', name, 'bundles'));
    if (records.length !== 1) throw new Error(`${name}: ${records.length} records`);
    const { expected } = readRecord(at('values', name, 'bundles', records[0] as string));
    const entries = readTree(at('out', `${name}.selbundle`), 'bundle');
    const bad = checkBundle({ entries, header, expected, now: new Date() }).filter((f) => f.severity === 'error');
    if (bad.length > 0) throw new Error(`${name}: ${JSON.stringify(bad)}`);
    if (done?.get(name)?.id !== expected.bundle.id) throw new Error(`${name}: another bundle than the journal says`);
    ids.add(expected.bundle.id);
  }
  if (ids.size !== guests) throw new Error(`${ids.size} different bundles`);
};

try {
  prepare();
  const before = new Map<string, string>();
  let kills = 0;
  for (let i = 0; i < KILLS; i++) {
    const after = Math.round(Math.random() * LONGEST);
    const how = await run(after);
    if (how === 'SIGKILL') kills++;
    const now = journal();
    for (const [g, id] of before) if (now?.done.get(g)?.id !== id) throw new Error(`${g} was made twice`);
    for (const [g, f] of now?.done ?? []) before.set(g, f.id);
    console.log(`killed after ${after} ms (${how}): ${now?.done.size ?? 0} done, ${now?.begun.size ?? 0} begun`);
  }
  const code = await run();
  if (code !== '0') throw new Error(`the last run ended with ${code}`);
  checkAll();
  for (const [g, id] of before) if (journal()?.done.get(g)?.id !== id) throw new Error(`${g} was made twice`);
  console.log(`${kills} kills; then ${guests} of ${guests} bundles, each one whole, valid by every rule, and made once`);
} finally {
  rmSync(root, { recursive: true, force: true });
}
