import { continueAsNew, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { PoolActivities } from '../activities/pools.ts';
import { addCounts, type Counts } from '../domain/counts.ts';
import type { ReconcilePoolsInput } from './contract.ts';

const activities = proxyActivities<PoolActivities>({
  // One call sweeps many pages; a call that stops reporting is taken for dead and goes on elsewhere.
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
  // Behind whatever a customer waits for.
  priority: { priorityKey: 5 },
});

/**
 * One sweep over all pools: what Redis and the ledger disagree about is repaired, so that a session
 * that lost its workflow, or a seat that lost its session, is found within a minute. A Schedule starts
 * it; a sweep that takes longer than a minute makes the next one wait.
 *
 * @returns how many repairs of each kind were made.
 */
export async function reconcilePools(input: ReconcilePoolsInput): Promise<{ repaired: Counts }> {
  let { cursor, repaired, totals } = input;
  do {
    const swept = await activities.reconcilePools(totals ? { cursor, totals } : { cursor });
    ({ cursor, totals } = swept);
    repaired = addCounts(repaired, swept.repaired);
    if (cursor !== null && workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof reconcilePools>({ cursor, repaired, totals });
    }
  } while (cursor !== null);
  return { repaired };
}
