/**
 * The ultravisor, simulated: one guest on one host. The host's key pair is its identity. What is checked, and in which order,
 * follows spec page "secrets": see add.ts for what is unsure.
 */
import { type Bytes, join, same, wipe } from '../bytes.ts';
import { seal } from '../crypto/gcm.ts';
import { publicKeyHash } from '../crypto/p521.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import { findHeader } from '../image/find.ts';
import { bit, SECRET_FLAGS, type SecretFlag } from '../image/flags.ts';
import { type OpenedHeader, openHeaderWithKey, type ParsedHeader } from '../image/header.ts';
import { type Component, measureComponents, readComponents } from '../image/image.ts';
import { openKeySlot } from '../request/keyslot.ts';
import { kindOfType } from '../secret/kinds.ts';
import { ENTRIES_PER_PAGE, writeListPage } from '../secret/list.ts';
import { checkRequest, judgeSecret, type OpenSlot } from './add.ts';
import { type AttestAnswer, type AttestBuffers, attest } from './attest.ts';
import { ADD_RC, LOCK_RC, RC_OK, RETRIEVE_RC } from './codes.ts';
import { makeDump } from './dump.ts';
import { queryFiles, type SimHost } from './profile.ts';

export { PROFILES, type SimHost, type UvProfile } from './profile.ts';

/** A secret in the store. Secret: `value`. */
export interface StoredSecret {
  readonly type: number;
  /** 32 bytes */
  readonly id: Bytes;
  readonly value: Bytes;
  /** the guest has fetched it: a plaintext then lies in its memory */
  retrieved: boolean;
}

/** Everything the ultravisor knows of one guest. Most of it is secret; core/uvsim/state.ts saves and restores it. */
export interface GuestState {
  readonly host: SimHost;
  readonly header: ParsedHeader;
  /** true when the image's components were there and measured, false for a bare header file */
  readonly measured: boolean;
  /** the kernel command line of the image, when the image was there and has one that is text */
  readonly commandLine: string | undefined;
  /** configuration UID, 16 bytes, new for each start */
  readonly cuid: Bytes;
  /** key that protected keys are wrapped with, new for each start */
  readonly wrappingKey: Bytes;
  readonly secretFlags: bigint;
  /** customer communication key in force */
  cck: Bytes;
  readonly store: StoredSecret[];
  /** tags of the accepted requests, in order */
  readonly tags: Bytes[];
  /** extension secret, fixed by the first accepted request */
  extension: Bytes | undefined;
  locked: boolean;
  dumpDisabled: boolean;
  /** the host takes a dump: no request is accepted */
  dumpRunning: boolean;
  /** false: the store may not be modified (0x0101). What causes it on a real machine is not documented; here it is a switch. */
  modifiable: boolean;
}

export interface UvOptions {
  /** instead of unwrapping each key slot anew */
  readonly openSlot?: OpenSlot | undefined;
}

const NONE = new Uint8Array(0);

/** Longest kernel command line of s390, in bytes. */
const COMMAND_LINE_MAX = 4096;

/**
 * The command line among the components: nothing says which one it is, so it is the one that is a short printable text and
 * holds a parameter, `name` or `name=value`, that only a kernel command line of such an image has.
 */
const commandLineOf = (components: readonly Component[]): string | undefined => {
  const texts = components.flatMap(({ pages }) => {
    const end = pages.indexOf(0);
    const text = end < 0 ? pages : pages.subarray(0, end);
    const printable =
      text.length > 0 && pages.length <= COMMAND_LINE_MAX && text.every((b) => b === 9 || b === 10 || (b >= 32 && b < 127));
    return printable ? [String.fromCharCode(...text).trim()] : [];
  });
  return texts.find((t) => /(^|\s)(root=|rd\.)/.test(t)) ?? texts[0];
};

