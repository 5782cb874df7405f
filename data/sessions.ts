/**
 * The ledger of sessions. A row is opened when a script grants or queues, becomes active when a waiter
 * takes its seat, and ends exactly once: every statement that ends rows says `ended_at is null`.
 */
import { sql, type Selectable } from 'kysely';
import type { EndReason } from '../domain/errors.ts';
import type { Fence, PoolRef } from '../domain/seat.ts';
import type { UsageType } from '../domain/validation.ts';
import type { Database, TenantTransaction } from './database.ts';
import type { Sessions } from './schema.ts';

export type SessionRecord = Selectable<Sessions>;

/** What a client is told from the ledger. */
export type RecordedSession = Pick<
  SessionRecord,
  'usageType' | 'createdAt' | 'grantedAt' | 'endedAt' | 'endReason'
>;

export interface Device {
  fingerprint: string;
  name?: string | undefined;
  platform?: string | undefined;
  /** Gone after this run, as in a build or a container: it keeps no offline rights. */
  ephemeral?: boolean | undefined;
}

/** What a caller says of itself when it asks for a seat. */
export interface SessionFacts {
  instanceKey: string;
  usageType: UsageType;
  product: string;
  version: string;
  device: Device;
  metadata: Record<string, unknown>;
}

export interface Ticket {
  epoch: number;
  n: number;
}

/**
 * Records that a session waits (`ticket`) or holds a seat (`fence`). Of several calls for one session
 * exactly one opens it and at most one grants it; repeating either changes nothing.
 *
 * @returns the row and what this call changed, or undefined when the row has already ended.
 */
export async function upsertSession(
  tx: TenantTransaction,
  pool: PoolRef,
  session: SessionFacts & { id: string } & (
      { fence: Fence; rightsMs: number | null } | { ticket: Ticket }
    ),
): Promise<{ row: SessionRecord; change: 'opened' | 'granted' | 'none' } | undefined> {
  const grant = 'fence' in session ? session.fence : null;
  const rightsMs = 'fence' in session ? session.rightsMs : null;
  const ticket = 'ticket' in session ? session.ticket : null;
  const changed = await tx
    .insertInto('sessions')
    .values({
      id: session.id,
      tenantId: pool.tenantId,
      licenseId: pool.licenseId,
      instanceKey: session.instanceKey,
      status: grant ? 'active' : 'queued',
      usageType: session.usageType,
      product: session.product,
      version: session.version,
      device: JSON.stringify(session.device),
      metadata: JSON.stringify(session.metadata),
      ticketEpoch: ticket?.epoch ?? null,
      ticketN: ticket?.n ?? null,
      fenceEpoch: grant?.epoch ?? null,
      fenceCounter: grant?.counter ?? null,
      rightsMs,
      grantedAt: grant ? sql<Date>`now()` : null,
    })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet((eb) => ({
          status: 'active',
          grantedAt: eb.ref('excluded.grantedAt'),
          fenceEpoch: eb.ref('excluded.fenceEpoch'),
          fenceCounter: eb.ref('excluded.fenceCounter'),
          rightsMs: eb.ref('excluded.rightsMs'),
        }))
        .where('sessions.status', '=', 'queued')
        .where('excluded.status', '=', 'active'),
    )
    .returningAll()
    // Only a row that this statement inserted has no earlier version to lock.
    .returning(sql<boolean>`xmax = 0`.as('isNew'))
    .executeTakeFirst();
  if (changed !== undefined) {
    const { isNew, ...row } = changed;
    return { row, change: isNew ? 'opened' : 'granted' };
  }
  const row = await findSession(tx, { tenantId: pool.tenantId, sessionId: session.id });
  return row === undefined || row.endedAt !== null ? undefined : { row, change: 'none' };
}

/** A row that this call ended. */
export interface EndedRow {
  id: string;
  licenseId: string;
  productId: string;
  instanceKey: string;
  endReason: EndReason;
  wasGranted: boolean;
}

export interface Ending {
  sessionId: string;
  reason: EndReason;
  detail?: string | undefined;
  /**
   * Until when rights stay by this session, in unix milliseconds; null for not at all. Left out where nobody
   * knows: then as long as if it had just beaten.
   */
  hardUntil?: number | null | undefined;
}

/**
 * Ends those of the rows that are still open; the others are left as they are. Rows are locked in the
 * order of their ids, so that callers with overlapping sets wait for each other instead of deadlocking.
 */
