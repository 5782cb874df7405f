import { workflowInfo } from '@temporalio/workflow';

/**
 * A worker that lost a workflow from its cache replays its history, 12 ms at 25 events, 150 ms at 425.
 * The server's own hint would come at 4,096.
 */
const historyEventsMax = 400;

/** Whether the workflow should go on in a new run. */
export function isHistoryLong(): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return historyLength > historyEventsMax || continueAsNewSuggested;
}
