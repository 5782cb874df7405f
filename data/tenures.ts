/**
 * The two changes of a session that happen all day, a grant and an end, each as one statement that
 * writes row, event and message together or not at all. What is out of the ordinary they leave to the
 * statements of `sessions.ts`.
 */
import type { Fence, PoolRef } from '../domain/seat.ts';
import type { EndReason } from '../domain/errors.ts';
import type { SessionMessage } from '../workflows/contract.ts';
import type { Database } from './database.ts';
import type { NewLicenseEvent } from './license-events.ts';
import type { Statement } from './pipeline.ts';
import type { PoolVersion } from './pools.ts';
import type { SessionFacts } from './sessions.ts';
import { pipelineAsTenant } from './tenant.ts';

type Message = SessionMessage & { eventId: string };

export interface NewTenure {
  pool: PoolRef;
  /** What the pool's version must be, under its lock. */
  version: PoolVersion;
  session: SessionFacts & { id: string; fence: Fence; rightsMs: number | null };
  event: Pick<NewLicenseEvent, 'id' | 'event' | 'detail'>;
  message: Message;
}

/**
 * Opens the row of a new session that was granted a seat. Holds the pool's lock in shared mode, so that
 * a change of its version comes wholly before or wholly after.
 *
 * @param beforeCommit called when all is written but not committed.
 * @returns null when nothing was written: the pool's version is another, or a row is in the way, which
 * has this id or is an open one of the same instance.
 */
export async function openTenure(
  db: Database,
  tenure: NewTenure,
  beforeCommit: () => void,
): Promise<{ createdAt: Date } | null> {
  const { tenantId, licenseId } = tenure.pool;
  const lock: Statement = {
    name: 'lock-pool-shared',
    text: 'select pg_advisory_xact_lock_shared(hashtextextended($1, 0))',
    values: [`${tenantId}:${licenseId}`],
  };
  const statements = [lock, open(tenure)];
  const [, rows] = await pipelineAsTenant(db, tenantId, { statements, beforeCommit });
  const createdAt = rows?.[0]?.['createdAt'];
  return createdAt instanceof Date ? { createdAt } : null;
}

function open({ pool, version, session, event, message }: NewTenure): Statement {
  return {
    name: 'open-tenure',
    text: `
      with unchanged as (
        select from pools
        where tenant_id = $1 and license_id = $2 and epoch = $3 and config_version = $4
      ),
      opened as (
        insert into sessions (tenant_id, license_id, id, instance_key, status, usage_type, product,
          version, device, metadata, fence_epoch, fence_counter, granted_at, rights_ms)
        select $1, $2, $5, $6, 'active', $7, $8, $9, $10::jsonb, $11::jsonb, $12, $13, now(), $23::bigint
        from unchanged
        on conflict do nothing
        returning created_at
      ),
      told as (
        insert into license_events (tenant_id, license_id, session_id, id, event, detail)
        select $1, $2, $5, $14, $15, $16::jsonb from opened
      ),
      announced as (
        insert into outbox (tenant_id, event_id, workflow_type, workflow_id, start_input, signal, payload)
        select $1, $17, $18, $19, $20::jsonb, $21, $22::jsonb from opened
      )
      select created_at as "createdAt" from opened`,
    values: [
      ...[pool.tenantId, pool.licenseId, version.epoch, version.configVersion],
      ...[session.id, session.instanceKey, session.usageType, session.product, session.version],
      ...[JSON.stringify(session.device), JSON.stringify(session.metadata)],
      ...[session.fence.epoch, session.fence.counter],
      ...[event.id, event.event, JSON.stringify(event.detail)],
      ...[message.eventId, message.workflowType, message.workflowId],
      ...[JSON.stringify(message.start), message.signal, JSON.stringify(message.payload)],
      session.rightsMs,
    ],
  };
}

export interface TenureEnd {
  tenantId: string;
  sessionId: string;
  reason: EndReason;
  /** As of `Ending`. */
  hardUntil: number | null | undefined;
  /** The event of a session that held a seat, and of one that only waited. */
  event: { id: string; ifGranted: string; ifQueued: string };
  /** Its start lacks the product, which is the license's. */
  message: Message;
}

/**
 * Ends a session's row if it is open, with its event and the message to its workflow.
 *
 * @returns whether this call ended it.
 */
export async function endTenure(db: Database, end: TenureEnd): Promise<boolean> {
  const [rows] = await pipelineAsTenant(db, end.tenantId, { statements: [close(end)] });
  return rows?.length === 1;
}

function close({ tenantId, sessionId, reason, hardUntil, event, message }: TenureEnd): Statement {
  return {
    name: 'end-tenure',
    text: `
      with ended as (
        update sessions set status = 'ended', ended_at = now(), end_reason = $3,
          hard_until = case when $13::boolean then $14::timestamptz else now() + rights_ms * interval '1 millisecond' end
        where tenant_id = $1 and id = $2 and ended_at is null
        returning license_id, granted_at
      ),
      told as (
        insert into license_events (tenant_id, license_id, session_id, id, event, detail)
        select $1, license_id, $2, $4, case when granted_at is null then $6 else $5 end,
          jsonb_build_object('reason', $3::text)
        from ended
      ),
      announced as (
        insert into outbox (tenant_id, event_id, workflow_type, workflow_id, start_input, signal, payload)
        select $1, $7, $8, $9, $10::jsonb || jsonb_build_object('productId', licenses.product_id), $11, $12::jsonb
        from ended join licenses on licenses.tenant_id = $1 and licenses.id = ended.license_id
      )
      select 1 from ended`,
    values: [
      ...[tenantId, sessionId, reason, event.id, event.ifGranted, event.ifQueued],
      ...[message.eventId, message.workflowType, message.workflowId],
      ...[JSON.stringify(message.start), message.signal, JSON.stringify(message.payload)],
      ...[hardUntil !== undefined, typeof hardUntil === 'number' ? new Date(hardUntil) : null],
    ],
  };
}

/** How many sessions of a license hold and wait, by the ledger. */
export async function countOpenAtOnce(
  db: Database,
  { tenantId, licenseId }: PoolRef,
): Promise<{ used: number; queued: number }> {
  const count: Statement = {
    name: 'count-open',
    text: `
      select count(*) filter (where status = 'active')::int as used,
        count(*) filter (where status = 'queued')::int as queued
      from sessions
      where tenant_id = $1 and license_id = $2 and ended_at is null`,
    values: [tenantId, licenseId],
  };
  const [rows] = await pipelineAsTenant(db, tenantId, { statements: [count] });
  const { used = 0, queued = 0 } = (rows?.[0] ?? {}) as { used?: number; queued?: number };
  return { used, queued };
}
