/** How OpenSSH writes data down: fields with a length of u32 in front, big-endian. Source: RFC 4251, section 5. */
import { type Bytes, fromUtf8, join, readU32, u32 } from '../bytes.ts';
import { fail } from '../errors.ts';

/** A cursor over such fields; what it gives are views, not copies. @throws too-short */
export class Fields {
  readonly #bytes: Bytes;
  readonly #what: string;
  #at = 0;
  /** @param what what is read, for errors */
  constructor(bytes: Bytes, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }
  /** @param field which part of it, for errors */
  take(size: number, field?: string): Bytes {
    const left = this.#bytes.length - this.#at;
    if (size > left) fail('too-short', this.#name(field), `${left} bytes`, `${size} bytes`);
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }
  u32(field?: string): number {
    return readU32(this.take(4, field));
  }
  u64(field?: string): bigint {
    return (BigInt(this.u32(field)) << 32n) | BigInt(this.u32(field));
  }
  string(field?: string): Bytes {
    return this.take(this.u32(field), field);
  }
  /** @throws bad-encoding as well */
  text(field?: string): string {
    return fromUtf8(this.string(field), this.#name(field));
  }
  rest(): Bytes {
    return this.#bytes.subarray(this.#at);
  }
  get done(): boolean {
    return this.#at === this.#bytes.length;
  }
  #name(field: string | undefined): string {
    return field === undefined ? this.#what : `${this.#what}, ${field}`;
  }
}

/** A field. */
export const string = (bytes: Bytes): Bytes => join(u32(bytes.length), bytes);

/** The content of a positive whole number: no zeros in front but the one that says "positive". Secret when its input is. */
export const mpint = (value: Bytes): Bytes => {
  const first = value.findIndex((b) => b !== 0);
  if (first < 0) return new Uint8Array(0);
  const significant = value.subarray(first);
  return (significant[0] as number) & 0x80 ? join(new Uint8Array(1), significant) : significant.slice();
};
