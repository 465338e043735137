/** Standing back: work that nobody waits for leaves the processor to whatever somebody waits for. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Less than anything that somebody waits for. */
const NICE = 10;
const IS_LINUX = process.platform === 'linux';

/** Puts the calling thread behind others, where a priority is a thread's: on Linux. Elsewhere it would hold for the whole program. */
export const threadStandsBack = (): void => {
  if (IS_LINUX) setPriority(0, NICE);
};

/** Whether this process leads its session (Linux): fields of /proc/self/stat behind the name are state, parent, group, session. */
const leadsSession = (): boolean => {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]) === process.pid;
};

/** Puts the whole program behind others. Threads that it starts from now on are like the one that starts them. */
export const processStandsBack = (): void => {
  try {
    if (!IS_LINUX) {
      setPriority(NICE);
      return;
    }
    // the engine has started some threads already
    for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), NICE);
    // where sessions are weighed against each other; never one that others are in
    if (leadsSession()) writeFileSync('/proc/self/autogroup', String(NICE));
  } catch {
    // a thread that has just ended, a kernel that weighs nothing: it goes without
  }
};
