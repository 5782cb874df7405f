import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { addCounts, type Counts } from '../domain/counts.ts';
import type { Deps } from '../services/deps.ts';
import { reconcilePools } from '../services/reconcile-pools.ts';

/** What workflows may do to whole pools. */
export type PoolActivities = ReturnType<typeof createPoolActivities>;

/** How far a sweep has come. */
interface Sweep {
  /** Where to go on; null: the sweep is complete. */
  cursor: string | null;
  repaired: Counts;
  /** What the pools so far hold. */
  totals: Counts;
}

const poolsPerPage = 100;
const pagesPerCall = 50;

/** The activities of `reconcilePools`. */
export function createPoolActivities(deps: Deps) {
  return {
    /**
     * Compares up to 5,000 pools with the ledger and repairs what differs. It reports after each page,
     * and an attempt that follows a dead one goes on where that one had come to.
     */
    reconcilePools: async (from: { cursor: string | null; totals?: Counts }): Promise<Sweep> => {
      const reported = activityInfo().heartbeatDetails as Sweep | undefined;
      let sweep: Sweep = reported ?? {
        cursor: from.cursor,
        repaired: {},
        totals: from.totals ?? {},
      };
      for (let page = 0; page < pagesPerCall; page += 1) {
        cancellationSignal().throwIfAborted();
        const done = await reconcilePools(deps, { cursor: sweep.cursor, limit: poolsPerPage });
        sweep = {
          cursor: done.cursor,
          repaired: addCounts(sweep.repaired, { ...done.repairs }),
          totals: addCounts(sweep.totals, done.totals),
        };
        if (sweep.cursor === null) {
          deps.metrics.sweepCounted(sweep.totals);
          return sweep;
        }
        heartbeat(sweep);
      }
      return sweep;
    },
  };
}
