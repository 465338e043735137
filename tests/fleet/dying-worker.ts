/** A fleet's worker that ends in the middle of one guest, just before anything of it is written. */
import { serveFleet } from '../../edge/worker.ts';

serveFleet(({ name }) => {
  if (name === 'g003') process.exit(9);
  return `Hand-over of ${name}\n`;
});
