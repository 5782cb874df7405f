import { EventEmitter, once } from 'node:events';
import type { Redis } from 'ioredis';
import type { PoolRef } from '../domain/seat.ts';
import { changesChannel, poolName } from './keys.ts';

/** Announcements for one pool, from the moment of `listen` on. */
export interface PoolListener {
  /** Resolves with the next announcement, after `timeoutMs`, or when the signal aborts. Never rejects. */
  next(timeoutMs: number, signal: AbortSignal): Promise<void>;
  stop(): void;
}

export interface PoolChanges {
  listen(pool: PoolRef): PoolListener;
}

/**
 * Hears announcements over a connection of its own, which it subscribes and subscribes again after a
 * reconnect. What is announced meanwhile is lost: listeners look again by themselves.
 */
export async function createPoolChanges(subscriber: Redis): Promise<PoolChanges> {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  subscriber.on('message', (_channel: string, pool: string) => emitter.emit(pool));
  await subscriber.subscribe(changesChannel);
  return { listen: (pool) => createListener(emitter, poolName(pool)) };
}

function createListener(emitter: EventEmitter, pool: string): PoolListener {
  // An announcement between two calls of next must not be lost, so it is remembered.
  let isAnnounced = false;
  const remember = () => {
    isAnnounced = true;
  };
  emitter.on(pool, remember);
  return {
    async next(timeoutMs, signal) {
      const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      if (!isAnnounced && !until.aborted) {
        await once(emitter, pool, { signal: until }).catch(() => undefined);
      }
      isAnnounced = false;
    },
    stop() {
      emitter.off(pool, remember);
    },
  };
}
