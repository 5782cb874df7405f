/**
 * The one road from a state change to a workflow: a row inserted in the same transaction, delivered by
 * the relay at least once and, for one workflow, in order.
 *
 * A row is unsent until it is `sent` or `dead`. Only the lowest unsent row of a workflow can be
 * claimed. A claim is a time until which nobody else takes the row; it needs no lock, and a relay that
 * dies merely leaves its claims to run out.
 */
import { sql } from 'kysely';
import type { WorkflowMessage } from '../workflows/contract.ts';
import { inBatches } from './batches.ts';
import type { Database, TenantTransaction } from './database.ts';

/** A message as the relay holds it. */
export type ClaimedMessage = WorkflowMessage & {
  id: number;
  eventId: string;
  /** Deliveries tried before this one. */
  attempts: number;
};

/**
 * Adds messages to the transaction's outbox; they leave only if it commits.
 *
 * Rows of one workflow are delivered in the order of their ids, so enqueue after the statement that
 * locks what the workflow follows (the session's row): then ids rise in the order of the commits.
 */
export async function enqueueMessages(
  tx: TenantTransaction,
  messages: readonly (WorkflowMessage & { eventId: string })[],
): Promise<void> {
  for (const batch of inBatches(messages)) {
    await tx
      .insertInto('outbox')
      .values(
        batch.map(({ start, payload, ...message }) => ({
          ...message,
          startInput: JSON.stringify(start),
          payload: payload === null ? null : JSON.stringify(payload),
        })),
      )
      .execute();
  }
}

/**
 * Unsent messages that one claim looks at. All that a relay has claimed or postponed at a time must fit
 * into it several times over, or what comes behind would not be seen.
 */
const windowSize = 5_000;

/**
 * Claims up to `limit` messages, each the first unsent one of its workflow, oldest first. Every claim
 * must be settled by one of the functions below; otherwise it can be claimed again after `claimMs`.
 *
 * It looks at the oldest unsent messages only: of a workflow that is among them the first is too. So a
 * claim costs the same 10 ms behind any backlog and with whatever statistics Postgres has of a table
 * whose unsent part comes and goes; a test for an earlier message, row by row, took 380 ms.
 */
export async function claimMessages(
  db: Database,
  options: { limit: number; claimMs: number },
): Promise<ClaimedMessage[]> {
  const { rows } = await sql<ClaimedRow>`
    with oldest as materialized (
      select id, workflow_id, claimed_until from outbox
      where sent_at is null and dead_at is null
      order by id limit ${windowSize}
    ),
    first_of_workflow as (
      select distinct on (workflow_id) id, claimed_until from oldest order by workflow_id, id
    ),
    wanted as (
      select id from first_of_workflow
      where claimed_until is null or claimed_until <= now()
      order by id limit ${options.limit}
    ),
    claimable as (
      select id from outbox
      where id = any (array(select id from wanted))
        and sent_at is null and dead_at is null
        and (claimed_until is null or claimed_until <= now())
      order by id
      for update skip locked
    )
    update outbox
    set claimed_until = now() + ${options.claimMs} * interval '1 millisecond', attempts = attempts + 1
    where id = any (array(select id from claimable))
    returning outbox.id, outbox.attempts - 1 as attempts, tenant_id, event_id, workflow_type,
      workflow_id, start_input as start, signal, payload`.execute(db);
  return rows.toSorted((one, other) => one.id - other.id);
}

/** The JSON columns hold what `enqueueMessages` put there. */
type ClaimedRow = ClaimedMessage;

/** Settles claims that were delivered, all in one statement. */
export async function markSent(db: Database, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    update outbox set sent_at = now(), claimed_until = null, last_error = null
    where id = any(${ids}::bigint[]) and dead_at is null`.execute(db);
}

/** A claim that could not be delivered now, and how long to leave it alone. */
export interface Postponement {
  id: number;
  delayMs: number;
  error: string;
}

/** Settles claims that are to be tried again, all in one statement. */
export async function postponeMessages(
  db: Database,
  postponements: readonly Postponement[],
): Promise<void> {
  if (postponements.length === 0) return;
  await sql`
    update outbox
    set claimed_until = now() + later."delayMs" * interval '1 millisecond', last_error = later.error
    from jsonb_to_recordset(${JSON.stringify(postponements)}::jsonb)
      as later (id bigint, "delayMs" double precision, error text)
    where outbox.id = later.id and sent_at is null and dead_at is null`.execute(db);
}

/** Settles a claim that can never be delivered. It no longer holds up its workflow's later messages. */
export async function markDead(db: Database, id: number, error: string): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ deadAt: sql`now()`, claimedUntil: null, lastError: error })
    .where('id', '=', id)
    .where('sentAt', 'is', null)
    .execute();
}

/** How much waits, and for how long the oldest has: 0 when nothing does. */
export async function measureOutbox(
  db: Database,
): Promise<{ unsent: number; oldestSeconds: number }> {
  const { rows } = await sql<{ unsent: number; oldestSeconds: number }>`
    select count(*)::int as unsent,
      coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8 as oldest_seconds
    from outbox where sent_at is null and dead_at is null`.execute(db);
  return rows[0] ?? { unsent: 0, oldestSeconds: 0 };
}

/**
 * Deletes up to `limit` messages that were sent longer ago than `keepMs`. Dead ones stay until somebody
 * has looked at them.
 *
 * @returns how many were deleted.
 */
export async function pruneSent(
  db: Database,
  options: { keepMs: number; limit: number },
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from outbox where id in (
      select id from outbox
      where sent_at < now() - ${options.keepMs} * interval '1 millisecond'
      order by sent_at limit ${options.limit} for update skip locked
    )`.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** Those of the workflows for which a message is on its way. */
export async function listAwaited(
  tx: TenantTransaction,
  workflowIds: readonly string[],
): Promise<Set<string>> {
  const { rows } = await sql<{ workflowId: string }>`
    select distinct workflow_id from outbox
    where sent_at is null and dead_at is null and workflow_id = any(${[...workflowIds]}::text[])`.execute(
    tx,
  );
  return new Set(rows.map(({ workflowId }) => workflowId));
}

/** Whether the session that a message is about has ended in the ledger. */
export async function hasSessionEnded(
  db: Database,
  session: { tenantId: string; sessionId: string },
): Promise<boolean> {
  const row = await db
    .selectFrom('sessions')
    .select('endedAt')
    .where('tenantId', '=', session.tenantId)
    .where('id', '=', session.sessionId)
    .executeTakeFirst();
  return row !== undefined && row.endedAt !== null;
}
