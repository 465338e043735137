/** The data of `image info`: the names and forms of `pvimg info --format json`. */
import { expect, it } from 'vitest';
import { hex } from '../../core/bytes.ts';
import { openHeaderWithKey, parseHeader, sealHeader } from '../../core/image/header.ts';
import { openedInfo, sealedInfo } from '../../core/image/info.ts';
import { headerText } from '../../words/image.ts';
import { customer, protectionKey, slots } from '../support/slots.ts';
import { describeVectors, vectorFile, vectors } from '../support/vectors.ts';

const inner = {
  cck: new Uint8Array(32).fill(0x11),
  componentKey: new Uint8Array(64).fill(0x22),
  pswMask: 0x2000n,
  pswAddress: 0x1000n,
  secretFlags: 0x2000000000000000n,
};
const header = parseHeader(
  sealHeader(
    {
      digests: { pld: new Uint8Array(64).fill(0x55), ald: new Uint8Array(64).fill(0x66), tld: new Uint8Array(64).fill(0x77) },
      pages: 10n,
      flags: 0x300000f2n,
      inner,
    },
    slots,
    { customer, protectionKey, iv: new Uint8Array(12).fill(0x33) },
  ),
);

const COMMON = ['kind', 'verified', 'magic_hex', 'version', 'sehs', 'iv_hex', 'nks', 'sea', 'nep', 'pcf_hex', 'cust_pub_key'];
const DIGESTS = ['pld_hex', 'ald_hex', 'tld_hex', 'keyslots', 'tag_hex'];

it('a header that was not opened', () => {
  for (const verified of [true, false]) {
    const info = sealedInfo(header, verified);
    expect(Object.keys(info)).toEqual([...COMMON, ...DIGESTS, 'cipher_data_b64']);
    expect(info).toMatchObject({
      kind: 'se_hdr',
      verified,
      magic_hex: '49424d5365634578',
      version: 'V1',
      sehs: 720,
      iv_hex: '33'.repeat(12),
      nks: 2,
      sea: 128,
      nep: 10,
      pcf_hex: '00000000300000f2',
      pld_hex: '55'.repeat(64),
      tag_hex: hex(header.image.tag),
    });
    expect(info.keyslots.map((s) => Object.values(s).map((v) => v.length))).toEqual([
      [64, 64, 32],
      [64, 64, 32],
    ]);
    expect(Buffer.from(info.cipher_data_b64, 'base64')).toEqual(Buffer.from(header.encrypted));
  }
});

it('a header that was opened', () => {
  const info = openedInfo(header, openHeaderWithKey(header, protectionKey));
  expect(Object.keys(info)).toEqual([...COMMON, ...DIGESTS, 'psw', 'scf_hex', 'cck_hex', 'xts_hex']);
  expect(info).toMatchObject({
    kind: 'decrypted_se_hdr',
    verified: true,
    psw: { mask_hex: '0000000000002000', addr_hex: '0000000000001000' },
    scf_hex: '2000000000000000',
    cck_hex: '11'.repeat(32),
    xts_hex: '22'.repeat(64),
  });
});

it('a page count too large for a JSON number is a text, not another number', () => {
  expect(sealedInfo({ ...header, pages: (1n << 64n) - 1n }, false).nep).toBe('18446744073709551615');
});

it('as text: every flag by name, and secrets only when they are asked for', () => {
  const place = { offset: 0, by: 'start' } as const;
  const closed = headerText(header, place, undefined, false).join('\n');
  for (const name of [
    'dump-allowed',
    'no-component-encryption',
    'pckmo-dea',
    'pckmo-aes',
    'pckmo-ecc',
    'pckmo-hmac',
    'backup-target-keys',
  ])
    expect(closed).toContain(`on  ${name}`);
  expect(closed).toContain('Not verified');
  expect(closed).not.toContain('cck-update-allowed');
  const opened = headerText(header, place, inner, false).join('\n');
  expect(opened).toContain('on  cck-update-allowed');
  expect(opened).toContain('off cck-extension-secret');
  expect(opened).not.toContain('11111111');
  expect(opened).not.toContain('22222222');
  const secret = headerText(header, place, inner, true).join('\n');
  expect(secret).toContain('11'.repeat(32));
  expect(secret).toContain('22'.repeat(64));
});

describeVectors('a header of s390-tools', () => {
  it('is shown as it is', () => {
    const h = parseHeader(vectorFile(vectors.seHeader.file));
    expect(sealedInfo(h, false)).toMatchObject({
      sehs: 640,
      nks: 1,
      sea: 128,
      nep: 0xfc25,
      pcf_hex: '0'.repeat(16),
      tag_hex: vectors.seHeader.tag,
    });
  });
});
