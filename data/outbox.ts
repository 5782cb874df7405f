/**
 * The one road from a state change to a workflow: a row inserted in the same transaction, delivered by
 * the relay at least once and, for one workflow, in order.
 */
import type { WorkflowMessage } from '../workflows/contract.ts';
import type { TenantTransaction } from './database.ts';

/** Adds messages to the transaction's outbox; they leave only if it commits. */
export async function enqueueMessages(
  tx: TenantTransaction,
  messages: readonly (WorkflowMessage & { eventId: string })[],
): Promise<void> {
  if (messages.length === 0) return;
  await tx
    .insertInto('outbox')
    .values(
      messages.map(({ start, payload, ...message }) => ({
        ...message,
        startInput: JSON.stringify(start),
        payload: payload === null ? null : JSON.stringify(payload),
      })),
    )
    .execute();
}
