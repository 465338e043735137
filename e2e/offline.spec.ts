/** No network: fetch, picture and socket reach nobody. Windows, navigation and every other way out: security.spec.ts. */
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
      const out = {
        fetch: await settled(fetch(`http://${target}/`)),
        image: await settled(image),
        socket: await settled(socket),
      };
      return out;
    }, `127.0.0.1:${port}`);
    expect(outcomes).toEqual({ fetch: 'refused', image: 'refused', socket: 'refused' });
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
