/** How a mutation is written down: a good PKI, one change, and what must be said of it. */
import { type Der, seq, text, tlv } from '../der-writer.ts';
import {
  EXT,
  type Extension,
  type Files,
  goodPki,
  KIND,
  type Kind,
  type Level,
  type Name,
  type Pki,
  writePki,
} from '../forge.ts';

export interface Mutation {
  readonly name: string;
  /** `trusted`, an error kind, `IbmSignInvalid 20@0`, or `unreadable ...` for the host key itself */
  readonly says: string;
  /** what `openssl verify` says of the chain, where that does not follow from `says`: `ok`, `20@0`, `unreadable` */
  readonly openssl?: string;
  /** what it said up to 3.0.19, measured there, where 3.0.22 says something else */
  readonly opensslBefore?: string;
  /** why we refuse what OpenSSL accepts */
  readonly stricter?: string;
  /** which certificate is the signing key, for openssl; -1: there is none to ask about */
  readonly leaf: number;
  readonly files: () => Files;
}

type More = Partial<Pick<Mutation, 'openssl' | 'opensslBefore' | 'stricter' | 'leaf'>>;

/** A fault made before anything is signed. */
export const spoil = (name: string, says: string, change: (p: Pki) => unknown, more: More = {}): Mutation => ({
  name,
  says,
  leaf: 1,
  ...more,
  files: () => {
    const p = goodPki();
    change(p);
    return writePki(p);
  },
});

/** A fault in the files themselves, or in which of them are given. */
export const rearrange = (name: string, says: string, change: (f: Files, p: Pki) => unknown, more: More = {}): Mutation => ({
  name,
  says,
  leaf: 1,
  ...more,
  files: () => {
    const p = goodPki();
    const f = writePki(p);
    change(f, p);
    return f;
  },
});

export const invalid = (openssl: number, depth: number): string => `IbmSignInvalid ${openssl}@${depth}`;
export const DEPTH: Record<Level, number> = { root: 2, intermediate: 1, signing: 0 };
/** Where a file of a level stands among the files. */
export const FILE: Record<Level, readonly ['roots' | 'certificates', number]> = {
  root: ['roots', 0],
  intermediate: ['certificates', 0],
  signing: ['certificates', 1],
};

export const YES = new Uint8Array([0xff]);
export const UNKNOWN_CRITICAL: Extension = { oid: EXT.unknown, critical: true, value: tlv(0x05) };
export const flipped = (signature: Der): Der => signature.map((b, i) => (i === 100 ? b ^ 1 : b));

/** An issuing distribution point. */
export const idp = (...content: readonly Der[]): Extension => ({ oid: EXT.idp, critical: true, value: seq(...content) });
export const pointName = (url: string): Der => tlv(0xa0, tlv(0xa0, tlv(0x86, text(url))));

export const other = (name: Name, kind: Kind): Name =>
  name.map((e) => (e.oid === KIND[kind] ? { ...e, value: kind === 'C' ? 'DE' : `${e.value}x` } : e));
export const without = (name: Name, kind: Kind): Name => name.filter((e) => e.oid !== KIND[kind]);
export const doubled = (name: Name, kind: Kind): Name => name.flatMap((e) => (e.oid === KIND[kind] ? [e, { ...e }] : [e]));
export const lower = (name: Name, kind: Kind): Name =>
  name.map((e) => (e.oid === KIND[kind] ? { ...e, value: e.value.toLowerCase() } : e));
export const upper = (name: Name): Name => name.map((e) => ({ ...e, value: e.value.toUpperCase() }));
export const spaced = (name: Name): Name =>
  name.map((e) => (e.oid === KIND.C ? e : { ...e, value: ` ${e.value.replaceAll(' ', '   ')} ` }));
