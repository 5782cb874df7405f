import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll } from 'vitest';
import { openDatabase, type Database } from '../../data/database.ts';
import { enqueueMessages } from '../../data/outbox.ts';
import { withTenant } from '../../data/tenant.ts';
import { createLogger } from '../../platform/logger.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { connectTemporal } from '../../platform/temporal.ts';
import { runOutboxRelay, type RelayDeps } from '../../workers/outbox-relay.ts';
import { sessionWorkflowId, type SessionMessage } from '../../workflows/contract.ts';
import { cloneDatabase } from '../support/database.ts';

export type TestMessage = SessionMessage & { eventId: string };

/** An outbox in a database of the file's own, with one tenant. */
export interface TestOutbox {
  tenantId: string;
  /** What `db` is connected to. */
  url: string;
  db: Database;
  enqueue: (...messages: TestMessage[]) => Promise<void>;
  rows: () => Promise<OutboxRow[]>;
}

export interface OutboxRow {
  eventId: string;
  isSent: boolean;
  isDead: boolean;
  attempts: number;
  lastError: string | null;
}

/** Call it at the top level of a file: it registers an `afterAll`. */
export async function openOutbox(): Promise<TestOutbox> {
  const { appUrl, systemUrl } = await cloneDatabase();
  const open = (url: string) => openDatabase({ url, poolSize: 4, onError: () => undefined });
  const app = open(appUrl);
  const db = open(systemUrl);
  afterAll(() => Promise.all([app.destroy(), db.destroy()]));
  const tenantId = uniqueId('ten');
  await db.insertInto('tenants').values({ id: tenantId, name: 'A tenant' }).execute();
  return {
    tenantId,
    url: systemUrl,
    db,
    enqueue: (...messages) => withTenant(app, tenantId, (tx) => enqueueMessages(tx, messages)),
    rows: async () => {
      const { rows } = await sql<OutboxRow>`
        select event_id, sent_at is not null as is_sent, dead_at is not null as is_dead, attempts,
          last_error from outbox order by id`.execute(db);
      return rows;
    },
  };
}

/** Runs a relay until the work is done; it never outlives the call. */
export async function whileRelaying<T>(deps: RelayDeps, work: () => Promise<T>): Promise<T> {
  const stopping = new AbortController();
  const relaying = runOutboxRelay(deps, stopping.signal);
  try {
    return await work();
  } finally {
    stopping.abort();
    await relaying;
  }
}

/** What a relay works with, on a Temporal of the caller's choice. Registers an `afterAll`. */
export function relayDeps(outbox: TestOutbox, temporalAddress: string): RelayDeps {
  const temporal = connectTemporal({
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: 'default',
  });
  afterAll(() => temporal.close());
  return {
    client: temporal.client,
    db: outbox.db,
    taskQueue: uniqueId('queue'),
    log: createLogger({ name: 'test', level: 'silent' }),
    metrics: createMetrics('worker'),
    reached: () => undefined,
  };
}

/** The messages of one session: what starts it, then what signals it. */
export function messagesOf(tenantId: string, sessionId = uniqueId('ses')) {
  const message = {
    tenantId,
    workflowType: 'licenseSession' as const,
    workflowId: sessionWorkflowId(tenantId, sessionId),
    start: {
      tenantId,
      licenseId: uniqueId('lic'),
      productId: uniqueId('prd'),
      sessionId,
      instanceKey: 'an instance',
      status: 'queued' as const,
      until: Date.now() + 60_000,
    },
  };
  return {
    workflowId: message.workflowId,
    sessionId,
    queued: (): TestMessage => ({
      ...message,
      eventId: uniqueId('evt'),
      signal: null,
      payload: null,
    }),
    granted: (): TestMessage => {
      const eventId = uniqueId('evt');
      const payload = { eventId, leaseUntil: Date.now() + 60_000 };
      return { ...message, eventId, signal: 'granted', payload };
    },
    released: (): TestMessage => {
      const eventId = uniqueId('evt');
      return { ...message, eventId, signal: 'released', payload: { eventId, reason: 'released' } };
    },
  };
}

export function uniqueId(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll('-', '')}`;
}
