import type { PoolRef } from '../domain/seat.ts';

/** Where scripts announce that a waiter's place or offer changed. The message is `poolName`. */
export const changesChannel = 'lh:changes';

/** A pool by one name; it is the hash tag of all its keys. Ids hold neither colons nor braces. */
export function poolName({ tenantId, licenseId }: PoolRef): string {
  return `${tenantId}:${licenseId}`;
}

/**
 * The pool's keys in the order in which every script takes them. The last two are prefixes: a script
 * derives `:s:<instance>` for each instance that it meets, and `:d:<epoch>:<device>` for its device.
 */
export function poolKeys(pool: PoolRef): string[] {
  return parts.map((part) => keyOf(pool, part));
}

const parts = ['meta', 'seats', 'queue', 'waiters', 'ended', 'hard', 's:', 'd:'];

/** How many keys every script takes. */
export const keyCount = parts.length;

/** Whose pool's seats, queue or reports a key holds; null for any other key. */
export function poolOfKey(key: string): PoolRef | null {
  const [, tenantId, licenseId] =
    /^lh:\{([^:{}]+):([^:{}]+)\}:(?:seats|queue|ended)$/.exec(key) ?? [];
  return tenantId === undefined || licenseId === undefined ? null : { tenantId, licenseId };
}

/** Sessions that scripts dropped and the ledger has not acknowledged. */
export function endedKey(pool: PoolRef): string {
  return keyOf(pool, 'ended');
}

function keyOf(pool: PoolRef, part: string): string {
  return `lh:{${poolName(pool)}}:${part}`;
}
