import { defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import type { TrustActivities } from '../activities/trust.ts';
import { changedSignal, type ChangedSignal } from './contract.ts';

const changed = defineSignal<[ChangedSignal]>(changedSignal);

const activities = proxyActivities<TrustActivities>({
  startToCloseTimeout: '30 seconds',
  // Until Cloud KMS is there again: the newest list stays meanwhile.
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/**
 * Has what is revoked signed and published, when something was revoked, and daily for the list not to grow old.
 * A message that comes while a list is being made has another one made.
 *
 * @returns the number of the newest list, or null where nothing is signed.
 */
export async function publishRevocations(): Promise<{ seq: number } | null> {
  let isStale = true;
  setHandler(changed, () => {
    isStale = true;
  });
  let seq: number | null = null;
  while (isStale) {
    isStale = false;
    const published = await activities.publishRevocations();
    seq = published?.seq ?? null;
  }
  return seq === null ? null : { seq };
}
