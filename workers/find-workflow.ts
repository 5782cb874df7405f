import { WorkflowNotFoundError, type Client } from '@temporalio/client';

const answerMs = 5_000;

/** What a run may be when it will never do anything again. */
const closed: ReadonlySet<string> = new Set([
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TERMINATED',
  'TIMED_OUT',
]);

/**
 * Asks Temporal for one workflow. The answer is exact, unlike that of a list, which follows events
 * with a delay. Rejects when Temporal does not answer.
 */
export function isWorkflowRunning(client: Client): (workflowId: string) => Promise<boolean> {
  return async (workflowId) => {
    try {
      const { status } = await client.withDeadline(Date.now() + answerMs, () =>
        client.workflow.getHandle(workflowId).describe(),
      );
      return !closed.has(status.name);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  };
}
