/** What both stores hold of one license, and the rules that must be true of it at any instant. */
import { expect } from 'vitest';
import { inBatches } from '../../data/batches.ts';
import { poolKeys } from '../../lua/keys.ts';
import { newId } from '../../platform/ids.ts';
import { restorePool } from '../../services/restore-pool.ts';
import type { GivenLicense } from './given.ts';

const endEvents =
  /^(seat\.(released|forced|withdrawn|superseded)|lease\.lapsed|offer\.expired|queue\.)/;

/** Every row, event and message of a license, and its pool. */
export async function readStores({ api, tenantId, licenseId }: GivenLicense) {
  const { systemDb, seats } = api.deps;
  const rows = await systemDb
    .selectFrom('sessions')
    .selectAll()
    .where('licenseId', '=', licenseId)
    .execute();
  const events = await systemDb
    .selectFrom('licenseEvents')
    .selectAll()
    .where('licenseId', '=', licenseId)
    .where('sessionId', 'is not', null)
    .execute();
  const messages = await systemDb
    .selectFrom('outbox')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .orderBy('id')
    .execute();
  return { rows, events, messages, pool: await seats.readPool({ tenantId, licenseId }) };
}

/** Throws unless each grant is recorded once and ended once, and no more seats are out than there are. */
export async function expectSound(
  license: GivenLicense,
  limit: number,
  options: {
    /** A workflow that ended its session itself is not told of it. */
    endedByWorkflow?: boolean;
  } = {},
): Promise<void> {
  const { rows, events, messages, pool } = await readStores(license);
  expect(rows.filter(({ status }) => status === 'active').length).toBeLessThanOrEqual(limit);
  expect(pool?.seats.length ?? 0).toBeLessThanOrEqual(limit);
  for (const row of rows) {
    const own = events.filter(({ sessionId }) => sessionId === row.id).map(({ event }) => event);
    const told = messages.filter(({ workflowId }) => workflowId.endsWith(row.id));
    const ends = told.filter(({ signal }) => signal === 'released' || signal === 'revoked');
    const isEnded = row.endedAt !== null;
    expect({ id: row.id, ends: own.filter((event) => endEvents.test(event)).length }).toEqual({
      id: row.id,
      ends: isEnded ? 1 : 0,
    });
    expect(own.filter((event) => event === 'seat.acquired').length).toBe(row.grantedAt ? 1 : 0);
    expect(told.length - ends.length).toBeGreaterThanOrEqual(1);
    if (isEnded && options.endedByWorkflow === true && ends.length === 0) continue;
    expect(ends.length).toBe(isEnded ? 1 : 0);
    expect(told.at(-1)?.signal ?? null).toBe(
      isEnded ? ends[0]?.signal : row.status === 'active' ? 'granted' : null,
    );
  }
}

/** Opens rows in the ledger as if that many instances, `i0` and on, held seats or waited. */
export async function givenRows(
  { api, tenantId, licenseId, product }: GivenLicense,
  { count, status, ageMs = 0 }: { count: number; status: 'active' | 'queued'; ageMs?: number },
): Promise<void> {
  const createdAt = new Date(Date.now() - ageMs);
  const rows = Array.from({ length: count }, (_, n) => ({
    ...{ id: newId('ses'), tenantId, licenseId, instanceKey: `i${n}`, status, product },
    ...{ version: '1', usageType: 'builder' as const, createdAt },
    device: JSON.stringify({ fingerprint: `d${n}` }),
    ...(status === 'active'
      ? { fenceEpoch: 1, fenceCounter: n, grantedAt: new Date(), rightsMs: 60_000 }
      : {}),
  }));
  for (const batch of inBatches(rows)) {
    await api.deps.systemDb.insertInto('sessions').values(batch).execute();
  }
}

/** Throws unless the two stores name the same sessions, and Redis owes the ledger no report. */
export async function expectAgreement(license: GivenLicense): Promise<void> {
  const { rows, pool } = await readStores(license);
  const open = rows.filter(({ endedAt }) => endedAt === null).map(({ id }) => id);
  const held = [...(pool?.seats ?? []), ...(pool?.waiters ?? [])].map(({ sessionId }) => sessionId);
  expect(held.toSorted()).toEqual(open.toSorted());
  const [, , , , ended = ''] = poolKeys(license);
  expect(await license.api.store.hkeys(ended)).toEqual([]);
}

/**
 * Lets every lease, offer and wait of a license be over, as if a lease's time had passed. A pool that
 * is not there is restored first: whoever holds a seat of it has a fresh lease from then on.
 */
export async function afterEverythingLapses(license: GivenLicense): Promise<void> {
  await restorePool(license.api.deps, license);
  const [, seats = '', , waiters = ''] = poolKeys(license);
  const { store } = license.api;
  for (const key of [seats, waiters]) {
    for (const member of await store.zrange(key, '0', '-1')) await store.zadd(key, 'XX', 1, member);
  }
}