export async function endSessionRows(
  tx: TenantTransaction,
  tenantId: string,
  endings: readonly Ending[],
): Promise<EndedRow[]> {
  if (endings.length === 0) return [];
  const { rows } = await sql<EndedRow>`
    with locked as materialized (
      select sessions.id, ending.reason, ending.detail,
        case when ending.is_known then ending.hard_until
          else now() + sessions.rights_ms * interval '1 millisecond' end as hard_until
      from unnest(
        ${endings.map(({ sessionId }) => sessionId)}::text[],
        ${endings.map(({ reason }) => reason)}::text[],
        ${endings.map(({ detail }) => detail ?? null)}::text[],
        ${endings.map(({ hardUntil }) => hardUntil !== undefined)}::boolean[],
        ${endings.map(({ hardUntil }) => instantOf(hardUntil))}::timestamptz[]
      ) as ending (id, reason, detail, is_known, hard_until)
      join sessions on sessions.id = ending.id
      where sessions.tenant_id = ${tenantId} and sessions.ended_at is null
      order by sessions.id for update of sessions
    )
    update sessions set status = 'ended', ended_at = now(), end_reason = locked.reason, end_detail = locked.detail,
      hard_until = locked.hard_until
    from locked, licenses
    where sessions.id = locked.id and licenses.tenant_id = sessions.tenant_id and licenses.id = sessions.license_id
    returning sessions.id, sessions.license_id, licenses.product_id, sessions.instance_key, sessions.end_reason,
      sessions.granted_at is not null as was_granted`.execute(tx);
  return rows;
}

function instantOf(unixMs: number | null | undefined): Date | null {
  return typeof unixMs === 'number' ? new Date(unixMs) : null;
}

/** Devices that may have offline rights by sessions of the pool that are over, and until when. */
export async function listLeftRights(
  tx: TenantTransaction,
  pool: PoolRef,
): Promise<{ device: string; hardUntil: Date }[]> {
  const { rows } = await sql<{ device: string; hardUntil: Date }>`
    select device ->> 'fingerprint' as device, max(hard_until) as hard_until from sessions
    where tenant_id = ${pool.tenantId} and license_id = ${pool.licenseId} and hard_until > now()
    group by 1`.execute(tx);
  return rows;
}

/** Open sessions of a pool, oldest first. */
export async function listOpenSessions(
  tx: TenantTransaction,
  pool: PoolRef,
): Promise<SessionRecord[]> {
  return tx
    .selectFrom('sessions')
    .selectAll()
    .where('tenantId', '=', pool.tenantId)
    .where('licenseId', '=', pool.licenseId)
    .where('endedAt', 'is', null)
    .orderBy('createdAt')
    .orderBy('id')
    .execute();
}

/** What the ledger says of one session of an instance, as far as a later one depends on it. */
export type Standing = Pick<SessionRecord, 'id' | 'endedAt' | 'fenceEpoch' | 'fenceCounter'>;

/** Those of the sessions that have a row, ended or not, and all that the instance has open. */
export async function listStandings(
  tx: TenantTransaction,
  pool: PoolRef,
  { instanceKey, sessionIds }: { instanceKey: string; sessionIds: readonly string[] },
): Promise<Standing[]> {
  return tx
    .selectFrom('sessions')
    .select(['id', 'endedAt', 'fenceEpoch', 'fenceCounter'])
    .where('tenantId', '=', pool.tenantId)
    .where('licenseId', '=', pool.licenseId)
    .where((eb) =>
      eb.or([
        eb('id', 'in', sessionIds),
        eb.and([eb('endedAt', 'is', null), eb('instanceKey', '=', instanceKey)]),
      ]),
    )
    .execute();
}

/**
 * Who holds a pool's seats, at most `limit` of them: those of the caller's device first, then who came
 * first. `onlyOwn` leaves the others out.
 */
export async function listHolders(
  tx: TenantTransaction,
  pool: PoolRef,
  caller: { fingerprint: string; onlyOwn: boolean; limit: number },
): Promise<SessionRecord[]> {
  const isOwn = sql<boolean>`device ->> 'fingerprint' = ${caller.fingerprint}`;
  let query = tx
    .selectFrom('sessions')
    .selectAll()
    .where('tenantId', '=', pool.tenantId)
    .where('licenseId', '=', pool.licenseId)
    .where('endedAt', 'is', null)
    .where('status', '=', 'active');
  if (caller.onlyOwn) query = query.where(isOwn);
  return query.orderBy(isOwn, 'desc').orderBy('grantedAt').limit(caller.limit).execute();
}

