/**
 * Byte layouts as tables of named fields. One table drives the reader, the writer, `inspect` and docs/formats.md, so that
 * a fact about a format stands in one place. Integers are big-endian and unaligned, as in every format of the reference.
 */
import { allZero, type Bytes, hex, readU16, readU32, u16, u32, u64 } from './bytes.ts';
import { fail } from './errors.ts';

export type FieldKind = 'u8' | 'u16' | 'u32' | 'u64' | 'bytes' | 'zero';

/** One row of a layout: what stands there, how many bytes it takes, and what it means. */
export interface Field<N extends string = string, K extends FieldKind = FieldKind> {
  readonly name: N;
  readonly kind: K;
  readonly size: number;
  readonly doc: string;
}

type ValueOf<K> = K extends 'u64' ? bigint : K extends 'bytes' ? Bytes : number;
type Named<F extends readonly Field[]> = Exclude<F[number], { kind: 'zero' }>;
/** The values of a layout: numbers for u8 to u32, bigint for u64, fresh arrays for bytes. Reserved (zero) fields have none. */
export type Values<F extends readonly Field[]> = { -readonly [X in Named<F> as X['name']]: ValueOf<X['kind']> };

export const u8Field = <N extends string>(name: N, doc: string): Field<N, 'u8'> => ({ name, kind: 'u8', size: 1, doc });
export const u16Field = <N extends string>(name: N, doc: string): Field<N, 'u16'> => ({ name, kind: 'u16', size: 2, doc });
export const u32Field = <N extends string>(name: N, doc: string): Field<N, 'u32'> => ({ name, kind: 'u32', size: 4, doc });
export const u64Field = <N extends string>(name: N, doc: string): Field<N, 'u64'> => ({ name, kind: 'u64', size: 8, doc });
export const bytesField = <N extends string>(name: N, size: number, doc: string): Field<N, 'bytes'> => ({
  name,
  kind: 'bytes',
  size,
  doc,
});
/** Reserved: written as zero, refused by the reader when it is not (unless it is told to ignore them). */
export const zeroField = (size: number): Field<'reserved', 'zero'> => ({
  name: 'reserved',
  kind: 'zero',
  size,
  doc: 'reserved, zero',
});

export interface Layout<F extends readonly Field[] = readonly Field[]> {
  /** what it is called in messages and in the documentation */
  readonly title: string;
  /** the spec page it was taken from */
  readonly source: string;
  /** whole size in bytes */
  readonly size: number;
  readonly rows: readonly (Field & { readonly offset: number })[];
  /**
   * Reads the fields from `bytes` at `at`. Byte fields are copies.
   * @throws too-short when the layout does not fit; bad-value when a reserved byte is not zero
   */
  read(bytes: Bytes, at?: number, reserved?: 'check' | 'ignore'): Values<F>;
  /** Writes the fields in a new array. @throws wrong-length for a byte field of another size, bad-value for an integer that does not fit */
  write(values: Values<F>): Bytes;
  /** Offset of a field from the start of the layout. */
  offset(name: F[number]['name']): number;
}

const LIMIT: Partial<Record<FieldKind, number>> = { u8: 0xff, u16: 0xffff, u32: 0xffffffff };

/**
 * Declares a layout.
 * @param size the size it must have: a slip in the table is found at start-up, not in a file
 */
