import { proxyActivities } from '@temporalio/workflow';
import type { DelegateActivities } from '../activities/delegates.ts';

const activities = proxyActivities<DelegateActivities>({
  // Longer than Cloud KMS may take for all that is asked of it.
  startToCloseTimeout: '30 seconds',
  // Cloud KMS may be away for hours: the next run of the Schedule would not try more often.
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/**
 * Sees to it that a delegate is there which may sign for another half of its life. A Schedule asks every
 * hour; most times there is nothing to do. A run that waits for Cloud KMS makes the next ones wait.
 *
 * @returns the newest delegate, and whether it was made now; null where nothing is signed.
 */
export async function renewDelegate(): Promise<{ kid: string; isNew: boolean } | null> {
  return activities.renewDelegate();
}
