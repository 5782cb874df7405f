/** Reads, past every link, what both stores hold of a seed's licenses. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { Client } from 'pg';
import { poolKeys } from '../../lua/keys.ts';
import { createSeatScripts } from '../../lua/scripts.ts';
import type { LedgerRow, PoolFacts } from './check/story.ts';
import type { Site } from './site.ts';
import type { Stack } from './stack.ts';

export interface FinalState {
  pools: PoolFacts[];
  ledger: LedgerRow[];
  undelivered: number;
}

/** Where a fleet's licenses are. */
export interface Place {
  databaseUrl: string;
  redis: { primary: () => { store: Redis } };
  sites: readonly Pool[];
  /** How times of the ledger become times of the history. */
  wallOffsetMs: number;
}

type Pool = Pick<Site, 'tenantId' | 'licenseId' | 'seats' | 'offlineAllowance'>;

/** @throws when a store does not answer. */
export async function readState(place: Place): Promise<FinalState> {
  const { sites, wallOffsetMs } = place;
  const pools = await Promise.all(sites.map((site) => readPool(place.redis.primary().store, site)));
  const client = new Client({ connectionString: place.databaseUrl, query_timeout: 5_000 });
  // One that ends while being asked also reports it here.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const ids = sites.map(({ licenseId }) => licenseId);
    const rows = await client.query<RawRow>(ledgerQuery, [ids]);
    const tenants = sites.map(({ tenantId }) => tenantId);
    const outbox = await client.query<{ count: string }>(outboxQuery, [tenants]);
    return {
      pools,
      ledger: rows.rows.map((row) => rowOf(row, wallOffsetMs)),
      undelivered: Number(outbox.rows[0]?.count ?? 0),
    };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Whether nothing is held and nobody waits any more, in both stores. */
export function isAgreed({ pools, ledger }: FinalState): boolean {
  const isEmpty = ({ held, owed }: PoolFacts) => (held ?? []).length + owed.length === 0;
  return pools.every(isEmpty) && ledger.every(({ endedAt }) => endedAt !== null);
}

/** Whether every workflow has been told of it too, or is about to be. */
export function isQuiet(state: FinalState): boolean {
  return state.undelivered === 0 && isAgreed(state);
}

async function readPool(store: Redis, site: Pool): Promise<PoolFacts> {
  const { licenseId, tenantId, seats, offlineAllowance } = site;
  const contents = await createSeatScripts(store).readPool(site);
  const [, , , , ended = ''] = poolKeys(site);
  const held = contents === null ? null : [...contents.seats, ...contents.waiters];
  return {
    ...{ licenseId, tenantId, seats, offlineAllowance },
    held: held?.map(({ sessionId }) => sessionId) ?? null,
    // What another dataset owed is forgotten with it; the ledger was asked instead.
    owed: contents === null ? [] : await store.hkeys(ended),
  };
}

interface RawRow {
  id: string;
  tenantId: string;
  licenseId: string;
  instance: string;
  createdAt: Date;
  grantedAt: Date | null;
  endedAt: Date | null;
  endReason: string | null;
  events: string[];
}

const ledgerQuery = `
  select id, tenant_id as "tenantId", license_id as "licenseId", instance_key as "instance",
    created_at as "createdAt", granted_at as "grantedAt", ended_at as "endedAt", end_reason as "endReason",
    array(select event from license_events where session_id = sessions.id order by at) as events
  from sessions where license_id = any($1) order by id`;

/** A message that a relay has in hand may take half a minute; all of them are counted in the very end. */
const outboxQuery = `
  select count(*) from outbox
  where tenant_id = any($1) and sent_at is null
    and (dead_at is not null or claimed_until is null or claimed_until < now())`;

/** How many messages of all seeds have reached no workflow, after waiting a minute for it at most. */
export async function countUndelivered({ databaseUrl }: Stack): Promise<number> {
  const client = new Client({ connectionString: databaseUrl, query_timeout: 5_000 });
  await client.connect();
  try {
    for (let tries = 0; ; tries += 1) {
      const unsent = 'select count(*) from outbox where sent_at is null';
      const { rows } = await client.query<{ count: string }>(unsent);
      const count = Number(rows[0]?.count ?? 0);
      if (count === 0 || tries === 60) return count;
      await delay(1_000);
    }
  } finally {
    await client.end();
  }
}

function rowOf(row: RawRow, wallOffsetMs: number): LedgerRow {
  const at = (date: Date) => date.getTime() + wallOffsetMs;
  return {
    ...row,
    createdAt: at(row.createdAt),
    grantedAt: row.grantedAt === null ? null : at(row.grantedAt),
    endedAt: row.endedAt === null ? null : at(row.endedAt),
  };
}