/** One session, or undefined: unknown and another tenant's are the same. */
export async function findSession(
  tx: TenantTransaction,
  session: { tenantId: string; sessionId: string },
): Promise<SessionRecord | undefined> {
  return tx
    .selectFrom('sessions')
    .selectAll()
    .where('tenantId', '=', session.tenantId)
    .where('id', '=', session.sessionId)
    .executeTakeFirst();
}

/** Why those of the sessions that have a row have ended; null for one that is open. */
export async function listEndReasons(
  tx: TenantTransaction,
  tenantId: string,
  sessionIds: readonly string[],
): Promise<Map<string, EndReason | null>> {
  const { rows } = await sql<{ id: string; endReason: EndReason | null }>`
    select id, end_reason from sessions
    where tenant_id = ${tenantId} and id = any(${[...sessionIds]}::text[])`.execute(tx);
  return new Map(rows.map(({ id, endReason }) => [id, endReason]));
}

/** A page of a license's sessions, newest first; `after` is the last id of the page before. */
export async function listSessions(
  tx: TenantTransaction,
  page: PoolRef & { onlyOpen: boolean; after: string | null; limit: number },
): Promise<SessionRecord[]> {
  let query = tx
    .selectFrom('sessions')
    .selectAll()
    .where('tenantId', '=', page.tenantId)
    .where('licenseId', '=', page.licenseId);
  if (page.onlyOpen) query = query.where('endedAt', 'is', null);
  if (page.after !== null) query = query.where('id', '<', page.after);
  return query.orderBy('id', 'desc').limit(page.limit).execute();
}

/** How many sessions of each license hold and wait, by the ledger. */
export async function countOpenSessions(
  tx: TenantTransaction,
  tenantId: string,
  licenseIds: readonly string[],
): Promise<Map<string, { used: number; queued: number }>> {
  if (licenseIds.length === 0) return new Map();
  const rows = await tx
    .selectFrom('sessions')
    .select((eb) => [
      'licenseId',
      eb.fn.countAll<number>().filterWhere('status', '=', 'active').as('used'),
      eb.fn.countAll<number>().filterWhere('status', '=', 'queued').as('queued'),
    ])
    .where('tenantId', '=', tenantId)
    .where('licenseId', 'in', licenseIds)
    .where('endedAt', 'is', null)
    .groupBy('licenseId')
    .execute();
  return new Map(rows.map(({ licenseId, used, queued }) => [licenseId, { used, queued }]));
}

/** Locks those of the sessions that are still open, in the order of their ids, and answers them. */
export async function lockOpenSessions(
  tx: TenantTransaction,
  tenantId: string,
  sessionIds: readonly string[],
): Promise<SessionRecord[]> {
  return tx
    .selectFrom('sessions')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', 'in', sessionIds)
    .where('endedAt', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute();
}

/** Whether a session of the license ever held a seat, or a file of it was ever asked for. */
export async function wasEverUsed(
  tx: TenantTransaction,
  { tenantId, licenseId }: PoolRef,
): Promise<boolean> {
  const { rows } = await sql<{ wasUsed: boolean }>`
    select exists (select from sessions
        where tenant_id = ${tenantId} and license_id = ${licenseId} and granted_at is not null)
      or exists (select from check_outs
        where tenant_id = ${tenantId} and license_id = ${licenseId}) as was_used`.execute(tx);
  return rows[0]?.wasUsed ?? false;
}

/** How many sessions are open, over all tenants; needs the system role. */
export async function countAllOpen(db: Database): Promise<number> {
  const { count } = await db
    .selectFrom('sessions')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('endedAt', 'is', null)
    .executeTakeFirstOrThrow();
  return count;
}

/** Notes that more than one process has shared the session: its last holder is known to Redis alone. */
export async function markShared(
  tx: TenantTransaction,
  session: { tenantId: string; sessionId: string },
): Promise<void> {
  await tx
    .updateTable('sessions')
    .set({ isShared: true })
    .where('tenantId', '=', session.tenantId)
    .where('id', '=', session.sessionId)
    .execute();
}

/**
 * Notes that an online-only session gets offline rights, before any token says so.
 *
 * @returns whether it is open.
 */
export async function recordRights(
  tx: TenantTransaction,
  session: { tenantId: string; sessionId: string; rightsMs: number },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('sessions')
    .set({ rightsMs: session.rightsMs })
    .where('tenantId', '=', session.tenantId)
    .where('id', '=', session.sessionId)
    .where('endedAt', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
