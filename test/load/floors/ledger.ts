import pg from 'pg';
import { newId } from '../../../platform/ids.ts';
import type { FloorSettings } from './settings.ts';

interface Statement {
  name: string;
  text: string;
  values: unknown[];
}

const readText = `
  select licenses.*, plans.policy, products.code, pools.epoch, pools.config_version, credentials.id as key_id
  from credentials
    join licenses on licenses.tenant_id = credentials.tenant_id and licenses.id = credentials.subject_id
    join plans on plans.id = licenses.plan_id
    join products on products.id = licenses.product_id
    join tenants on tenants.id = licenses.tenant_id
    join pools on pools.tenant_id = licenses.tenant_id and pools.license_id = licenses.id
  where credentials.hash = $1 and credentials.revoked_at is null`;

const lockText = `select pg_advisory_xact_lock_shared(hashtextextended($1, 0))`;

const openText = `
  insert into sessions (id, tenant_id, license_id, instance_key, status, usage_type, product, version,
    device, fence_epoch, fence_counter, granted_at)
  values ($1, $2, $3, $4, 'active', $5, $6, $7, $8, $9, $10, now()) returning *`;

const endText = `
  update sessions set status = 'ended', ended_at = now(), end_reason = 'released'
  where tenant_id = $1 and id = $2 and ended_at is null`;

const eventText = `
  insert into license_events (id, tenant_id, license_id, session_id, event, detail)
  values ($1, $2, $3, $4, $5, '{}')`;

const messageText = `
  insert into outbox (tenant_id, event_id, workflow_type, workflow_id, start_input, signal, payload)
  values ($1, $2, 'licenseSession', $3, $4, $5, '{}')`;

/**
 * The least that Postgres must do: prepared statements, each transaction pipelined into one round trip
 * and durable, row-level security and the pool's lock in force.
 */
export function createFloorLedger({ databaseUrl, pool, productId }: FloorSettings) {
  const db = new pg.Pool({ connectionString: databaseUrl, max: 10, pipeline: true });
  const { tenantId, licenseId } = pool;
  const inOneTrip = async (statements: Statement[]) => {
    const client = await db.connect();
    try {
      const results = [
        client.query('begin'),
        client.query({
          name: 'tenant',
          text: `select set_config('app.tenant_id', $1, true)`,
          values: [tenantId],
        }),
        ...statements.map((statement) => client.query(statement)),
        client.query('commit'),
      ];
      const all = await Promise.all(results);
      return all[2]?.rows[0] as unknown;
    } finally {
      client.release();
    }
  };
  const tell = (id: string, event: string, signal: string): Statement[] => [
    {
      name: 'event',
      text: eventText,
      values: [newId('evt'), tenantId, licenseId, id, event],
    },
    {
      name: 'message',
      text: messageText,
      values: [
        ...[tenantId, newId('evt'), `floor/${tenantId}/${id}`],
        ...[JSON.stringify({ tenantId, licenseId, productId, sessionId: id }), signal],
      ],
    },
  ];
  return {
    read: (hash: Buffer) => inOneTrip([{ name: 'read', text: readText, values: [hash] }]),
    open: (session: {
      id: string;
      fence: string;
      leaseUntil: number;
      instanceKey: string;
      product: string;
      version: string;
      usageType: string;
      device: object;
    }) => {
      const [epoch, counter] = session.fence.split(':').map(Number);
      const facts = [session.usageType, session.product, session.version, session.device];
      return inOneTrip([
        { name: 'lock', text: lockText, values: [`${tenantId}:${licenseId}`] },
        {
          name: 'open',
          text: openText,
          values: [
            ...[session.id, tenantId, licenseId, session.instanceKey],
            ...[...facts, epoch, counter],
          ],
        },
        ...tell(session.id, 'seat.acquired', 'granted'),
      ]);
    },
    end: ({ id }: { id: string; instanceKey: string }) =>
      inOneTrip([
        { name: 'end', text: endText, values: [tenantId, id] },
        ...tell(id, 'seat.released', 'released'),
      ]),
  };
}
