import { newId } from '../platform/ids.ts';
import { presentTraceparent } from '../platform/tracing.ts';
import { trustWorkflowIds, type TrustMessage } from '../workflows/contract.ts';

/** Has the one workflow of that type look at what changed, now or as soon as it can. */
export function trustMessage(
  workflowType: TrustMessage['workflowType'],
): TrustMessage & { eventId: string } {
  const eventId = newId('evt');
  const traceparent = presentTraceparent();
  return {
    tenantId: null,
    workflowType,
    workflowId: trustWorkflowIds[workflowType],
    eventId,
    start: traceparent === undefined ? {} : { traceparent },
    signal: 'changed',
    payload: { eventId },
  };
}
