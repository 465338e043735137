/**
 * The ultravisor, simulated: one guest on one host. The host's key pair is its identity. What is checked, and in which order,
 * follows spec page "secrets" ("Where the order of the UV's checks is not documented, ours is ..."): unsure on real firmware.
 */
import { type Bytes, join, same, wipe } from '../bytes.ts';
import { seal } from '../crypto/gcm.ts';
import { type KeyPair, publicKeyHash } from '../crypto/p521.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import { findHeader } from '../image/find.ts';
import { bit, SECRET_FLAGS } from '../image/flags.ts';
import { openHeader, type ParsedHeader } from '../image/header.ts';
import { measureComponents, readComponents } from '../image/image.ts';
import { kindOfType } from '../secret/kinds.ts';
import { ENTRIES_PER_PAGE, writeListPage } from '../secret/list.ts';
import { checkRequest, judgeSecret } from './add.ts';
import { type AttestAnswer, attest } from './attest.ts';
import { ADD_RC, LOCK_RC, RC_OK, RETRIEVE_RC } from './codes.ts';

/** What a machine generation can do. Limits: how many secrets the store holds. */
export interface UvProfile {
  readonly name: 'z16' | 'z17';
  /** largest number of listed secrets */
  readonly storeLimit: number;
  /** retrievable secrets and update-cck came with z17 */
  readonly retrievable: boolean;
}

export const PROFILES: Record<UvProfile['name'], UvProfile> = {
  z16: { name: 'z16', storeLimit: 85, retrievable: false },
  z17: { name: 'z17', storeLimit: 512, retrievable: true },
};

/** A simulated machine. */
export interface SimHost {
  readonly name: string;
  readonly keys: KeyPair;
  readonly profile: UvProfile;
}

interface StoredSecret {
  readonly type: number;
  readonly id: Bytes;
  readonly value: Bytes;
}

/** A guest under the simulated ultravisor: the calls of /dev/uv. */
export class UltravisorGuest {
  readonly header: ParsedHeader;
  readonly host: SimHost;
  /** configuration UID, 16 bytes, new for each start */
  readonly cuid: Bytes;
  /** true when the image's components were there and measured, false for a bare header file */
  readonly measured: boolean;
  #cck: Bytes;
  readonly #secretFlags: bigint;
  readonly #store: StoredSecret[] = [];
  readonly #tags: Bytes[] = [];
  readonly #wrappingKey: Bytes;
  readonly #env: Env;
  #extension: Bytes | undefined;
  #locked = false;
  #dumpDisabled = false;
  /** set while the host takes a dump: no request is accepted then */
  dumpRunning = false;

  /**
   * Starts a guest from an image or a bare header.
   * @throws not-found (header not made for this host), cannot-decrypt (header altered), bad-value (components do not match)
   */
  constructor(host: SimHost, image: Bytes, env: Env) {
    const found = findHeader(image);
    const opened = openHeader(found.header, host.keys);
    const components = readComponents(image, found);
    if (components !== undefined) {
      const m = measureComponents(components);
      const h = found.header;
      if (m.pages !== h.pages || !same(m.pld, h.image.pld) || !same(m.ald, h.image.ald) || !same(m.tld, h.image.tld))
        fail('bad-value', 'image, components', 'digests that differ from the header', 'the components the header was made for');
    }
    this.header = found.header;
    this.host = host;
    this.measured = components !== undefined;
    this.#cck = opened.cck;
    this.#secretFlags = opened.secretFlags;
    this.#env = env;
    this.cuid = env.random(16);
    this.#wrappingKey = env.random(32);
    wipe(opened.componentKey);
  }

