/** `npm run demo`: the whole way on the sample tenant in the real window; leaves bundle, report, verdict and a picture a step. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openChromium } from '../electron/shells/chromium.ts';
import { walkSample } from './walk.ts';

const OUT = resolve('demo-out');
const MARK = join(OUT, '.made-by-selwright-demo');

/** A directory that an earlier demo made is replaced; anything else of that name is left alone. */
const freshDirectory = (): boolean => {
  if (existsSync(OUT)) {
    if (!existsSync(MARK)) return false;
    rmSync(OUT, { recursive: true });
  }
  mkdirSync(OUT);
  writeFileSync(MARK, '');
  return true;
};

const run = async (): Promise<number> => {
  if (!freshDirectory()) {
    console.error(`${OUT} exists and was not made by the demo: move it away first. Nothing was changed.`);
    return 1;
  }
  process.env.XDG_STATE_HOME = join(OUT, 'private', 'state');
  // the walk looks for English names, whatever the user's own window speaks
  const settings = join(OUT, 'private', 'settings.json');
  mkdirSync(join(OUT, 'private'), { mode: 0o700 });
  writeFileSync(settings, JSON.stringify({ language: 'en' }));
  const { page, close } = await openChromium({ root: resolve('dist/renderer'), width: 1440, height: 900, home: OUT, settings });
  try {
    await page.getByRole('heading', { level: 1 }).waitFor();
    await walkSample(page, OUT, async (name) => {
      await page.screenshot({ path: join(OUT, `${name}.png`) });
      console.log(`  ${name}`);
    });
    await page.evaluate(
      (path) =>
        (globalThis as unknown as { selwright: { call(c: string, a: unknown): Promise<unknown> } }).selwright.call(
          'report.save',
          { path },
        ),
      join(OUT, 'retrieval-report.json'),
    );
  } finally {
    await close();
  }
  const verdict = JSON.parse(readFileSync(join(OUT, 'verdict', 'verdict.json'), 'utf8')) as { grade: string };
  console.log(
    [
      '',
      `Verdict: ${verdict.grade}`,
      `Everything is in ${OUT}:`,
      '  guest.selbundle/        the bundle; its sics/ goes to the boot partition of a guest',
      '  retrieval-report.json   what the simulated guest wrote',
      '  verdict/                the verdict, as text and as JSON',
      '  private/                what stays with the tenant',
      '  1-host-keys.png ...     one picture a step',
    ].join('\n'),
  );
  return verdict.grade === 'proven' ? 0 : 1;
};

process.exitCode = await run();
