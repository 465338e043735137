/** No network: a page that tries everything it can reaches nobody; the listener on this machine must see nothing. */
import { createServer } from 'node:net';
import { expect, test } from './window.ts';

test('nothing gets out of the window', async ({ openWindow }) => {
  let seen = 0;
  const listener = createServer((socket) => {
    seen++;
    socket.destroy();
  });
  await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', ready));
  const { port } = listener.address() as { port: number };
  try {
    const { page } = await openWindow();
    const outcomes = await page.evaluate(async (target) => {
      const settled = (p: Promise<unknown>): Promise<string> =>
        p.then(
          () => 'reached',
          () => 'refused',
        );
      const image = new Promise((good, bad) => {
        const i = new Image();
        i.onload = good;
        i.onerror = bad;
        i.src = `http://${target}/x.png`;
      });
      const socket = new Promise((good, bad) => {
        const w = new WebSocket(`ws://${target}/`);
        w.onopen = good;
        w.onerror = bad;
      });
      const popup = window.open(`http://${target}/`);
      navigator.sendBeacon?.(`http://${target}/beacon`, 'x');
      const out = {
        fetch: await settled(fetch(`http://${target}/`)),
        image: await settled(image),
        socket: await settled(socket),
        // a window may open for a moment: the shell closes it before it loads anything
        popup: popup === null || popup.closed ? 'refused' : 'opened',
      };
      popup?.close();
      return out;
    }, `127.0.0.1:${port}`);
    expect(outcomes).toMatchObject({ fetch: 'refused', image: 'refused', socket: 'refused' });
    // leaving the page is refused as well
    await page.evaluate((target) => window.location.assign(`http://${target}/`), `127.0.0.1:${port}`).catch(() => undefined);
    await page.waitForTimeout(500);
    expect(new URL(page.url()).host).not.toBe(`127.0.0.1:${port}`);
    expect(seen).toBe(0);
  } finally {
    listener.close();
  }
});

test('script that is not ours does not run: no inline, no eval, no markup from text', async ({ openWindow }) => {
  const { page } = await openWindow();
  const outcome = await page.evaluate(() => {
    const tried = (f: () => unknown): string => {
      try {
        f();
        return 'ran';
      } catch {
        return 'refused';
      }
    };
    const inline = document.createElement('script');
    const marker = globalThis as { inlineRan?: boolean };
    tried(() => {
      inline.textContent = 'globalThis.inlineRan = true';
      document.body.append(inline);
    });
    return {
      inline: marker.inlineRan === true ? 'ran' : 'refused',
      markup: tried(() => {
        document.createElement('div').innerHTML = '<b>x</b>';
      }),
      bridge: Object.isFrozen((globalThis as unknown as { selwright: object }).selwright),
    };
  });
  expect(outcome).toEqual({ inline: 'refused', markup: 'refused', bridge: true });
});
