/** The fleet's side of a worker. What starts it is cli/worker.ts, which also knows the sentences for the operator. */
import { setPriority } from 'node:os';
import { wipe } from '../core/bytes.ts';
import { hostKeyTable } from '../core/crypto/fast.ts';
import type { KeyAgreement } from '../core/crypto/p521.ts';
import { fail } from '../core/errors.ts';
import { type FleetAnswer, type FleetCommon, type FleetJob, type Handover, makeGuest } from './fleetguest.ts';
import { serve } from './pool.ts';

/** What a worker gets before its first guest. */
export interface FleetSetUp extends FleetCommon {
  /** bits of the windows of the host-key tables */
  readonly window: number;
  /** stands back when something else wants the processor */
  readonly background: boolean;
}

/** Less than anything that somebody waits for. */
const NICE = 10;

/** Makes guests for the pool that started this thread. @param handover text of HANDOVER.txt */
export const serveFleet = (handover: Handover): void => {
  let common: FleetCommon | undefined;
  let agreement: KeyAgreement | undefined;
  serve<FleetSetUp, FleetJob, FleetAnswer>({
    setUp: (data) => {
      common = data;
      // on Linux this is about the calling thread; elsewhere it would hold for the whole program
      if (data.background && process.platform === 'linux') setPriority(0, NICE);
      agreement = hostKeyTable(
        data.hostKeys.map((h) => h.publicKey),
        data.window,
      );
    },
    work: async (job) => {
      if (common === undefined || agreement === undefined) return fail('stopped', job.guest, 'a worker that was not set up');
      return { data: await makeGuest(common, agreement, job, handover) };
    },
    end: () => {
      wipe(...(common?.common?.values() ?? []), common?.cck);
    },
  });
};
