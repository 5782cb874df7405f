import { Redis } from 'ioredis';

/**
 * Connects to the Redis that decides seats. A call that gets no answer in 2 s fails (a connection that
 * stalls half open is otherwise never noticed), and nothing is queued for longer than one reconnect,
 * so that a caller hears soon that Redis is away. Errors reach `onError`, once per attempt.
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
    enableAutoPipelining: true,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
  });
  redis.on('error', options.onError);
  return redis;
}

/**
 * @throws when Redis does not answer, or may evict keys: an evicted seat would be granted twice.
 */
export async function assertRedisKeepsKeys(redis: Redis): Promise<void> {
  const memory = await redis.info('memory');
  const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1];
  if (policy !== 'noeviction') {
    throw new Error(`Redis must run with maxmemory-policy noeviction, not ${policy ?? 'unknown'}`);
  }
}
