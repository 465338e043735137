/** Hands out the window's files, with their headers. Used by both shells, so that both have the same policy. */
import { readFileSync } from 'node:fs';
import { extname, join, normalize, sep } from 'node:path';

/** The one place the window may come from, in the Chromium shell. The name resolves nowhere: requests are answered here. */
export const CHROMIUM_ORIGIN = 'https://selwright.invalid';
export const ELECTRON_SCHEME = 'app';
export const ELECTRON_HOST = 'selwright';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

export const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** What a page could ask the machine for, and does not need. */
const NOT_NEEDED = [
  'accelerometer',
  'bluetooth',
  'camera',
  'clipboard-read',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'gamepad',
  'geolocation',
  'gyroscope',
  'hid',
  'idle-detection',
  'keyboard-map',
  'local-fonts',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'publickey-credentials-create',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'storage-access',
  'usb',
  'window-management',
  'xr-spatial-tracking',
];

const HEADERS = {
  'Content-Security-Policy': CSP,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': NOT_NEEDED.map((name) => `${name}=()`).join(', '),
  'Cache-Control': 'no-store',
};

export interface Asset {
  readonly status: 200 | 404;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

const missing = (): Asset => ({
  status: 404,
  headers: { ...HEADERS, 'Content-Type': 'text/plain' },
  body: Buffer.from('not found'),
});

/** The file of an address below `root`. Anything that would lead out of it, or has an unknown type, is "not found". */
export const loadAsset = (root: string, url: string): Asset => {
  let path: string;
  try {
    path = decodeURIComponent(new URL(url).pathname);
  } catch {
    return missing();
  }
  const file = normalize(join(root, path === '/' ? 'index.html' : path));
  const type = TYPES[extname(file)];
  if (type === undefined || path.includes('\0') || !file.startsWith(normalize(root) + sep)) return missing();
  try {
    return { status: 200, headers: { ...HEADERS, 'Content-Type': type }, body: readFileSync(file) };
  } catch {
    return missing();
  }
};