export const layout = <const F extends readonly Field[]>(title: string, source: string, size: number, fields: F): Layout<F> => {
  let end = 0;
  const rows = fields.map((f) => {
    const row = { ...f, offset: end };
    end += f.size;
    return row;
  });
  if (end !== size) throw new Error(`layout ${title}: fields take ${end} bytes, declared are ${size}`);

  const read = (bytes: Bytes, at = 0, reserved: 'check' | 'ignore' = 'check'): Values<F> => {
    if (at < 0 || bytes.length - at < size) fail('too-short', title, `${Math.max(0, bytes.length - at)} bytes`, `${size} bytes`);
    const out: Record<string, number | bigint | Bytes> = {};
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const f of rows) {
      const o = at + f.offset;
      if (f.kind === 'u8') out[f.name] = view.getUint8(o);
      else if (f.kind === 'u16') out[f.name] = readU16(bytes, o);
      else if (f.kind === 'u32') out[f.name] = readU32(bytes, o);
      else if (f.kind === 'u64') out[f.name] = view.getBigUint64(o);
      else if (f.kind === 'bytes') out[f.name] = bytes.slice(o, o + f.size);
      else if (reserved === 'check' && bytes.subarray(o, o + f.size).some((b) => b !== 0))
        fail('bad-value', `${title}, reserved bytes at offset 0x${f.offset.toString(16)}`, 'bytes that are not zero', 'zeros');
    }
    return out as Values<F>;
  };

  const write = (values: Values<F>): Bytes => {
    const out = new Uint8Array(size);
    for (const f of rows) {
      if (f.kind === 'zero') continue;
      const value = (values as Record<string, number | bigint | Bytes>)[f.name];
      if (value instanceof Uint8Array) {
        if (value.length !== f.size) fail('wrong-length', `${title}, ${f.name}`, `${value.length} bytes`, `${f.size} bytes`);
        out.set(value, f.offset);
      } else if (typeof value === 'bigint') {
        if (value < 0n || value >= 1n << 64n)
          fail('bad-value', `${title}, ${f.name}`, String(value), 'an unsigned 64-bit number');
        out.set(u64(value), f.offset);
      } else if (typeof value === 'number') {
        const max = LIMIT[f.kind] ?? 0;
        if (!Number.isInteger(value) || value < 0 || value > max)
          fail('bad-value', `${title}, ${f.name}`, value, `a whole number up to ${max}`);
        out.set(f.kind === 'u8' ? [value] : f.kind === 'u16' ? u16(value) : u32(value), f.offset);
      }
    }
    return out;
  };

  const offset = (name: string): number => rows.find((f) => f.name === name)?.offset ?? fail('not-found', `${title}, ${name}`);
  return { title, source, size, rows, read, write, offset };
};

/** A field as it stands in some bytes, for people. */
export interface ShownField {
  /** offset in the file, bytes */
  readonly offset: number;
  /** bytes */
  readonly size: number;
  readonly name: string;
  /** numbers in hex and decimal, bytes in hex */
  readonly value: string;
  readonly doc: string;
}

/** A layout as it stands in some bytes. */
export interface ShownLayout {
  readonly title: string;
  /** where it starts in the file, bytes */
  readonly offset: number;
  readonly fields: readonly ShownField[];
}

const DIGITS: Partial<Record<FieldKind, number>> = { u8: 2, u16: 4, u32: 8, u64: 16 };

const showValue = (f: Field, bytes: Bytes): string => {
  const digits = hex(bytes);
  if (DIGITS[f.kind] !== undefined) return `0x${digits} (${BigInt(`0x${digits}`)})`;
  return f.kind === 'zero' && allZero(bytes) ? 'zeros' : digits;
};

/**
 * The fields of a layout as they stand in `bytes` at `at`. Only for what is public: nothing is left out.
 * @param shift what to add to the offsets shown, when `bytes` are a part of a file
 * @throws too-short
 */
export const showLayout = (l: Layout, bytes: Bytes, at = 0, shift = 0): ShownLayout => {
  if (bytes.length - at < l.size) fail('too-short', l.title, `${Math.max(0, bytes.length - at)} bytes`, `${l.size} bytes`);
  return {
    title: l.title,
    offset: at + shift,
    fields: l.rows.map((f) => ({
      offset: at + shift + f.offset,
      size: f.size,
      name: f.name,
      value: showValue(f, bytes.subarray(at + f.offset, at + f.offset + f.size)),
      doc: f.doc,
    })),
  };
};
