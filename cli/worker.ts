/** Runs in a worker thread, of the command line and of both shells: scripts/build.mjs puts it beside each of them. */
import { serveFleet } from '../edge/worker.ts';
import { handoverText } from '../words/handover.ts';

serveFleet(handoverText);
