/** Makes the icon set in packaging/ from renderer/public/icon.svg, with an installed Chromium. To be run when the icon changes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { findProgram } from './need.mjs';
import { put, ROOT } from './tree.mjs';

const SIZES = [16, 24, 32, 48, 64, 128, 256, 512, 1024];
const svg = join(ROOT, 'renderer', 'public', 'icon.svg');
const out = join(ROOT, 'packaging');

/** Windows: a directory of PNG pictures; 256 is written as 0. */
const ico = (pictures) => {
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(pictures.length, 4);
  let at = head.length;
  pictures.forEach(([size, png], i) => {
    const entry = head.subarray(6 + 16 * i);
    entry.writeUInt8(size % 256, 0);
    entry.writeUInt8(size % 256, 1);
    entry.writeUInt16LE(1, 4);
    entry.writeUInt16LE(32, 6);
    entry.writeUInt32LE(png.length, 8);
    entry.writeUInt32LE(at, 12);
    at += png.length;
  });
  return Buffer.concat([head, ...pictures.map(([, png]) => png)]);
};

/** macOS: chunks of PNG pictures, each with a name for its size. */
const ICNS = { 16: 'icp4', 32: 'icp5', 64: 'icp6', 128: 'ic07', 256: 'ic08', 512: 'ic09', 1024: 'ic10' };
const icns = (pictures) => {
  const chunk = (name, bytes) => {
    const head = Buffer.alloc(8);
    head.write(name, 'latin1');
    head.writeUInt32BE(bytes.length + 8, 4);
    return Buffer.concat([head, bytes]);
  };
  return chunk('icns', Buffer.concat(pictures.filter(([s]) => ICNS[s]).map(([s, png]) => chunk(ICNS[s], png))));
};

const browser = await chromium.launch({ executablePath: process.env.SELWRIGHT_CHROMIUM ?? findProgram('chromium') });
const page = await browser.newPage();
const drawing = readFileSync(svg, 'utf8');
const pictures = [];
for (const size of SIZES) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(`<style>html,body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${drawing}`);
  pictures.push([size, await page.screenshot({ omitBackground: true })]);
}
await browser.close();
for (const [size, png] of pictures) if (size <= 512) writeFileSync(join(out, 'icons', `${size}x${size}.png`), png);
writeFileSync(join(out, 'icon.ico'), ico(pictures.filter(([s]) => s <= 256)));
writeFileSync(join(out, 'icon.icns'), icns(pictures));
put(svg, join(out, 'icons', 'selwright.svg'));
console.log(`packaging/icons: ${SIZES.length - 1} pictures; icon.ico, icon.icns`);