/** Starts a guest: opens the header, measures the components. */
const start = (host: SimHost, image: Bytes, env: Env, openSlot: OpenSlot): GuestState => {
  const found = findHeader(image);
  const { header } = found;
  const opened = openWith(header, host, openSlot);
  const components = readComponents(image, found);
  if (components !== undefined) {
    const m = measureComponents(components);
    const { pld, ald, tld } = header.image;
    if (m.pages !== header.pages || !same(m.pld, pld) || !same(m.ald, ald) || !same(m.tld, tld)) {
      wipe(opened.cck, opened.componentKey);
      fail('bad-value', 'image, components', 'digests that differ from the header', 'the components the header was made for');
    }
  }
  wipe(opened.componentKey);
  return {
    host,
    header,
    measured: components !== undefined,
    commandLine: components && commandLineOf(components),
    cuid: env.random(16),
    wrappingKey: env.random(32),
    secretFlags: opened.secretFlags,
    cck: opened.cck,
    store: [],
    tags: [],
    extension: undefined,
    locked: false,
    dumpDisabled: false,
    dumpRunning: false,
    modifiable: true,
  };
};

const openWith = (header: ParsedHeader, host: SimHost, openSlot: OpenSlot): OpenedHeader => {
  const key = openSlot(header.slots, header.customerKey, host.keys, 'SE header');
  try {
    return openHeaderWithKey(header, key);
  } finally {
    wipe(key);
  }
};

/** A guest under the simulated ultravisor: the calls of /dev/uv. */
export class UltravisorGuest {
  readonly #s: GuestState;
  readonly #env: Env;
  readonly #openSlot: OpenSlot;

  /**
   * Starts a guest from an image or a bare header; or goes on with one whose state was restored.
   * @throws not-found (header not made for this host), cannot-decrypt (header altered), bad-value (components do not match)
   */
  constructor(host: SimHost, image: Bytes | GuestState, env: Env, options: UvOptions = {}) {
    this.#openSlot = options.openSlot ?? openKeySlot;
    this.#s = image instanceof Uint8Array ? start(host, image, env, this.#openSlot) : image;
    this.#env = env;
  }

