/** The store of the simulated ultravisor: limits, pages, duplicate ids, extension secret, CCK and dumps, and its saved state. */
import { describe, expect, it } from 'vitest';
import { buildAttestationRequest, freshAttestationKeys } from '../../core/attestation/request.ts';
import { fromUtf8, hex, utf8 } from '../../core/bytes.ts';
import { SelError } from '../../core/errors.ts';
import { listAll } from '../../core/guestsim/store.ts';
import { findHeader } from '../../core/image/find.ts';
import type { SecretFlag } from '../../core/image/flags.ts';
import { buildImage } from '../../core/image/image.ts';
import type { RequestInput } from '../../core/request/build.ts';
import { deriveExtensionSecret } from '../../core/request/extension.ts';
import { readList } from '../../core/secret/list.ts';
import { hashedId, makeSecret, readPlaintext, type Secret } from '../../core/secret/secret.ts';
import { ADD_RC, RC_OK, showRc } from '../../core/uvsim/codes.ts';
import { openDump } from '../../core/uvsim/dump.ts';
import { restoreGuest, saveGuest } from '../../core/uvsim/state.ts';
import { PROFILES, UltravisorGuest } from '../../core/uvsim/ultravisor.ts';
import { sealRequest } from '../support/cheap.ts';
import { seededEnv } from '../support/env.ts';
import { hosts } from '../support/tenant.ts';

const env = seededEnv('store');
const host = hosts[0];
const BUILDER_CCK = env.random(32);
const TENANT_CCK = env.random(32);

const imageWith = (secretFlags: SecretFlag[], dump = true) => {
  const made = buildImage(
    {
      hostKeys: [host.keys.publicKey],
      components: [utf8('rd.sel-ebc root=LABEL=root')],
      plaintextFlags: dump ? ['no-component-encryption', 'dump-allowed'] : ['no-component-encryption'],
      secretFlags,
      cck: BUILDER_CCK,
    },
    env,
  );
  return { image: made.image, tags: findHeader(made.header).header.image };
};
const open = imageWith(['cck-update-allowed']);
const EXTENSION = env.random(32);
const request = (secret: Secret, more: Partial<RequestInput> = {}): Uint8Array =>
  sealRequest(host.keys, { image: open.tags, secret, extensionSecret: EXTENSION, ...more });

const META = makeSecret('meta', new Uint8Array(0), undefined, 'test');
const plain = (name: string, text = name): Secret => makeSecret('plaintext', utf8(text), hashedId(name), 'test');
const CCK = makeSecret('update-cck', TENANT_CCK, undefined, 'test');
const start = (image = open.image, profile = PROFILES.z17): UltravisorGuest =>
  new UltravisorGuest({ ...host, profile }, image, env);
const added = (guest: UltravisorGuest, ...requests: Uint8Array[]): UltravisorGuest => {
  for (const r of requests) expect(showRc(guest.add(r))).toBe(showRc(RC_OK));
  return guest;
};

describe('query', () => {
  it('shows the limits as the files of sysfs do', () => {
    expect(start().query()).toEqual({
      supp_add_secret_pcf: '8000000000000000',
      supp_att_pflags: '7c00000000000000',
      supp_secret_types: '7fe07e0000000000',
      max_secrets: '512',
      max_assoc_secrets: '128',
      max_retr_secrets: '384',
    });
    expect(start(open.image, PROFILES.z16).query()).toMatchObject({
      supp_secret_types: '6000000000000000',
      supp_att_pflags: '7000000000000000',
      max_retr_secrets: '0',
    });
  });
});

describe('list', () => {
  const many = added(start(), ...Array.from({ length: 350 }, (_, i) => request(plain(`secret-${i}`))));
  it('comes in pages of 85, and says where to go on', () => {
    const first = readList(many.list());
    expect([first.entries.length, first.total, first.next]).toEqual([85, 350, 85]);
    const last = readList(many.list(340));
    expect([last.entries.length, last.total, last.next]).toEqual([10, 350, 350]);
    expect(last.entries[0]).toMatchObject({ index: 340, type: 3, length: 16 });
    expect(readList(many.list(350)).entries).toEqual([]);
  });
  it('is seen by the tools as far as their buffer of four pages goes', () => {
    const seen = listAll(many);
    expect([seen.entries.length, seen.total]).toEqual([341, 350]);
    expect(seen.entries.map((e) => e.index)).toEqual(Array.from({ length: 341 }, (_, i) => i));
  });
  it('does not show meta and update-cck, which the tags count', () => {
    const guest = added(start(), request(META), request(CCK), request(plain('a')));
    expect(listAll(guest).entries.map((e) => hex(e.id))).toEqual([hex(hashedId('a'))]);
    expect(guest.tags).toHaveLength(3);
  });
});

