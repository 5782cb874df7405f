import type { Redis } from 'ioredis';
import type { PoolRef } from '../domain/seat.ts';
import { poolKeys, sessionKey } from './keys.ts';

/** What a pool holds, for sweeps and tests; not a decision, so it takes several round trips. */
export interface PoolContents {
  seats: { sessionId: string; instanceKey: string; until: number; offer: boolean }[];
  waiters: { sessionId: string; instanceKey: string }[];
}

/** Reads all seats, offers and waiters, or null when Redis does not hold the pool. */
export async function readPool(redis: Redis, pool: PoolRef): Promise<PoolContents | null> {
  const [meta = '', seats = '', queue = ''] = poolKeys(pool);
  const [dataset, held, waiting] = await Promise.all([
    redis.hget(meta, 'dataset'),
    redis.zrange(seats, '0', '-1', 'WITHSCORES'),
    redis.zrange(queue, '0', '-1'),
  ]);
  if (dataset === null) return null;
  const entries = held.flatMap((instanceKey, index) =>
    index % 2 === 0 ? [{ instanceKey, until: Number(held[index + 1]) }] : [],
  );
  const session = (instanceKey: string) =>
    redis.hmget(sessionKey(pool, instanceKey), 'session', 'status');
  return {
    seats: await Promise.all(
      entries.map(async ({ instanceKey, until }) => {
        const [sessionId, status] = await session(instanceKey);
        return { sessionId: sessionId ?? '', instanceKey, until, offer: status === 'offered' };
      }),
    ),
    waiters: await Promise.all(
      waiting.map(async (instanceKey) => {
        const [sessionId] = await session(instanceKey);
        return { sessionId: sessionId ?? '', instanceKey };
      }),
    ),
  };
}
