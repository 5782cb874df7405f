/**
 * How much one credential may ask for in a minute, by kind of traffic. Kinds that a session's credential
 * opens are counted in this process: nothing else may stand between a beat and its seat, and no round trip
 * is spent on it. The others are counted in Redis, together for all processes. Whatever keeps the counter
 * from answering lets the request pass.
 */
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { TrafficClass } from '../domain/traffic.ts';
import type { Config } from './config.ts';
import type { connectRedis } from './redis.ts';
import { createWindowCounter, windowMs } from './window-counter.ts';

export interface Verdict {
  isAllowed: boolean;
  /** Requests that the window holds. */
  limit: number;
  left: number;
  resetSeconds: number;
}

export interface RateLimits {
  /**
   * Counts a request of the credential. Null when this kind has no limit, or nobody can count now. A
   * verdict that costs no round trip is there at once.
   */
  take(traffic: TrafficClass, credential: string): Verdict | null | Promise<Verdict | null>;
  close(): void;
}

type Redis = ReturnType<typeof connectRedis>;
type Limits = Pick<
  Config,
  | 'RATE_LIMIT_HEARTBEATS'
  | 'RATE_LIMIT_RELEASES'
  | 'RATE_LIMIT_ACQUIRES'
  | 'RATE_LIMIT_READS'
  | 'RATE_LIMIT_ADMIN'
>;

/** Sessions whose beats, releases and looks are counted; one costs about 150 bytes. */
const sessionsMax = 200_000;
/** A counter that takes longer than this is not waited for. */
const countTimeoutMs = 250;

export function createRateLimits(redis: Redis, limits: Limits): RateLimits {
  // Its own connection: a slow answer here must time out sooner than one about seats.
  const store = redis.duplicate({ commandTimeout: countTimeoutMs });
  store.on('error', () => undefined);
  const takers: Record<TrafficClass, RateLimits['take']> = {
    heartbeat: countHere(limits.RATE_LIMIT_HEARTBEATS),
    release: countHere(limits.RATE_LIMIT_RELEASES),
    wait: countHere(limits.RATE_LIMIT_READS),
    acquire: countTogether(store, 'acquire', limits.RATE_LIMIT_ACQUIRES),
    read: countTogether(store, 'read', limits.RATE_LIMIT_READS),
    admin: countTogether(store, 'admin', limits.RATE_LIMIT_ADMIN),
  };
  return {
    take: (traffic, credential) => takers[traffic](traffic, credential),
    close: () => store.disconnect(),
  };
}

function countHere(limit: number): RateLimits['take'] {
  if (limit === 0) return () => null;
  const counter = createWindowCounter({ keysMax: sessionsMax });
  return (_traffic, credential) => {
    const { used, resetsInMs } = counter.add(credential);
    return verdictOf(limit, { used, resetsInMs });
  };
}

function countTogether(store: Redis, traffic: TrafficClass, limit: number): RateLimits['take'] {
  if (limit === 0) return () => null;
  const limiter = new RateLimiterRedis({
    storeClient: store,
    keyPrefix: `lh-rate:${traffic}`,
    points: limit,
    duration: windowMs / 1000,
    rejectIfRedisNotReady: true,
    // Who is over costs no further round trip until the window ends.
    inMemoryBlockOnConsumed: limit,
  });
  return async (_traffic, credential) => {
    try {
      return verdictOfStore(limit, await limiter.consume(credential));
    } catch (refusal) {
      return refusal instanceof RateLimiterRes ? verdictOfStore(limit, refusal, limit + 1) : null;
    }
  };
}

function verdictOfStore(limit: number, counted: RateLimiterRes, used = counted.consumedPoints) {
  return verdictOf(limit, { used, resetsInMs: counted.msBeforeNext });
}

function verdictOf(limit: number, { used, resetsInMs }: { used: number; resetsInMs: number }) {
  return {
    isAllowed: used <= limit,
    limit,
    left: Math.max(limit - used, 0),
    resetSeconds: Math.max(Math.ceil(resetsInMs / 1000), 1),
  };
}
