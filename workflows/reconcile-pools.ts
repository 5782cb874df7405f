import { continueAsNew, proxyActivities } from '@temporalio/workflow';
import type { PoolActivities } from '../activities/pools.ts';
import type { Counts } from '../domain/counts.ts';
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
 * One sweep over all pools: what Redis, the ledger and the workflows disagree about is repaired, so that
 * a session that lost its workflow, or a seat that lost its session, is found within a minute. A
 * Schedule starts it; a sweep that takes longer than a minute makes the next one wait. Each run makes
 * one call, so that its history is short however many pools there are.
 *
 * @returns how much of each kind it found, and put right.
 */
export async function reconcilePools(
  input: ReconcilePoolsInput,
): Promise<{ found: Counts; repaired: Counts }> {
  const swept = await activities.reconcilePools(input);
  if (swept.cursor !== null) await continueAsNew<typeof reconcilePools>(swept);
  const { found, repaired } = swept;
  return { found, repaired };
}
