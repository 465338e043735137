/** A display for the window: the one there is, or a virtual one (Xvfb). */
import { spawn } from 'node:child_process';
import { findProgram, need } from './need.mjs';

export const XVFB = { program: 'Xvfb', package: 'xvfb', why: 'a virtual display, as this machine has none' };
/** The browser is looked for where the Chromium shell looks. */
export const CHROMIUM = {
  program: 'chromium',
  package: 'chromium',
  why: 'the window, as the Electron binary is not here',
  here: () =>
    [
      process.env.SELWRIGHT_CHROMIUM,
      ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map(findProgram),
    ].some(Boolean),
};

/**
 * Starts a virtual display.
 * @param {{ size?: string }} [options]
 * @returns {Promise<{ display: string, stop(): void }>}
 */
export const startXvfb = ({ size = '1600x1000' } = {}) =>
  new Promise((resolve, reject) => {
    // with -displayfd the server finds a free number itself and says which
    const server = spawn(findProgram('Xvfb') ?? 'Xvfb', ['-displayfd', '1', '-screen', '0', `${size}x24`, '-nolisten', 'tcp'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
    server.stdout.once('data', (data) => resolve({ display: `:${String(data).trim()}`, stop: () => server.kill() }));
  });

/** Runs `body` with a display. @param {boolean} [own] a virtual one even where there is a real one */
export const withDisplay = async (body, own = false) => {
  if (!own && (process.env.DISPLAY || process.env.WAYLAND_DISPLAY || process.platform !== 'linux')) return body();
  if (need([XVFB]).length > 0) process.exit(1);
  const { display, stop } = await startXvfb();
  process.env.DISPLAY = display;
  try {
    return await body();
  } finally {
    stop();
  }
};
