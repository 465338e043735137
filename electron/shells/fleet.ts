/** Runs as a process of its own, started by the Chromium shell (edge/fleetapart.ts). */
import { serveFleetProcess } from '../../edge/fleetprocess.ts';

serveFleetProcess();
