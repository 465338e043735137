/** `request create`: every kind of secret from the files people have, opened by the host it was made for. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hex } from '../../core/bytes.ts';
import { kindRow, type SecretKind } from '../../core/secret/kinds.ts';
import { hashedId, plainId } from '../../core/secret/secret.ts';
import { random, requestCli } from '../support/requestcli.ts';

const { create, textOf, put, opened, refused } = requestCli();

describe('every kind of secret', () => {
  const keys: Record<string, () => Uint8Array> = Object.fromEntries(
    (['prime256v1', 'secp384r1', 'secp521r1', 'ed25519', 'ed448'] as const).map((curve) => [
      curve,
      () => {
        const { privateKey } = curve.startsWith('ed')
          ? generateKeyPairSync(curve as 'ed25519')
          : generateKeyPairSync('ec', { namedCurve: curve });
        return new Uint8Array(Buffer.from(String(privateKey.export({ type: 'pkcs8', format: 'pem' }))));
      },
    ]),
  );
  it.each<[SecretKind, string, () => Uint8Array]>([
    ['plaintext', 'plain', () => random(8190)],
    ['aes-128', 'aes', () => random(16)],
    ['aes-192', 'aes', () => random(24)],
    ['aes-256', 'aes', () => random(32)],
    ['aes-xts-128', 'aes-xts', () => random(32)],
    ['aes-xts-256', 'aes-xts', () => random(64)],
    ['hmac-sha-256', 'hmac-sha', () => random(64)],
    ['hmac-sha-512', 'hmac-sha', () => random(128)],
    ['ec-p256', 'ec', keys.prime256v1 as () => Uint8Array],
    ['ec-p384', 'ec', keys.secp384r1 as () => Uint8Array],
    ['ec-p521', 'ec', keys.secp521r1 as () => Uint8Array],
    ['ec-ed25519', 'ec', keys.ed25519 as () => Uint8Array],
    ['ec-ed448', 'ec', keys.ed448 as () => Uint8Array],
  ])('%s', (kind, type, make) => {
    put('secret', make());
    const ran = create('-q', '-o', `${kind}.asr`, 'retrievable', `the ${kind}`, '--type', type, '--secret', 'secret');
    expect(ran.code).toBe(0);
    const row = kindRow(kind);
    const request = opened(`${kind}.asr`);
    expect(request.kind).toBe(kind);
    expect(hex(request.id as Uint8Array)).toBe(hex(hashedId(`the ${kind}`)));
    expect(request.value.length).toBe(kind === 'plaintext' ? 8192 : (row.stored ?? row.sizes[0]));
    if (type !== 'ec') expect(hex(request.value)).toContain(hex(make()));
    expect(textOf(`the_${kind}.yaml`)).toBe(
      `!Retrievable\nkind: ${row.type} (${row.label})\nname: the ${kind}\nid: 0x${hex(hashedId(`the ${kind}`))}\n`,
    );
  });

  it.each([
    ['plain', 8191, /at most 8190 bytes/],
    ['aes', 0, /expected 16 or 24 or 32 bytes/],
    ['aes', 17, /expected 16 or 24 or 32 bytes/],
    ['aes-xts', 33, /expected 32 or 64 bytes/],
    ['aes-xts', 16, /expected 32 or 64 bytes/],
    ['hmac-sha', 32, /expected 64 or 128 bytes/],
    ['hmac-sha', 65, /expected 64 or 128 bytes/],
    ['ec', 32, /expected a private key in PEM, DER or OpenSSH form/],
  ])('--type %s of %i bytes: refused, exit 3', (type, size, reason) => {
    put('secret', new Uint8Array(size).fill(0x41));
    refused(3, reason, '-o', 'x', 'retrievable', 'n', '--type', type, '--secret', 'secret');
  });
  it.each([
    ['association', ['association', 'n', '--input-secret', 'secret']],
    ['update-cck', ['update-cck', '--secret', 'secret']],
    ['extension secret', ['--extension-secret', 'secret', 'meta']],
    ['CCK', ['--cck', 'secret', 'meta']],
  ])('%s of 31 and 33 bytes: refused, exit 3', (_, args) => {
    for (const size of [31, 33]) {
      put('secret', new Uint8Array(size));
      refused(3, new RegExp(`found ${size} bytes, expected 32 bytes`), '-o', 'x', ...args);
    }
  });
  it('association with a given value', () => {
    expect(create('-o', 'given.asr', 'association', 'given', '--input-secret', 'k32').code).toBe(0);
    expect(hex(opened('given.asr').value)).toBe(hex(random(32)));
    expect(textOf('given.yaml')).toBe(`!Association\nname: given\nid: 0x${hex(hashedId('given'))}\n`);
  });
  it('--use-name: the beginning of the name is the id, and a long one is said', () => {
    const name = 'a name of more than thirty-one bytes';
    const ran = create('-o', 'use.asr', '--use-name', 'association', name);
    expect(ran.stderr).toMatch(/longer than 31 bytes/);
    expect(hex(opened('use.asr').id as Uint8Array)).toBe(hex(plainId(name)));
    expect(create('-o', 'use-meta.asr', '--use-name', 'meta').code).toBe(0);
  });
  it('says what an editor may have left: a line feed in a plaintext', () => {
    put('secret', 'passphrase\n');
    expect(create('-o', 'lf.asr', 'retr', 'lf', '--type', 'plain', '--secret', 'secret').stderr).toMatch(/ends in a line feed/);
  });
  it('no message holds the value', () => {
    put('secret', 'TOPSECRETTOPSECRET');
    for (const type of ['plain', 'aes', 'aes-xts', 'hmac-sha', 'ec']) {
      const ran = create('-o', `none-${type}`, 'retr', `none-${type}`, '--type', type, '--secret', 'secret');
      expect(ran.stdout + ran.stderr).not.toContain('TOPSECRET');
    }
  });
});