describe('add', () => {
  it('takes one id twice: both go in', () => {
    const guest = added(start(), request(plain('a', 'first')), request(plain('a', 'second')));
    expect(listAll(guest).entries.map((e) => hex(e.id))).toEqual([hex(hashedId('a')), hex(hashedId('a'))]);
    const values = [0, 1].map((i) => fromUtf8(readPlaintext(guest.retrieve(i).data, 'test'), 'test'));
    expect(values).toEqual(['first', 'second']);
  });
  it('counts association and retrievable secrets each against its own limit', () => {
    const guest = start(open.image, { ...PROFILES.z17, maxAssociation: 1, maxRetrievable: 2 });
    const association = (n: string) => request(makeSecret('association', new Uint8Array(32), hashedId(n), 'test'));
    added(guest, association('x'), request(plain('a')), request(plain('b')));
    expect(showRc(guest.add(association('y')))).toBe(showRc(ADD_RC.storeFull));
    expect(showRc(guest.add(request(plain('c'))))).toBe(showRc(ADD_RC.storeFull));
    added(guest, request(META), request(CCK));
  });
  it('refuses update-cck when the image does not allow it, and changes nothing', () => {
    const { image, tags } = imageWith([]);
    const guest = start(image);
    const update = request(CCK, { image: tags });
    expect(showRc(guest.add(update))).toBe(showRc(ADD_RC.unableToAdd));
    expect(guest.tags).toEqual([]);
    // not even its extension secret counts
    added(guest, request(META, { image: tags, extensionSecret: new Uint8Array(32).fill(9) }));
  });
  it('a refused first request does not fix the extension secret', () => {
    const guest = start();
    expect(guest.add(request(META, { cuid: new Uint8Array(16).fill(1) }))).not.toBe(RC_OK);
    added(guest, request(META, { extensionSecret: new Uint8Array(32).fill(4) }));
  });
  it('takes the CUID of this very guest', () => {
    const guest = start();
    added(guest, request(META, { cuid: guest.cuid }));
  });
  it('demands the extension secret of the CCK when the image says so', () => {
    const { image, tags } = imageWith(['cck-extension-secret']);
    const guest = start(image);
    const right = deriveExtensionSecret(BUILDER_CCK, tags.tag);
    for (const extensionSecret of [EXTENSION, undefined, deriveExtensionSecret(TENANT_CCK, tags.tag)])
      expect(showRc(guest.add(request(META, { image: tags, extensionSecret })))).toBe(showRc(ADD_RC.unableToAdd));
    added(guest, request(META, { image: tags, extensionSecret: right }));
  });
});

describe('retrieve', () => {
  it('gives plaintext as stored, and everything else as a protected key that is not the key', () => {
    const value = env.random(64);
    const guest = added(start(), request(plain('a', 'text')), request(makeSecret('aes-xts-256', value, hashedId('k'), 'test')));
    expect(hex(guest.retrieve(0).data)).toBe(`0004${hex(utf8('text'))}${'00'.repeat(10)}`);
    const key = guest.retrieve(1).data;
    expect(key.length).toBeGreaterThan(64);
    expect(hex(key)).not.toContain(hex(value.slice(0, 8)));
  });
});

