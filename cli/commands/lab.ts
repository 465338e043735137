/** `lab`: what can be wrong with a bundle and what can be done to a guest, tried on a sample tenant in memory. */
import type { Command } from 'commander';
import { ATTACKS } from '../../core/bundle/attacks.ts';
import { type BundleInput, buildBundle } from '../../core/bundle/build.ts';
import { utf8 } from '../../core/bytes.ts';
import { publicKeyHash } from '../../core/crypto/p521.ts';
import { type Lab, type LabResult, prepareLab, runAttack } from '../../core/guestsim/lab.ts';
import { findHeader } from '../../core/image/find.ts';
import { readPolicy } from '../../core/policy/document.ts';
import { makeSampleTenant } from '../../core/sample/tenant.ts';
import { generateValue } from '../../core/secret/value.ts';
import { showRc } from '../../core/uvsim/codes.ts';
import { nodeEnv } from '../../edge/env.ts';
import { samplePkiKeys } from '../../edge/keys.ts';
import { PROGRAM } from '../../edge/version.ts';
import { ATTACK_WORDS, ATTACKERS, CAUGHT_BY } from '../../words/attacks.ts';
import { STAGE_NAMES } from '../../words/boot.ts';
import { findingSays } from '../../words/rules.ts';
import { CHECKS, GRADES } from '../../words/verdict.ts';
import { EXIT, refuse, say, sayJson } from '../out.ts';
import { bootAsText } from './boot.ts';

/** The certificates play no part here: small keys are made faster. */
const PKI_BITS = 2048;
const SERIAL = 7;

/** A fresh sample tenant, its bundle, and everything the attacks need. */
const sampleLab = (): Lab => {
  const tenant = makeSampleTenant(samplePkiKeys(PKI_BITS), nodeEnv);
  const [host] = tenant.hosts;
  if (host === undefined) return refuse('the sample tenant has no host');
  const policy = readPolicy(utf8(tenant.policyText));
  const missing = policy.secrets.filter((s) => !tenant.values.has(s.name));
  const values = new Map([...tenant.values, ...missing.map((s) => [s.name, generateValue(s, nodeEnv).value] as const)]);
  const now = nodeEnv.now();
  const input: BundleInput = {
    name: 'lab',
    serial: SERIAL,
    policy,
    header: findHeader(tenant.header).header,
    hostKeys: tenant.hosts.map((h) => ({
      publicKey: h.keys.publicKey,
      phkh: publicKeyHash(h.keys.publicKey),
      serial: '01',
      notBefore: now,
      notAfter: now,
      verdict: 'verified',
    })),
    values,
    tool: PROGRAM,
  };
  return prepareLab({ input, built: buildBundle(input, nodeEnv), host, image: tenant.image }, nodeEnv);
};

const guestSays = ({ guest }: LabResult): string => {
  if (guest.booted) return `comes up${guest.rc === undefined ? '' : `; the ultravisor answers ${showRc(guest.rc)}`}`;
  const details = [
    guest.problem ?? guest.code,
    guest.rc === undefined ? '' : showRc(guest.rc),
    guest.exitCode === undefined ? '' : `exit ${guest.exitCode}`,
  ];
  return `stops at "${STAGE_NAMES[guest.stage]}" (${details.filter((d) => d).join(', ')})`;
};

const asText = (r: LabResult, whole: boolean): string => {
  const words = ATTACK_WORDS[r.attack.id];
  return [
    `${r.attack.id}: ${words.name}. ${ATTACKERS[r.attack.by]}.`,
    `  ${words.does}`,
    `  The guest ${guestSays(r)}.`,
    ...r.findings.map((f) => `  Bundle check, ${f.rule}: ${findingSays(f)}`),
    ...(r.verdict ? [`  Verdict: ${GRADES[r.verdict.grade].name}. ${GRADES[r.verdict.grade].says}`] : []),
    ...r.verdictSays.map((id) => `    ${id}: ${CHECKS[id]?.failure ?? id}`),
    `  ${CAUGHT_BY[r.caughtBy]}. ${words.lesson}`,
    ...(whole ? ['', bootAsText(r.boot)] : []),
    '',
  ].join('\n');
};

const asData = (r: LabResult) => ({
  attack: r.attack.id,
  by: r.attack.by,
  guest: r.guest,
  bundleCheck: r.findings,
  grade: r.verdict?.grade ?? null,
  verdict: r.verdictSays,
  caughtBy: r.caughtBy,
});

const list = (o: { json?: boolean }): void => {
  if (o.json) sayJson({ ok: true, attacks: ATTACKS.map((a) => ({ id: a.id, by: a.by, ...ATTACK_WORDS[a.id] })) });
  else {
    const width = Math.max(...ATTACKS.map((a) => a.id.length));
    say(ATTACKS.map((a) => `${a.id.padEnd(width)}  ${ATTACK_WORDS[a.id].name}`).join('\n'));
  }
};

const run = (names: string[], o: { all?: boolean; timeline?: boolean; json?: boolean }): void => {
  if (o.all && names.length > 0) refuse('--all and names exclude each other');
  const ids = o.all ? ATTACKS.map((a) => a.id) : names;
  if (ids.length === 0) refuse('no attack named: see "lab list", or use --all');
  const unknown = ids.find((n) => !ATTACKS.some((a) => a.id === n));
  if (unknown !== undefined) refuse(`no attack is called ${unknown.slice(0, 60)}: see "lab list"`);
  const lab = sampleLab();
  const results: LabResult[] = [];
  for (const id of ids) {
    const result = runAttack(id, lab, nodeEnv);
    results.push(result);
    if (!o.json) say(asText(result, o.timeline === true));
  }
  if (o.json) sayJson({ ok: true, results: results.map(asData) });
  process.exitCode = EXIT.good;
};

export const addLab = (program: Command): void => {
  const lab = program
    .command('lab')
    .description('what can be wrong with a bundle and what can be done to a guest, tried on a sample tenant');
  lab.command('list').description('the attacks').option('--json', 'answer in JSON').action(list);
  lab
    .command('run')
    .description('try attacks, and see where each is caught')
    .argument('[name...]', 'attacks, as "lab list" names them')
    .option('--all', 'all of them')
    .option('--timeline', 'show each boot, event by event')
    .option('--json', 'answer in JSON')
    .action(run);
};
