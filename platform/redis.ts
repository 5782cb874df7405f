import { Redis } from 'ioredis';
import type { Metrics } from './metrics.ts';
import { isOutage } from './outage.ts';

/**
 * Connects to the Redis that decides seats. A call that gets no answer in 2 s fails (a connection that
 * stalls half open is otherwise never noticed), and nothing is queued for longer than one reconnect,
 * so that a caller hears soon that Redis is away. Errors reach `onError`, once per attempt.
 *
 * What was subscribed is not subscribed again of its own accord: nobody would hear of it when that fails, and
 * Node ends a process for what nobody hears of. Whoever subscribes does so whenever it is `ready`.
 *
 * Commands are not gathered into pipelines of their own accord: that made a fifth fewer heartbeats over ten
 * connections and a tenth fewer over a hundred, since ioredis keeps each gathered call in memory until a
 * full collection. They leave one after another without waiting for replies all the same.
 */
export function connectRedis(options: {
  url: string;
  name: string;
  onError: (error: Error) => void;
}): Redis {
  const redis = new Redis(options.url, {
    connectionName: options.name,
    commandTimeout: 2_000,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 1,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
  });
  redis.on('error', options.onError);
  return redis;
}

/**
 * @throws when Redis does not answer, may evict keys (an evicted seat would be granted twice), or has
 * fewer replicas in sync than a seat must have reached.
 */
export async function assertRedisKeepsKeys(redis: Redis, replicasMin = 0): Promise<void> {
  const info = await redis.info('memory', 'replication');
  const policy = memberOf(info, 'maxmemory_policy');
  if (policy !== 'noeviction') {
    throw new Error(`Redis must run with maxmemory-policy noeviction, not ${policy ?? 'unknown'}`);
  }
  const replicas = info.match(/^slave\d+:.*state=online/gm)?.length ?? 0;
  if (replicas < replicasMin) {
    throw new Error(`Redis has ${replicas} replicas in sync and needs ${replicasMin}`);
  }
}

/**
 * Lets every scrape tell what can lose seats: a Redis that is away, writes no file, has no replica or
 * may evict. One INFO a scrape; when it fails nothing is known but that.
 */
export function watchRedis(redis: Redis, metrics: Metrics): void {
  const known = [
    metrics.redisAppendOnly,
    metrics.redisKeepsKeys,
    metrics.redisReplicas,
    metrics.redisMemoryBytes,
  ];
  metrics.onScrape(async () => {
    try {
      const info = await redis.info('memory', 'persistence', 'replication');
      metrics.redisUp.set(1);
      metrics.redisAppendOnly.set(Number(memberOf(info, 'aof_enabled')));
      metrics.redisKeepsKeys.set(memberOf(info, 'maxmemory_policy') === 'noeviction' ? 1 : 0);
      metrics.redisReplicas.set(Number(memberOf(info, 'connected_slaves')));
      metrics.redisMemoryBytes.set(Number(memberOf(info, 'used_memory')));
    } catch {
      metrics.redisUp.set(0);
      for (const gauge of known) gauge.remove();
    }
  });
}

/** Counts a failed call: no answer in time, no connection, or an answer that is an error. */
export function countRedisFault(metrics: Metrics, error: unknown): void {
  const isLate = error instanceof Error && error.message === 'Command timed out';
  metrics.redisFaults.inc({
    kind: isLate ? 'timeout' : isOutage(error) ? 'connection' : 'refused',
  });
}

function memberOf(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
}