describe('dump', () => {
  const running = (): UltravisorGuest => {
    const guest = added(start(), request(META), request(CCK), request(plain('luks-rfs-passphrase', 'correct horse')));
    guest.retrieve(0);
    return guest;
  };
  const take = (guest: UltravisorGuest): Uint8Array => {
    expect(guest.startDump()).toBe(true);
    return guest.finishDump();
  };
  it("opens with the tenant's CCK and not with the image builder's", () => {
    const dump = take(running());
    expect(fromUtf8(openDump(dump, TENANT_CCK), 'dump')).toContain(hex(utf8('correct horse')));
    expect(() => openDump(dump, BUILDER_CCK)).toThrow(expect.objectContaining({ code: 'cannot-decrypt' }));
    expect(hex(dump)).not.toContain(hex(utf8('correct horse')));
  });
  it("opens with the builder's CCK as long as no update was accepted", () => {
    const guest = added(start(), request(plain('luks-rfs-passphrase', 'correct horse')));
    guest.retrieve(0);
    expect(fromUtf8(openDump(take(guest), BUILDER_CCK), 'dump')).toContain(hex(utf8('correct horse')));
  });
  it('shows only what the guest has fetched into its memory', () => {
    const guest = added(start(), request(plain('a', 'never fetched')));
    expect(fromUtf8(openDump(take(guest), BUILDER_CCK), 'dump')).toContain('"retrieved": []');
  });
  it('is refused when the header does not allow it', () => {
    const guest = start(imageWith([], false).image);
    expect(guest.startDump()).toBe(false);
    expect(() => guest.finishDump()).toThrow(SelError);
  });
  it('is no dump any more with a byte changed, cut or added', () => {
    const dump = take(running());
    for (const at of [0, 9, 20, 60, 95, dump.length - 1]) {
      const bad = dump.slice();
      bad[at] = (bad[at] as number) ^ 1;
      expect(() => openDump(bad, TENANT_CCK), `byte ${at}`).toThrow(SelError);
    }
    expect(() => openDump(dump.slice(0, -1), TENANT_CCK)).toThrow(expect.objectContaining({ code: 'too-short' }));
    expect(() => openDump(new Uint8Array([...dump, 0]), TENANT_CCK)).toThrow(expect.objectContaining({ code: 'trailing-bytes' }));
  });
});

describe('saved state', () => {
  const guest = added(start(), request(META), request(CCK), request(plain('a', 'value of a')));
  guest.retrieve(0);
  guest.lock();
  const saved = saveGuest(guest);
  it('comes back as the same guest', () => {
    const back = restoreGuest(saved, env);
    expect(hex(saveGuest(back))).toBe(hex(saved));
    expect([back.locked, back.measured, back.commandLine]).toEqual([true, true, 'rd.sel-ebc root=LABEL=root']);
    expect(showRc(back.add(request(META)))).toBe(showRc(ADD_RC.locked));
    expect(fromUtf8(readPlaintext(back.retrieve(0).data, 'test'), 'test')).toBe('value of a');
    back.startDump();
    expect(fromUtf8(openDump(back.finishDump(), TENANT_CCK), 'dump')).toContain(hex(utf8('value of a')));
  });
  it('attests as before: same UID, same store hash', () => {
    const arcb = buildAttestationRequest([host.keys.publicKey], ['secret-store-hash'], freshAttestationKeys(env));
    const [a, b] = [guest, restoreGuest(saved, env)].map((g) => g.attest(arcb, new Uint8Array(0)));
    expect([hex(b?.measurement as Uint8Array), hex(b?.additional as Uint8Array), hex(b?.cuid as Uint8Array)]).toEqual([
      hex(a?.measurement as Uint8Array),
      hex(a?.additional as Uint8Array),
      hex(a?.cuid as Uint8Array),
    ]);
  });
  it('an unlocked guest goes on where it was', () => {
    const first = added(start(), request(META));
    const second = restoreGuest(saveGuest(first), env);
    expect(showRc(second.add(request(META, { extensionSecret: undefined })))).toBe(showRc(ADD_RC.unableToAdd));
    added(second, request(plain('late')));
  });
  it('is refused when anything in it is not what it should be', () => {
    const text = fromUtf8(saved, 'state');
    const bad: [string, string][] = [
      [text.replace('"version": 1', '"version": 2'), 'bad-value'],
      [text.replace('"locked": true,', ''), 'missing-field'],
      [text.replace('{', '{"more": 1,'), 'unknown-field'],
      [text.replace(/"cck": "../, '"cck": "'), 'bad-value'],
      [text.replace(/"header": "49424d/, '"header": "00424d'), 'wrong-magic'],
      [text.slice(0, 50), 'bad-encoding'],
      ['', 'empty'],
    ];
    for (const [t, code] of bad) expect(() => restoreGuest(utf8(t), env), code).toThrow(expect.objectContaining({ code }));
  });
});
