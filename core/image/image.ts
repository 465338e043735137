/**
 * A whole image: component pages, IPL information block, SE header, and the metadata that leads to them. Reader for what the
 * simulator measures at start; builder for samples and tests. The IPL information block follows the kernel's
 * `struct ipl_parameter_block` (type PV); digests are over pages of 4096 bytes (spec page "se-header").
 */
import { sha512 } from '@noble/hashes/sha2.js';
import { type Bytes, join, readU32, u64, utf8, wipe } from '../bytes.ts';
import { IV_SIZE, KEY_SIZE } from '../crypto/gcm.ts';
import { freshKeyPair } from '../crypto/p521.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import { bytesField, layout, u8Field, u32Field, u64Field, zeroField } from '../layout.ts';
import { type FoundHeader, imageMetadata, METADATA_MAGIC, METADATA_OFFSET } from './find.ts';
import { type PlaintextFlag, plaintextMask, type SecretFlag, secretMask } from './flags.ts';
import { buildHeader } from './header.ts';

export const PAGE = 4096;
const COMPONENTS_MAX = 64;
/** Protected virtualization. */
const IPIB_TYPE = 5;

export const ipib = layout('IPL information block', 'linux ipl.h', 136, [
  u32Field('length', 'bytes of the whole block'),
  u8Field('blockFlags', 'flags of the block, 0'),
  zeroField(2),
  u8Field('blockVersion', '1'),
  u32Field('pvLength', 'bytes of the part that follows'),
  u8Field('type', '5: protected virtualization'),
  zeroField(3),
  bytesField('loadparm', 8, 'load parameter'),
  zeroField(87),
  u8Field('pvVersion', '1'),
  zeroField(4),
  u32Field('components', 'number of components'),
  u64Field('headerAddress', 'address of the SE header'),
  u64Field('headerSize', 'bytes of the SE header'),
]);

export const ipibComponent = layout('IPL information block, component', 'linux ipl.h', 24, [
  u64Field('tweakPrefix', 'upper half of the first tweak'),
  u64Field('address', 'address in memory and offset in the image'),
  u64Field('length', 'bytes, a multiple of 4096'),
]);

/** One component of an image. */
export interface Component {
  readonly tweakPrefix: bigint;
  readonly address: bigint;
  readonly pages: Bytes;
}

/** The digests and page count that the ultravisor compares with the header when it unpacks an image. */
export const measureComponents = (components: readonly Component[]) => {
  const pld = sha512.create();
  const ald = sha512.create();
  const tld = sha512.create();
  let pages = 0n;
  for (const c of components) {
    pld.update(c.pages);
    for (let at = 0n; at < BigInt(c.pages.length); at += BigInt(PAGE)) {
      ald.update(u64(c.address + at));
      tld.update(join(u64(c.tweakPrefix), u64(at)));
      pages++;
    }
  }
  return { pld: pld.digest(), ald: ald.digest(), tld: tld.digest(), pages };
};

/** A component as the IPL information block names it. */
export interface ComponentRow {
  readonly tweakPrefix: bigint;
  readonly address: bigint;
  /** bytes */
  readonly length: bigint;
}

/** Most bytes an IPL information block takes. */
export const IPIB_MAX = ipib.size + COMPONENTS_MAX * ipibComponent.size;

/**
 * The components that an IPL information block names.
 * @param bytes hold the block at `at` @param imageSize bytes of the whole image
 * @throws too-short; bad-value for another type, too many components, and components that overlap, are not pages or lie outside
 */
export const readIpib = (bytes: Bytes, at: number, imageSize: number): ComponentRow[] => {
  const block = ipib.read(bytes, at, 'ignore');
  if (block.type !== IPIB_TYPE || block.components > COMPONENTS_MAX)
    fail(
      'bad-value',
      'IPL information block',
      `type ${block.type}, ${block.components} components`,
      `type ${IPIB_TYPE}, at most ${COMPONENTS_MAX}`,
    );
  let free = 0n;
  return Array.from({ length: block.components }, (_, i) => {
    const c = ipibComponent.read(bytes, at + ipib.size + i * ipibComponent.size);
    // digests are made in the order of addresses; an overlap would let a small file cost much
    if (c.length % BigInt(PAGE) !== 0n || c.address < free || c.address + c.length > BigInt(imageSize))
      fail(
        'bad-value',
        `IPL information block, component ${i}`,
        `${c.length} bytes at ${c.address}`,
        `pages from ${free} on, inside ${imageSize} bytes`,
      );
    free = c.address + c.length;
    return c;
  });
};

