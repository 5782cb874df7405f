import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { countAllOpen } from '../data/sessions.ts';
import type { Deps } from '../services/deps.ts';
import { reconcilePools } from '../services/reconcile-pools.ts';
import type { IsRunning, WorkflowLook } from '../services/restart-workflows.ts';
import { addTallies, driftKinds, emptyTally, type Tally } from '../services/sweep-tally.ts';
import type { ReconcilePoolsInput } from '../workflows/contract.ts';

/** What workflows may do to whole pools. */
export type PoolActivities = ReturnType<typeof createPoolActivities>;

export interface SweepOptions {
  /** Finds lost workflows; none are looked for unless given. */
  isRunning?: IsRunning | undefined;
  poolsPerPage?: number;
  pagesPerCall?: number;
  /** Workflows that one sweep looks for, over all pools; the others have their turn later. */
  looksPerSweep?: number;
}

const sweepEveryMs = 60_000;

/** The activities of `reconcilePools`. */
export function createPoolActivities(deps: Deps, options: SweepOptions = {}) {
  const { isRunning, poolsPerPage = 100, pagesPerCall = 50, looksPerSweep = 5_000 } = options;

  /** Whose turn it is: every session's, once in as many sweeps as there are shares. */
  async function nextLook(report: () => void): Promise<WorkflowLook | undefined> {
    if (isRunning === undefined) return undefined;
    const shares = Math.max(1, Math.ceil((await countAllOpen(deps.systemDb)) / looksPerSweep));
    const isRunningToo: IsRunning = (workflowId) => {
      report();
      return isRunning(workflowId);
    };
    return {
      isRunning: isRunningToo,
      shares,
      turn: Math.floor(Date.now() / sweepEveryMs) % shares,
    };
  }

  return {
    /**
     * Goes on with a sweep for up to 5,000 pools: compares them and repairs what differs. It reports
     * with each pool and each workflow that it looks for, so that slow stores do not make it look dead; an
     * attempt that follows a dead one goes on with the page that one had come to. The call that completes
     * the sweep says how much it found.
     */
    reconcilePools: async (from: ReconcilePoolsInput): Promise<ReconcilePoolsInput> => {
      const reported = activityInfo().heartbeatDetails as ReconcilePoolsInput | undefined;
      let sweep: ReconcilePoolsInput = reported ?? { ...emptyTally, ...from };
      const report = () => {
        heartbeat(sweep);
      };
      const onPool = () => {
        cancellationSignal().throwIfAborted();
        report();
      };
      const workflows = await nextLook(report);
      for (let page = 0; page < pagesPerCall; page += 1) {
        cancellationSignal().throwIfAborted();
        const { cursor } = sweep;
        const done = await reconcilePools(deps, { cursor, limit: poolsPerPage, workflows, onPool });
        sweep = { ...addTallies(sweep, done), cursor: done.cursor };
        if (sweep.cursor === null) {
          deps.metrics.sweepCounted(sweep.totals, perKind(sweep));
          return sweep;
        }
        heartbeat(sweep);
      }
      return sweep;
    },
  };
}

/** Every kind, so that one that is found no more falls to zero. */
function perKind({ found }: Tally): Record<string, number> {
  return Object.fromEntries(driftKinds.map((kind) => [kind, found[kind] ?? 0]));
}
