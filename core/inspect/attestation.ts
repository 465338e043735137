/** Shows attestation requests, and the exchange files they and their answers travel in. */
import { exchangeHeader, type PartValue, readExchange } from '../attestation/exchange.ts';
import { type AdditionalData, readAdditional } from '../attestation/measurement.ts';
import { arcb, type ParsedAttestationRequest, parseAttestationRequest } from '../attestation/request.ts';
import { allZero, type Bytes, hex, readU32 } from '../bytes.ts';
import { SelError } from '../errors.ts';
import { type ShownLayout, showLayout } from '../layout.ts';
import { keySlot } from '../request/asrcb.ts';
import { flagsText, type Inspected, type Shown } from './shown.ts';

const requestShown = (r: ParsedAttestationRequest): { [field: string]: Shown } => ({
  size: r.bytes.length,
  flags: { value: flagsText(r.flagBits), set: [...r.flags], 'unknown-bits': r.unknownFlags },
  'host-key-hashes': r.hostKeyHashes.map(hex),
  tag: hex(r.tag),
});

const requestLayouts = (r: ParsedAttestationRequest, shift: number): ShownLayout[] => [
  showLayout(arcb, r.bytes, 0, shift),
  ...r.hostKeyHashes.map((_, i) => showLayout(keySlot, r.bytes, arcb.size + i * keySlot.size, shift)),
];

/** A request has no magic of its own: eight zeros, then the version. */
export const looksLikeAttestationRequest = (bytes: Bytes): boolean =>
  bytes.length >= arcb.size && allZero(bytes.subarray(0, 8)) && readU32(bytes, 8) === 0x100;

/** A bare request. @throws everything of parseAttestationRequest */
export const inspectAttestationRequest = (bytes: Bytes): Inspected => {
  const r = parseAttestationRequest(bytes);
  return { kind: 'attestation request', shown: requestShown(r), layouts: requestLayouts(r, 0) };
};

const partShown = (v: PartValue): Shown => (v === undefined ? null : v instanceof Uint8Array ? hex(v) : { needed: v.needed });

/** What the additional data says, when it is as long as the flags of the request want it. */
const fieldsOf = (r: ParsedAttestationRequest, additional: PartValue): Shown => {
  if (!(additional instanceof Uint8Array)) return null;
  const data = tried(() => readAdditional(r.flags, additional));
  const shown = (d: AdditionalData): Shown =>
    Object.fromEntries(Object.entries(d).map(([name, value]): [string, Shown] => [name, hex(value)]));
  return data ? shown(data) : null;
};

const tried = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (e) {
    if (e instanceof SelError) return undefined;
    throw e;
  }
};

/** @throws everything of readExchange; a request in it that cannot be read is shown by its size alone */
export const inspectExchange = (bytes: Bytes): Inspected => {
  const x = readExchange(bytes);
  const r = tried(() => parseAttestationRequest(x.request));
  const answered = x.measurement instanceof Uint8Array;
  return {
    kind: 'attestation exchange file',
    shown: {
      form: answered ? 'response' : 'request',
      request: r ? requestShown(r) : { size: x.request.length, readable: false },
      measurement: partShown(x.measurement),
      'additional-data': partShown(x.additional),
      'additional-fields': r ? fieldsOf(r, x.additional) : null,
      'user-data': partShown(x.user),
      'configuration-uid': partShown(x.cuid),
      ...(answered ? { note: 'not verified: "attest verify" does that' } : {}),
    },
    layouts: [
      showLayout(exchangeHeader, bytes),
      ...(r ? requestLayouts(r, readU32(bytes, exchangeHeader.offset('requestOffset'))) : []),
    ],
  };
};
