import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { PoolRef } from '../domain/seat.ts';
import { changesChannel, poolName } from './keys.ts';

export interface PoolWait {
  timeoutMs: number;
  /** How long it goes on after an announcement; what is announced meanwhile counts as the same one. */
  settleMs: number;
  signal: AbortSignal;
}

/** Announcements for one pool, from the moment of `listen` on. */
export interface PoolListener {
  /** Resolves after the next announcement, after the time-out, or when the signal aborts. Never rejects. */
  next(wait: PoolWait): Promise<void>;
  stop(): void;
}

export interface PoolChanges {
  listen(pool: PoolRef): PoolListener;
}

/**
 * Hears announcements over a connection of its own, which it subscribes whenever it is made, a Redis that
 * is away at first included. What is announced meanwhile is lost: listeners look again by themselves.
 */
export async function createPoolChanges(subscriber: Redis): Promise<PoolChanges> {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  subscriber.on('message', (_channel: string, pool: string) => emitter.emit(pool));
  // A connection that breaks before the answer brings another one, which subscribes again.
  const subscribe = () => subscriber.subscribe(changesChannel).catch(() => undefined);
  subscriber.on('ready', () => void subscribe());
  await subscribe();
  return { listen: (pool) => createListener(emitter, poolName(pool)) };
}

function createListener(emitter: EventEmitter, pool: string): PoolListener {
  // An announcement between two calls of next must not be lost, so it is remembered.
  let isAnnounced = false;
  const remember = () => {
    isAnnounced = true;
  };
  const wasAnnounced = () => isAnnounced;
  emitter.on(pool, remember);
  return {
    async next({ timeoutMs, settleMs, signal }) {
      const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      if (!isAnnounced && !until.aborted) {
        await once(emitter, pool, { signal: until }).catch(() => undefined);
      }
      // Set by the announcement that was waited for.
      if (wasAnnounced()) await delay(settleMs, undefined, { signal }).catch(() => undefined);
      isAnnounced = false;
    },
    stop() {
      emitter.off(pool, remember);
    },
  };
}
