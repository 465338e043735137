/** The fleet's side of a worker. What starts it is cli/worker.ts, which also knows the sentences for the operator. */
import { type Bytes, wipe } from '../core/bytes.ts';
import { type HostKeyTables, hostKeyTables, tableAgreement } from '../core/crypto/fast.ts';
import type { KeyAgreement } from '../core/crypto/p521.ts';
import { fail } from '../core/errors.ts';
import { frozen } from '../core/policy/document.ts';
import { type FleetAnswer, type FleetCommon, type FleetJob, type Handover, makeGuest } from './fleetguest.ts';
import { serve } from './pool.ts';
import { threadStandsBack } from './priority.ts';
import { packTables, unpackTables } from './tables.ts';

/** What the first worker computes for all. */
export interface FleetTables {
  /** 160 bytes each */
  readonly hostKeys: readonly Bytes[];
  /** bits of the windows */
  readonly window: number;
}

/** What a worker gets before its first guest. */
export interface FleetSetUp extends FleetCommon {
  /** the tables of the host keys, packed: not secret */
  readonly tables: SharedArrayBuffer;
  /** stands back when something else wants the processor */
  readonly background: boolean;
}

/** Makes guests for the pool that started this thread. @param handover text of HANDOVER.txt */
export const serveFleet = (handover: Handover): void => {
  let common: FleetCommon | undefined;
  let agreement: KeyAgreement | undefined;
  /** when this is the worker that computed them */
  let own: HostKeyTables | undefined;
  serve<FleetSetUp, FleetJob, FleetAnswer>({
    prepare: (data) => {
      const { hostKeys, window } = data as FleetTables;
      own = hostKeyTables(hostKeys, window);
      return packTables(own);
    },
    setUp: (data) => {
      common = { ...data, policy: frozen(data.policy) };
      if (data.background) threadStandsBack();
      agreement = tableAgreement(own ?? unpackTables(data.tables));
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
