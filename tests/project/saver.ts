/**
 * A program that opens a project and saves it again and again, and kills itself with SIGKILL at one step of it. Run by save.test.ts
 * in a process of its own: PATH PASSPHRASE SAVES STEP WHEN. Tells on standard output which generation is on the disk.
 */
import { writeSync } from 'node:fs';
import { type Disk, nodeDisk, ProjectStore } from '../../edge/project.ts';

const [path = '', passphrase = '', saves = '1', stepText = '-1', when = 'before'] = process.argv.slice(2);
const target = Number(stepText);
let step = 0;

const die = (): void => {
  process.kill(process.pid, 'SIGKILL');
  // the signal is there before the next system call returns
  for (;;) writeSync(1, '');
};

const at = <T>(run: () => T, half?: () => void): T => {
  const now = step++ === target;
  if (now && when === 'before') die();
  if (now && when === 'half' && half) {
    half();
    die();
  }
  const out = run();
  if (now) die();
  return out;
};

const disk: Disk = {
  create: (p) => at(() => nodeDisk.create(p)),
  write: (fd, bytes) =>
    at(
      () => nodeDisk.write(fd, bytes),
      () => nodeDisk.write(fd, bytes.subarray(0, bytes.length >> 1)),
    ),
  flush: (fd) => at(() => nodeDisk.flush(fd)),
  close: (fd) => at(() => nodeDisk.close(fd)),
  link: (a, b) => at(() => nodeDisk.link(a, b)),
  rename: (a, b) => at(() => nodeDisk.rename(a, b)),
  remove: (p) => at(() => nodeDisk.remove(p)),
  openDirectory: (p) => at(() => nodeDisk.openDirectory(p)),
};

const opened = ProjectStore.open(path, passphrase, { disk });
if (opened.from === 'nothing') throw opened.error;
let { project } = opened;
const { store } = opened;
writeSync(1, `open ${project.generation}\n`);
for (let i = 0; i < Number(saves); i++) {
  // content and number belong together: a mixture of two states would show
  project = store.save({ ...project, guest: `state-${project.generation + 1}` });
  writeSync(1, `saved ${project.generation}\n`);
}
store.close();
writeSync(1, `steps ${step}\n`);
