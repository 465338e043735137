/**
 * What the main side of one window works on: the kept project of core, and what follows from it. Nothing here is stored but
 * `kept`; all else is worked out again after each change.
 */
import type { BuiltBundle, BundleInput } from '../core/bundle/build.ts';
import { type Bytes, utf8, wipe } from '../core/bytes.ts';
import type { Env } from '../core/env.ts';
import { inFile } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import type { BootResult } from '../core/guestsim/boot.ts';
import type { Lab } from '../core/guestsim/lab.ts';
import { fingerprint } from '../core/hostkey/certificate.ts';
import type { Piece } from '../core/hostkey/sort.ts';
import { type Wanted, wanted } from '../core/hostkey/wanted.ts';
import { type FoundHeader, findHeader } from '../core/image/find.ts';
import { readPolicy } from '../core/policy/document.ts';
import type { Policy } from '../core/policy/schema.ts';
import type { Project } from '../core/project/content.ts';
import { type ProjectHostKey, projectHostKeys } from '../core/project/hostkeys.ts';
import type { Verdict } from '../core/report/verdict.ts';
import { readSimHost } from '../core/sample/host.ts';
import type { SimHost } from '../core/uvsim/profile.ts';
import { verifySignature } from '../edge/keys.ts';
import { systemRoots } from '../edge/roots.ts';
import type { MadeRequest } from './companions.ts';

export interface LoadedImage {
  readonly file: string;
  /** the whole image, or only its header when it was cut out of a large one */
  readonly bytes: Bytes;
  readonly found: FoundHeader;
  /** a whole image was chosen, not a header file */
  readonly whole: boolean;
}

export interface LoadedPolicy {
  readonly file: string;
  readonly text: string;
  readonly policy: Policy;
}

/** The bundle that fits what is chosen now. */
export interface CurrentBundle {
  readonly built: BuiltBundle;
  readonly findings: readonly Finding[];
  /** what it was built from, for the attack lab: a copy of the values is in it, secret */
  readonly input: BundleInput;
  /** the lab of each simulated machine, made when first asked for */
  readonly labs: Map<string, Lab>;
  savedTo?: string;
  /** where the tenant's record of it is, when there is no project file to keep it */
  recordIn?: string;
}

/** The key an image was built with, by the file it came from. Secret. */
export interface BuilderKey {
  readonly file: string;
  /** 32 bytes */
  readonly key: Bytes;
}

/** Overwrites what is secret of a bundle, and the values it was built from. */
export const wipeBundle = ({ built, input }: { [K in 'built' | 'input']?: CurrentBundle[K] | undefined }): void =>
  wipe(
    ...(input?.values.values() ?? []),
    input?.cck,
    built?.keys.extensionSecret,
    built?.keys.attestationKey,
    built?.keys.reportKey,
  );

/** What follows from the kept project alone. */
export interface Derived {
  readonly hostKeys: readonly ProjectHostKey[];
  /** certificates and CRLs */
  readonly pieces: readonly Piece[];
  readonly wanted: readonly Wanted[];
  readonly image: LoadedImage | undefined;
  readonly policy: LoadedPolicy | undefined;
  readonly hosts: readonly SimHost[];
}

export interface State {
  kept: Project;
  derived: Derived;
  /** files that could not be used, until the next ones come */
  notUsed: readonly Piece[];
  /** signing requests by the name of their key's secret; for another value they do not count */
  readonly requests: Map<string, MadeRequest>;
  /** for this session alone */
  builderKey: BuilderKey | undefined;
  bundle: CurrentBundle | undefined;
  boot: { readonly host: string; readonly result: BootResult } | undefined;
  verdict: { readonly file: string; readonly verdict: Verdict; readonly ownRecord: boolean } | undefined;
}

const imageOf = (kept: Project): LoadedImage | undefined => {
  const f = kept.files.find((x) => x.role === 'image');
  if (f === undefined) return undefined;
  const found = inFile(f.name, () => findHeader(f.bytes));
  return { file: f.name, bytes: f.bytes, found, whole: f.cut === true || found.by !== 'start' };
};

const policyOf = (kept: Project): LoadedPolicy | undefined => {
  const p = kept.policy;
  return p && { file: p.file, text: p.text, policy: readPolicy(utf8(p.text)) };
};

/** Works everything out again. @throws when a kept file is not what it was taken for: then no program of ours kept it */
export const derive = (kept: Project, env: Env): Derived => {
  // reading the system's roots takes a while: not before something could hang on one
  const roots = kept.files.some((f) => f.role === 'host-keys') ? systemRoots() : [];
  const trustedBySystem = roots.flatMap((x) => (x.certificate ? [x.certificate] : []));
  const { hostKeys, pieces } = projectHostKeys(kept, trustedBySystem, env.now(), verifySignature);
  const others = pieces.filter((x) => x.hostKey === undefined);
  const certificates = others.flatMap((x) => (x.certificate ? [x.certificate] : []));
  const mine = certificates.filter((c) => kept.roots.some((r) => r.sha256 === fingerprint(c)));
  return {
    hostKeys,
    pieces: others,
    wanted:
      hostKeys.length === 0 && certificates.length === 0
        ? []
        : wanted({
            hostKeys: hostKeys.map((k) => k.document),
            certificates,
            roots: [...mine, ...trustedBySystem],
            crls: others.flatMap((x) => (x.crl ? [x.crl] : [])),
            at: env.now(),
            verify: verifySignature,
          }),
    image: imageOf(kept),
    policy: policyOf(kept),
    hosts: kept.files.filter((f) => f.role === 'simulated-host').map((f) => inFile(f.name, () => readSimHost(f.bytes))),
  };
};
