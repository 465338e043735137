/** Has nothing to do and measures how late the machine lets it do that. Answers with the longest delay in ms when it is told to end. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parentPort } from 'node:worker_threads';

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
parentPort?.once('message', () => {
  parentPort?.postMessage(delay.max / 1e6);
  parentPort?.close();
});
