/** Reports as a guest or a host could write them: any body, any state of the store, any key, with a genuine attestation or without. */
import { type Exchange, readExchange, writeExchange } from '../../core/attestation/exchange.ts';
import { base64, hex } from '../../core/bytes.ts';
import { publicKeyHash } from '../../core/crypto/p521.ts';
import type { ImageTags } from '../../core/image/tags.ts';
import { type ReportBody, reportMac, reportUserData, writeReport } from '../../core/report/format.ts';
import { openKeySlot } from '../../core/request/keyslot.ts';
import { type AttestState, attest } from '../../core/uvsim/attest.ts';
import type { SimHost } from '../../core/uvsim/profile.ts';

type Draft<T> = T extends object ? { -readonly [K in keyof T]: Draft<T[K]> } : T;
export type BodyDraft = Draft<ReportBody>;

/** What a genuine report is made of. */
export interface Genuine {
  readonly body: ReportBody;
  readonly host: SimHost;
  readonly image: ImageTags;
  /** of the requests in the store, in order */
  readonly tags: readonly Uint8Array[];
  /** exchange file of the bundle's attestation request */
  readonly request: Uint8Array;
  readonly reportKey: Uint8Array;
}

export interface Forgery {
  /** changes a copy of the genuine body */
  readonly body?: (body: BodyDraft) => unknown;
  /** what the ultravisor says of itself */
  readonly state?: Partial<AttestState>;
  /** exchange file of the attestation request; false: no attestation */
  readonly request?: Uint8Array | false;
  readonly nonce?: Uint8Array;
  /** what the attestation is bound to, when not to the body */
  readonly userData?: Uint8Array;
  /** changes the response before the MAC is made */
  readonly response?: (x: Exchange) => Exchange;
  /** key of the MAC; false: no MAC */
  readonly macKey?: Uint8Array | false;
  readonly macName?: string;
}

const attested = (g: Genuine, f: Forgery, body: ReportBody): Exchange => {
  const request = readExchange(f.request || g.request).request;
  const user = f.userData ?? reportUserData(body, f.nonce, body.bundle.serial);
  const state: AttestState = {
    keys: g.host.keys,
    image: g.image,
    cuid: new Uint8Array(16).fill(0xc1),
    imageHostKeyHash: publicKeyHash(g.host.keys.publicKey),
    tags: g.tags,
    locked: true,
    known: g.host.profile.attestation,
    openSlot: openKeySlot,
    ...f.state,
  };
  const { rc, measurement, additional, cuid } = attest(request, user, state);
  if (rc !== 1) throw new Error(`the ultravisor refused: 0x${rc.toString(16)}`);
  return { request, measurement, additional, user, cuid };
};

/** The report, as a file. Without a forgery it is as good as the genuine one. */
export const forgeFrom = (g: Genuine, f: Forgery = {}): Uint8Array => {
  const body = structuredClone(g.body) as BodyDraft;
  f.body?.(body);
  const answer = f.request === false ? undefined : attested(g, f, body);
  const response = answer ? writeExchange(f.response?.(answer) ?? answer) : new Uint8Array(0);
  const key = f.macKey ?? g.reportKey;
  return writeReport({
    format: 'sel-retrieval-report',
    version: 1,
    body,
    ...(answer ? { attestation: { response: base64(response) } } : {}),
    ...(key === false
      ? {}
      : { mac: { alg: 'HMAC-SHA-512', key: f.macName ?? 'report-key', value: hex(reportMac(key, body, response)) } }),
  });
};
