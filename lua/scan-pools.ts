import type { Redis } from 'ioredis';
import { idPattern } from '../domain/ids.ts';
import type { PoolRef } from '../domain/seat.ts';
import { poolOfKey } from './keys.ts';

/** What one step of a scan found, and where the next begins; null: all keys were passed. */
export interface ScannedPools {
  cursor: string | null;
  /** Pools that hold anything: seats, waiters, or reports that the ledger has not acknowledged. */
  pools: PoolRef[];
}

/** Keys that one step passes: a millisecond of the server, whatever it holds. */
const keysPerStep = 1_000;

/** Letter by letter `seats`, `queue` and `ended`, so that the keys of sessions never leave the server. */
const pattern = 'lh:{*}:[sqe][eun][aed][tue][sed]';

/**
 * Takes one step through the keys of the server, of this one node if there are several. A pool that
 * is there from the first step to the last is met at least once; one may be met more often.
 */
export async function scanPools(redis: Redis, cursor: string): Promise<ScannedPools> {
  const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', keysPerStep);
  const pools = new Map<string, PoolRef>();
  for (const key of keys) {
    const pool = poolOfKey(key);
    if (pool !== null && isPool(pool)) pools.set(`${pool.tenantId}:${pool.licenseId}`, pool);
  }
  return { cursor: next === '0' ? null : next, pools: [...pools.values()] };
}

/** Other keys may look alike: an instance may have any name. */
function isPool({ tenantId, licenseId }: PoolRef): boolean {
  return idPattern('ten').test(tenantId) && idPattern('lic').test(licenseId);
}
