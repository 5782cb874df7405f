import { afterAll } from 'vitest';
import { cloneDatabase } from '../support/database.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { workflowBundle } from '../support/temporal.ts';
import { openSeatWorld, type SeatWorld, type WorldOptions } from './seat-world.ts';

/** A seat world for a test file, closed after its last test. Call it at the top level of the file. */
export async function useSeatWorld(
  options: Omit<WorldOptions, 'stores' | 'bundle'>,
): Promise<SeatWorld & { redis: TestRedis }> {
  const redis = await startTestRedis();
  const database = await cloneDatabase();
  const stores = { ...database, redisUrl: redis.url };
  const world = await openSeatWorld({ ...options, stores, bundle: workflowBundle() });
  afterAll(() => world.close());
  return { ...world, redis };
}
