/**
 * The demo: the whole way on the sample tenant in the real window. Leaves bundle, report, verdict and a picture a step in a directory of
 * its own. What it prints are names of steps and files and the grade: nothing of the tenant.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { ChromiumOptions, ChromiumWindow } from './chromium.ts';
import { walkSample } from './walk.ts';

const MARK = '.made-by-selwright-demo';

/** A directory that an earlier demo made is replaced; anything else of that name is left alone. */
const freshDirectory = (directory: string): boolean => {
  if (existsSync(directory)) {
    if (!existsSync(join(directory, MARK))) return false;
    rmSync(directory, { recursive: true });
  }
  mkdirSync(directory);
  writeFileSync(join(directory, MARK), '');
  return true;
};

const leftIn = (directory: string, grade: string): string =>
  [
    '',
    `Verdict: ${grade}`,
    `Everything is in ${directory}:`,
    '  guest.selbundle/        the bundle; its sics/ goes to the boot partition of a guest',
    '  retrieval-report.json   what the simulated guest wrote',
    '  verdict/                the verdict, as text and as JSON',
    '  private/                what stays with the tenant',
    '  1-host-keys.png ...     one picture a step',
  ].join('\n');

const walk = async (page: Page, directory: string): Promise<void> => {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await walkSample(page, directory, async (name) => {
    await page.screenshot({ path: join(directory, `${name}.png`) });
    console.log(`  ${name}`);
  });
  await page.evaluate(
    (path) =>
      (globalThis as unknown as { selwright: { call(c: string, a: unknown): Promise<unknown> } }).selwright.call('report.save', {
        path,
      }),
    join(directory, 'retrieval-report.json'),
  );
};

/**
 * Goes the whole way.
 * @param directory a whole path; made here, or by an earlier demo
 * @param open opens the window
 * @returns exit code: 0 proven, 1 not
 * @throws what opening the window throws
 */
export const runDemo = async (
  directory: string,
  open: (options: Omit<ChromiumOptions, 'root'>) => Promise<ChromiumWindow>,
): Promise<number> => {
  const settings = join(directory, 'private', 'settings.json');
  try {
    if (!freshDirectory(directory)) {
      console.error(`${directory} exists and was not made by the demo: move it away first. Nothing was changed.`);
      return 1;
    }
    mkdirSync(join(directory, 'private'), { mode: 0o700 });
    // the walk looks for English names, whatever the user's own window speaks
    writeFileSync(settings, JSON.stringify({ language: 'en' }));
  } catch (e) {
    console.error(`${directory} could not be made: ${(e as NodeJS.ErrnoException).code}.`);
    return 1;
  }
  process.env.XDG_STATE_HOME = join(directory, 'private', 'state');
  const { page, close } = await open({ width: 1440, height: 900, home: directory, settings });
  try {
    await walk(page, directory);
  } catch (e) {
    // the tenant is made up: what a step says about itself may be shown
    console.error(`The demo did not come to its end; what it made up to there is in ${directory}. ${(e as Error).message}`);
    return 1;
  } finally {
    await close();
  }
  const verdict = JSON.parse(readFileSync(join(directory, 'verdict', 'verdict.json'), 'utf8')) as { grade: string };
  console.log(leftIn(directory, verdict.grade));
  return verdict.grade === 'proven' ? 0 : 1;
};
