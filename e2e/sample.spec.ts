/** The whole way on the sample tenant, through all eight screens, in both themes and at both sizes. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { walkSample } from '../electron/shells/walk.ts';
import { expect, PICTURES, test } from './window.ts';

const SIZES = [
  [1024, 720],
  [1440, 900],
] as const;

for (const colorScheme of ['light', 'dark'] as const)
  for (const [width, height] of SIZES)
    test(`sample tenant, ${colorScheme}, ${width}x${height}: host keys in, verdict out`, async ({ openWindow }) => {
      const { page, home, complaints } = await openWindow({ colorScheme, width, height });
      mkdirSync(PICTURES, { recursive: true });
      await walkSample(page, home, async (name) => {
        await page.screenshot({ path: join(PICTURES, `${name}-${colorScheme}-${width}.png`) });
        // nothing may be wider than the window
        expect(await page.locator('main').evaluate((m) => m.scrollWidth - m.clientWidth), name).toBe(0);
        const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
        expect(
          violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`),
          name,
        ).toEqual([]);
      });
      expect(readdirSync(join(home, 'guest.selbundle', 'sics')).sort()).toEqual([
        'attest',
        'cck.asr',
        'luks-rfs-passphrase.asr',
        'manifest.asr',
        'manifest.pol',
        'report-key.asr',
        'rfs-luks-key.asr',
        'toc.asr',
        'toc.pol',
      ]);
      const verdict = JSON.parse(readFileSync(join(home, 'verdict', 'verdict.json'), 'utf8'));
      expect(verdict).toMatchObject({ grade: 'proven', rehearsal: true, unverifiedHostKeys: [] });
      expect(complaints).toEqual([]);
    });