  get locked(): boolean {
    return this.#locked;
  }
  /** Tags of the accepted requests, in order: what the secret-store hash covers. */
  get tags(): readonly Bytes[] {
    return this.#tags;
  }
  /** Whether the host may dump this guest: the header allows it and no request forbade it. */
  get dumpAllowed(): boolean {
    return this.header.flagNames.includes('dump-allowed') && !this.#dumpDisabled;
  }
  #flag(name: (typeof SECRET_FLAGS)[number]['name']): boolean {
    return SECRET_FLAGS.some((f) => f.name === name && (this.#secretFlags & bit(f.bit)) !== 0n);
  }

  /** Add Secret. @returns the return code; nothing changes unless it is RC_OK */
  add(bytes: Bytes): number {
    if (this.#locked) return ADD_RC.locked;
    if (this.dumpRunning) return ADD_RC.dumpRunning;
    const checked = checkRequest(bytes, this.host.keys, this.header.image, this.cuid);
    if ('rc' in checked) return checked.rc;
    const rc = judgeSecret(checked, {
      retrievable: this.host.profile.retrievable,
      listed: this.#store.length,
      limit: this.host.profile.storeLimit,
      extension: this.#extension,
      cckExtension: this.#flag('cck-extension-secret') ? { cck: this.#cck, headerTag: this.header.image.tag } : undefined,
      cckUpdate: this.#flag('cck-update-allowed'),
    });
    if (rc !== RC_OK) {
      wipe(checked.value, checked.extension);
      return rc;
    }
    this.#extension ??= checked.extension;
    this.#dumpDisabled ||= checked.disableDump;
    this.#tags.push(checked.tag);
    const row = kindOfType(checked.type);
    if (row?.kind === 'update-cck') {
      wipe(this.#cck);
      this.#cck = checked.value;
    } else if (row?.listed) this.#store.push({ type: checked.type, id: checked.id, value: checked.value });
    return RC_OK;
  }

  /** List Secrets from an index. @returns one page, 4096 bytes */
  list(from = 0): Bytes {
    const entries = this.#store
      .map((s, index) => ({ index, type: s.type, length: s.value.length, id: s.id }))
      .slice(from, from + ENTRIES_PER_PAGE);
    return writeListPage({ total: this.#store.length, next: Math.min(this.#store.length, from + entries.length), entries });
  }

  /** Lock Secret Store. */
  lock(): number {
    if (this.#locked) return LOCK_RC.alreadyLocked;
    this.#locked = true;
    return RC_OK;
  }

  /**
   * Retrieve Secret. Plaintext comes out as stored; every other kind as a protected key, bound to this guest.
   * @param bufferSize bytes the caller has room for
   */
  retrieve(index: number, bufferSize = 0x2000): { rc: number; data: Bytes } {
    const none = new Uint8Array(0);
    if (this.#store.length === 0) return { rc: RETRIEVE_RC.storeEmpty, data: none };
    const s = this.#store[index];
    if (s === undefined) return { rc: RETRIEVE_RC.noSuchIndex, data: none };
    const row = kindOfType(s.type);
    if (!row?.retrievable) return { rc: RETRIEVE_RC.notRetrievable, data: none };
    const data = row.kind === 'plaintext' ? s.value.slice() : this.#protect(s.value);
    return data.length > bufferSize ? { rc: RETRIEVE_RC.bufferTooSmall, data: none } : { rc: RC_OK, data };
  }

  /** The form a protected key has here is our own (IV, ciphertext, tag): the real one is opaque and never read by a tenant. */
  #protect(value: Bytes): Bytes {
    const iv = this.#env.random(12);
    const { cipher, tag } = seal(this.#wrappingKey, iv, new Uint8Array(0), value);
    return join(iv, cipher, tag);
  }

  /** Attest. @param request an attestation request @param userData 0 to 256 bytes */
  attest(request: Bytes, userData: Bytes): AttestAnswer {
    return attest(request, userData, {
      keys: this.host.keys,
      image: this.header.image,
      cuid: this.cuid,
      imageHostKeyHash: publicKeyHash(this.host.keys.publicKey),
      tags: this.#tags,
      locked: this.#locked,
    });
  }
}
