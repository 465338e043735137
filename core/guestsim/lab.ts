/**
 * The attack lab: one bundle, one simulated machine, and everything of the list in core/bundle/attacks.ts done to them. Says
 * where each was caught: by the guest, by the bundle check, by the verdict, or by nothing that is evidence.
 */
import { type Attack, type AttackKit, type AttackScene, attackOf, type GuestOutcome } from '../bundle/attacks.ts';
import { type BuiltBundle, type BundleInput, buildBundle } from '../bundle/build.ts';
import { type BundleEntry, checkBundle } from '../bundle/check.ts';
import type { Expected } from '../bundle/expected.ts';
import { type Bytes, utf8 } from '../bytes.ts';
import { freshKeyPair } from '../crypto/p521.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import type { Finding } from '../findings.ts';
import { findHeader } from '../image/find.ts';
import { buildImage } from '../image/image.ts';
import { PASSPHRASE_NAME } from '../policy/rules.ts';
import type { Verdict } from '../report/verdict.ts';
import { sightingOf, verifyReport } from '../report/verify.ts';
import { kindRow } from '../secret/kinds.ts';
import { secretOf } from '../secret/value.ts';
import type { SimHost } from '../uvsim/profile.ts';
import { type BootResult, boot } from './boot.ts';
import { type RootDisk, simulatedDisk, writePaesToken } from './disk.ts';

export interface LabInput {
  /** what the bundle was built from, values included: the tenant's disk is made with them. Secret. */
  readonly input: BundleInput;
  readonly built: BuiltBundle;
  /** the machine the guest is started on */
  readonly host: SimHost;
  readonly image: Bytes;
}

/** A lab, ready for any number of attacks. Other bundles are made when an attack first asks for them. */
export interface Lab {
  readonly scene: AttackScene;
  readonly kit: AttackKit;
  readonly built: BuiltBundle;
  readonly olderExpected: () => Expected;
}

/** What an attack came to. */
export interface LabResult {
  readonly attack: Attack;
  readonly guest: GuestOutcome;
  /** errors that the bundle check finds in what was handed to the guest */
  readonly findings: readonly Finding[];
  /** the verdict, when a report was written */
  readonly verdict?: Verdict;
  /** checks of the verdict that failed, or that ask a person */
  readonly verdictSays: readonly string[];
  readonly caughtBy: 'guest' | 'verdict' | 'bundle-check' | 'nothing';
  readonly boot: BootResult;
}

const entriesOf = (b: BuiltBundle): BundleEntry[] => b.files.map((f) => ({ path: f.path, kind: 'file', bytes: f.bytes }));

/** The root disk of the tenant, as pvics makes it from its values. */
export const tenantDisk = (input: BundleInput, env: Env): RootDisk => {
  const key = input.policy.secrets.find((s) => s.purpose === 'luks-root-key');
  const value = key && input.values.get(key.name);
  const passphrase = input.values.get(PASSPHRASE_NAME) ?? fail('missing-value', PASSPHRASE_NAME, 'no value', 'the passphrase');
  if (key === undefined || value === undefined) return fail('missing-value', 'luks-root-key', 'no value', 'the volume key');
  const secret = secretOf(key, value);
  return simulatedDisk(passphrase, writePaesToken(kindRow(secret.kind).type, secret.id as Bytes), env);
};

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

