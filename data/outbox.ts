/**
 * The one road from a state change to a workflow: a row inserted in the same transaction, delivered by
 * the relay at least once and, for one workflow, in order.
 */
import type { TenantTransaction } from './database.ts';

/** A message as it is stored: start this workflow if need be, then send it the signal, if any. */
export interface OutboxMessage {
  tenantId: string;
  /** Unique; a receiver that sees it twice ignores the second. */
  eventId: string;
  workflowType: string;
  workflowId: string;
  start: object;
  signal: 'granted' | 'released' | 'revoked' | null;
  payload: object | null;
}

/** Adds messages to the transaction's outbox; they leave only if it commits. */
export async function enqueueMessages(
  tx: TenantTransaction,
  messages: readonly OutboxMessage[],
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
