/** The screen of a virtual display as a picture: Xvfb keeps it in a file (XWD, big-endian header, 32 bits a pixel). */
import { deflateSync } from 'node:zlib';

export interface Screen {
  readonly width: number;
  readonly height: number;
  /** RGB, three bytes a pixel */
  readonly pixels: Buffer;
}

/** @param xwd the frame buffer file of Xvfb */
export const readScreen = (xwd: Buffer): Screen => {
  const u32 = (at: number): number => xwd.readUInt32BE(at);
  const [width, height, line] = [u32(16), u32(20), u32(48)];
  const start = u32(0) + u32(76) * 12;
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = start + y * line + x * 4;
      const to = (y * width + x) * 3;
      pixels[to] = xwd[from + 2] as number;
      pixels[to + 1] = xwd[from + 1] as number;
      pixels[to + 2] = xwd[from] as number;
    }
  return { width, height, pixels };
};

/** How many pixels have a colour, given as RGB. */
export const count = ({ pixels }: Screen, colour: readonly [number, number, number]): number => {
  let n = 0;
  for (let i = 0; i < pixels.length; i += 3)
    if (pixels[i] === colour[0] && pixels[i + 1] === colour[1] && pixels[i + 2] === colour[2]) n++;
  return n;
};

const CRC = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});
const crc32 = (bytes: Buffer): number => {
  let c = 0xffffffff;
  for (const b of bytes) c = (CRC[(c ^ b) & 0xff] as number) ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
};
const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
};

/** The screen as PNG. */
export const pngOf = ({ width, height, pixels }: Screen): Buffer => {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const lines = Buffer.alloc(height * (width * 3 + 1));
  for (let y = 0; y < height; y++) pixels.copy(lines, y * (width * 3 + 1) + 1, y * width * 3, (y + 1) * width * 3);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
};