/** Sets the lab up. @throws missing-value when there is no passphrase or volume key among the values */
export const prepareLab = ({ input, built, host, image }: LabInput, env: Env): Lab => {
  const hostKeys = input.hostKeys.map((k) => k.publicKey);
  const other = buildImage(
    {
      hostKeys,
      components: [utf8('another kernel'), utf8('rd.sel-ebc root=LABEL=root')],
      plaintextFlags: input.header.flagNames,
      secretFlags: ['cck-update-allowed'],
      cck: env.random(32),
    },
    env,
  );
  // the report key is new for each bundle, everything else of the tenant's stays
  const reportKey = input.policy.secrets.find((s) => s.purpose === 'report-authentication')?.name;
  const before = new Map([...input.values].map(([n, v]) => [n, n === reportKey ? env.random(v.length) : v]));
  const older = once(() => buildBundle({ ...input, serial: Math.max(1, built.id.serial - 1), values: before }, env));
  const strangers = new Map([...input.values].map(([n, v]) => [n, env.random(v.length)]));
  const otherTenant = once(() => entriesOf(buildBundle({ ...input, name: 'somebody-else', values: strangers }, env)));
  return {
    scene: { entries: entriesOf(built), host, image, disk: tenantDisk(input, env) },
    kit: {
      expected: built.expected,
      header: input.header,
      hostKeys,
      extensionSecret: built.keys.extensionSecret,
      strangerHost: { name: 'stranger', keys: freshKeyPair(env), profile: host.profile },
      otherImage: { image: other.image, tags: findHeader(other.header).header.image },
      otherTenant,
      older: () => entriesOf(older()),
      env,
    },
    built,
    olderExpected: () => older().expected,
  };
};

/** Runs one attack. @param id of the list @throws not-found */
export const runAttack = (id: string, lab: Lab, env: Env): LabResult => {
  const attack = attackOf(id);
  const { kit } = lab;
  const scene = attack.scene?.(lab.scene, kit) ?? lab.scene;
  const start = (): BootResult => boot({ ...scene, prepare: attack.prepare }, env);
  const result = start();
  const rc = result.guest && attack.inGuest?.(result.guest, kit);
  const report = result.report && changedReport(attack, result.report, () => start().report);
  const verdict = report && judge(attack, lab, report, start, env);
  const findings = checkBundle({ entries: scene.entries, header: kit.header, expected: kit.expected }).filter(
    (f) => f.severity === 'error',
  );
  const verdictSays = verdict
    ? verdict.checks.filter((c) => c.outcome === 'failed' || c.outcome === 'question').map((c) => c.id)
    : [];
  // that the guest is simulated is asked of every rehearsal
  const says = verdictSays.filter((c) => c !== 'R22');
  return {
    attack,
    guest: outcomeOf(result, rc),
    findings,
    ...(verdict ? { verdict } : {}),
    verdictSays: says,
    caughtBy: !result.booted
      ? 'guest'
      : says.length > 0
        ? 'verdict'
        : findings.length > 0
          ? 'bundle-check'
          : rc !== undefined && rc !== 1
            ? 'guest'
            : 'nothing',
    boot: result,
  };
};

const changedReport = (attack: Attack, report: Bytes, second: () => Bytes | undefined): Bytes =>
  attack.report?.(report, () => second() ?? fail('not-found', 'report of the second guest')) ?? report;

const judge = (attack: Attack, lab: Lab, report: Bytes, start: () => BootResult, env: Env): Verdict => {
  const { expected, keys } = lab.built;
  const common = {
    expected,
    now: env.now(),
    attestationKey: keys.attestationKey,
    reportKey: keys.reportKey,
    older: attack.id === 'older-bundle' ? [lab.olderExpected()] : [],
  };
  const challenge = attack.askedAnew
    ? {
        id: '00000000-0000-4000-8000-000000000000',
        nonce: env.random(32),
        requestSha256: expected.attestation_request_sha256 ?? '',
      }
    : undefined;
  const verdict = verifyReport({ ...common, report, ledger: [], challenge });
  const seen = attack.twice ? sightingOf(verdict) : undefined;
  const second = seen && start().report;
  return seen && second ? verifyReport({ ...common, report: second, ledger: [seen] }) : verdict;
};

const outcomeOf = (result: BootResult, rc: number | undefined): GuestOutcome => {
  const last = result.events.find((e) => e.outcome === 'failed');
  if (result.booted || last === undefined)
    return { booted: result.booted, stage: result.stage, ...(rc === undefined ? {} : { rc }) };
  const exit = result.pvebc?.exitCode;
  return {
    booted: false,
    stage: result.stage,
    code: last.code,
    ...(last.problem ? { problem: last.problem } : {}),
    ...(last.rc === undefined ? {} : { rc: last.rc }),
    ...(last.code === 'pvebc-failed' && (exit === 1 || exit === 101) ? { exitCode: exit } : {}),
  };
};