/** The components of an image, or undefined for a bare header file. Their pages are views of it. @throws too-short, bad-value */
export const readComponents = (image: Bytes, found: FoundHeader): Component[] | undefined => {
  if (found.ipibOffset === undefined) return undefined;
  return readIpib(image, found.ipibOffset, image.length).map((c) => {
    const at = Number(c.address);
    return { tweakPrefix: c.tweakPrefix, address: c.address, pages: image.subarray(at, at + Number(c.length)) };
  });
};

/** What an image is made of. Only generic (not encrypted) images: the encrypted kind is not what this project is for. */
export interface ImageInput {
  readonly hostKeys: readonly Bytes[];
  /** kernel, initramfs, command line: any bytes, padded to pages here */
  readonly components: readonly Bytes[];
  readonly plaintextFlags: readonly PlaintextFlag[];
  readonly secretFlags: readonly SecretFlag[];
  /** the image builder's CCK, 32 bytes, secret */
  readonly cck: Bytes;
  /** header protection key, 32 bytes, secret; made and forgotten when not given */
  readonly headerKey?: Bytes | undefined;
}

const roundUp = (n: number): number => Math.ceil(n / PAGE) * PAGE;

/** Builds a generic image and its header. @throws everything of buildHeader */
export const buildImage = (input: ImageInput, env: Env): { image: Bytes; header: Bytes } => {
  let next = METADATA_OFFSET + PAGE;
  const components: Component[] = input.components.map((content, i) => {
    const pages = new Uint8Array(Math.max(PAGE, roundUp(content.length)));
    pages.set(content);
    const address = BigInt(next);
    next += pages.length;
    return { tweakPrefix: (BigInt(readU32(env.random(4))) << 32n) | BigInt(i), address, pages };
  });
  const { pages, ...digests } = measureComponents(components);
  const keys = {
    customer: freshKeyPair(env),
    protectionKey: input.headerKey?.slice() ?? env.random(KEY_SIZE),
    iv: env.random(IV_SIZE),
  };
  const componentKey = env.random(64);
  const header = buildHeader(
    {
      hostKeys: input.hostKeys,
      digests,
      pages,
      flags: plaintextMask(input.plaintextFlags),
      inner: {
        cck: input.cck,
        componentKey,
        pswMask: 0x0000000180000000n,
        pswAddress: components[0]?.address ?? 0n,
        secretFlags: secretMask(input.secretFlags),
      },
    },
    keys,
  );
  wipe(keys.customer.privateKey, keys.protectionKey, componentKey);
  const ipibOffset = next;
  const ipibSize = ipib.size + components.length * ipibComponent.size;
  const headerOffset = ipibOffset + roundUp(ipibSize);
  const image = new Uint8Array(headerOffset + roundUp(header.length));
  image.set(utf8('Sample image of Selwright: it starts on the simulator only.\n'));
  image.set(
    imageMetadata.write({
      magic: METADATA_MAGIC,
      headerOffset: BigInt(headerOffset),
      version: 1,
      ipibOffset: BigInt(ipibOffset),
    }),
    METADATA_OFFSET,
  );
  for (const c of components) image.set(c.pages, Number(c.address));
  const block = ipib.write({
    length: ipibSize,
    blockFlags: 0,
    blockVersion: 1,
    pvLength: ipibSize - 8,
    type: IPIB_TYPE,
    loadparm: new Uint8Array(8),
    pvVersion: 1,
    components: components.length,
    headerAddress: BigInt(headerOffset),
    headerSize: BigInt(header.length),
  });
  const rows = components.map((c) =>
    ipibComponent.write({ tweakPrefix: c.tweakPrefix, address: c.address, length: BigInt(c.pages.length) }),
  );
  image.set(join(block, ...rows), ipibOffset);
  image.set(header, headerOffset);
  return { image, header };
};
