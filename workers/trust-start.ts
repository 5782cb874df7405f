import type { WorkflowOptions } from '@temporalio/client';
import { trustWorkflowIds, type TrustMessage } from '../workflows/contract.ts';

const summaries: Record<TrustMessage['workflowType'], string> = {
  publishRevocations: 'Signs what is revoked, when that changed or the list grows old',
  rotateRoot: 'Keeps one root that signs and a next one that clients know',
};

/**
 * How the workflows of keys and lists are started, by a message or a Schedule: one run of each at a time,
 * and a message finds the one that runs.
 */
export function trustStartOptions(type: TrustMessage['workflowType'], taskQueue: string) {
  return {
    workflowId: trustWorkflowIds[type],
    taskQueue,
    args: [] as [],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: summaries[type],
    priority: { priorityKey: 1 },
  } satisfies WorkflowOptions & { args: [] };
}