  /** All that is known of the guest, as it is now. Secret. For saving it: core/uvsim/state.ts. */
  get state(): Readonly<GuestState> {
    return this.#s;
  }
  get host(): SimHost {
    return this.#s.host;
  }
  get header(): ParsedHeader {
    return this.#s.header;
  }
  /** Configuration UID, 16 bytes, new for each start. */
  get cuid(): Bytes {
    return this.#s.cuid;
  }
  get measured(): boolean {
    return this.#s.measured;
  }
  get commandLine(): string | undefined {
    return this.#s.commandLine;
  }
  get locked(): boolean {
    return this.#s.locked;
  }
  /** Tags of the accepted requests, in order: what the secret-store hash covers. */
  get tags(): readonly Bytes[] {
    return this.#s.tags;
  }
  /** Whether the host may dump this guest: the header allows it and no request forbade it. */
  get dumpAllowed(): boolean {
    return this.#s.header.flagNames.includes('dump-allowed') && !this.#s.dumpDisabled;
  }
  get dumpRunning(): boolean {
    return this.#s.dumpRunning;
  }
  /** Whether the store may be modified at all. */
  set modifiable(yes: boolean) {
    this.#s.modifiable = yes;
  }
  /** Ends the guest: what the ultravisor kept for it is wiped. Tags and lock stay, for whoever looks back at it. */
  powerOff(): void {
    const s = this.#s;
    wipe(s.cck, s.extension, s.wrappingKey, ...s.store.map((x) => x.value));
    s.store.length = 0;
  }
  #flag(name: SecretFlag): boolean {
    return SECRET_FLAGS.some((f) => f.name === name && (this.#s.secretFlags & bit(f.bit)) !== 0n);
  }

  /** What `/sys/firmware/uv/query` shows: file name to content. */
  query(): Record<string, string> {
    return queryFiles(this.#s.host.profile);
  }

  /**
   * Add Secret.
   * @param bytes the caller's memory from the request on; null: memory that cannot be reached
   * @returns the return code; nothing changes unless it is RC_OK
   */
  add(bytes: Bytes | null): number {
    const s = this.#s;
    if (!s.modifiable) return ADD_RC.storeNotModifiable;
    if (s.locked) return ADD_RC.locked;
    if (s.dumpRunning) return ADD_RC.dumpRunning;
    if (bytes === null) return ADD_RC.accessException;
    const checked = checkRequest(bytes, { host: s.host.keys, image: s.header.image, cuid: s.cuid, openSlot: this.#openSlot });
    if ('rc' in checked) return checked.rc;
    const retrievable = s.store.filter((x) => kindOfType(x.type)?.retrievable).length;
    const rc = judgeSecret(checked, {
      profile: s.host.profile,
      stored: { retrievable, association: s.store.length - retrievable },
      extension: s.extension,
      cckExtension: this.#flag('cck-extension-secret') ? { cck: s.cck, headerTag: s.header.image.tag } : undefined,
      cckUpdate: this.#flag('cck-update-allowed'),
    });
    const row = kindOfType(checked.type);
    if (rc !== RC_OK || row === undefined) {
      wipe(checked.value, checked.extension);
      return rc;
    }
    s.extension ??= checked.extension;
    s.dumpDisabled ||= checked.disableDump;
    s.tags.push(checked.tag);
    if (row.kind === 'update-cck') {
      wipe(s.cck);
      s.cck = checked.value;
    } else if (row.listed) s.store.push({ type: checked.type, id: checked.id, value: checked.value, retrieved: false });
    return RC_OK;
  }

  /** List Secrets from an index. @returns one page, 4096 bytes */
  list(from = 0): Bytes {
    const { store } = this.#s;
    const entries = store
      .map((x, index) => ({ index, type: x.type, length: x.value.length, id: x.id }))
      .slice(from, from + ENTRIES_PER_PAGE);
    return writeListPage({ total: store.length, next: Math.min(store.length, from + entries.length), entries });
  }

  /** Lock Secret Store. */
  lock(): number {
    if (!this.#s.modifiable) return LOCK_RC.storeNotModifiable;
    if (this.#s.locked) return LOCK_RC.alreadyLocked;
    this.#s.locked = true;
    return RC_OK;
  }

  /**
   * Retrieve Secret. Plaintext comes out as stored; every other kind as a protected key, bound to this guest.
   * @param buffer bytes the caller has room for; null: a buffer that cannot be reached
   */
  retrieve(index: number, buffer: number | null = 0x2000): { rc: number; data: Bytes } {
    const { store } = this.#s;
    const refuse = (rc: number) => ({ rc, data: NONE });
    if (store.length === 0) return refuse(RETRIEVE_RC.storeEmpty);
    const x = store[index];
    if (x === undefined) return refuse(RETRIEVE_RC.noSuchIndex);
    const row = kindOfType(x.type);
    if (!row?.retrievable) return refuse(RETRIEVE_RC.notRetrievable);
    if (buffer === null) return refuse(RETRIEVE_RC.accessException);
    const data = row.kind === 'plaintext' ? x.value.slice() : this.#protect(x.value);
    if (data.length > buffer) {
      wipe(data);
      return refuse(RETRIEVE_RC.bufferTooSmall);
    }
    x.retrieved = true;
    return { rc: RC_OK, data };
  }

  /** The form a protected key has here is our own (IV, ciphertext, tag): the real one is opaque and never read by a tenant. */
  #protect(value: Bytes): Bytes {
    const iv = this.#env.random(12);
    const { cipher, tag } = seal(this.#s.wrappingKey, iv, NONE, value);
    return join(iv, cipher, tag);
  }

  /** Attest. @param request an attestation request @param userData 0 to 256 bytes @param buffers absent: large enough */
  attest(request: Bytes, userData: Bytes, buffers?: AttestBuffers): AttestAnswer {
    const { host, header, cuid, tags, locked } = this.#s;
    return attest(
      request,
      userData,
      {
        keys: host.keys,
        image: header.image,
        cuid,
        imageHostKeyHash: publicKeyHash(host.keys.publicKey),
        tags,
        locked,
        known: host.profile.attestation,
        openSlot: this.#openSlot,
      },
      buffers,
    );
  }

  /** The host begins a dump. @returns false when this guest may not be dumped */
  startDump(): boolean {
    this.#s.dumpRunning = this.dumpAllowed;
    return this.#s.dumpRunning;
  }

  /** The host takes the dump it began: the guest's memory, encrypted with the CCK in force. */
  finishDump(): Bytes {
    const s = this.#s;
    if (!s.dumpRunning) fail('conflict', 'dump', 'none was begun', 'a dump that is running');
    s.dumpRunning = false;
    const memory = s.store.filter((x) => x.retrieved && kindOfType(x.type)?.kind === 'plaintext');
    return makeDump({ cuid: s.cuid, headerTag: s.header.image.tag }, memory, s.cck, this.#env);
  }
}
