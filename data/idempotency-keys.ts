import { sql } from 'kysely';
import type { TenantTransaction } from './database.ts';

/** What is kept of an answered request; both parts are opaque to the database. */
export interface AnsweredRequest {
  id: string;
  tenantId: string | null;
  requestMac: Buffer;
  answer: Buffer;
}

/** Locks of idempotency keys hash with this, so that no other use of advisory locks meets them. */
const lockSeed = 771_002;
const keptFor = sql<Date>`now() + interval '24 hours'`;
/** Expired rows that one request clears away. */
const clearedMax = 50;

/**
 * Whether this transaction may answer the request: false while another one does. The lock ends with
 * its transaction, however that ends, so a process that dies leaves nothing in flight.
 */
export async function lockIdempotencyKey(tx: TenantTransaction, id: string): Promise<boolean> {
  const { rows } = await sql<{ isMine: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${id}, ${lockSeed})) as is_mine`.execute(tx);
  return rows[0]?.isMine === true;
}

/** The answer that was given within the last day, if there was one. */
export function findAnsweredRequest(
  tx: TenantTransaction,
  id: string,
): Promise<Pick<AnsweredRequest, 'requestMac' | 'answer'> | undefined> {
  return tx
    .selectFrom('idempotencyKeys')
    .select(['requestMac', 'answer'])
    .where('id', '=', id)
    .where('expiresAt', '>', sql<Date>`now()`)
    .executeTakeFirst();
}

/** Keeps an answer for a day, in the transaction of what it tells of, and clears expired ones away. */
export async function insertAnsweredRequest(
  tx: TenantTransaction,
  { id, tenantId, requestMac, answer }: AnsweredRequest,
): Promise<void> {
  const kept = { requestMac, answer, expiresAt: keptFor };
  await tx
    .insertInto('idempotencyKeys')
    .values({ id, tenantId, ...kept })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(kept))
    .execute();
  await sql`
    delete from idempotency_keys where id in (
      select id from idempotency_keys where expires_at <= now()
      order by expires_at limit ${clearedMax} for update skip locked)`.execute(tx);
}
