import type { PoolRef } from '../domain/seat.ts';

/**
 * The keys of a pool, in the order in which every script takes them. They share one hash tag, so that
 * a cluster keeps them together; scripts derive the `:s:<instance>` keys from the first. `:hard` is
 * reserved for offline rights.
 */
export function poolKeys({ tenantId, licenseId }: PoolRef): string[] {
  const tag = `lh:{${tenantId}:${licenseId}}`;
  return ['meta', 'seats', 'queue', 'waiters', 'ended'].map((part) => `${tag}:${part}`);
}

/** Key of the session of one instance. */
export function sessionKey({ tenantId, licenseId }: PoolRef, instanceKey: string): string {
  return `lh:{${tenantId}:${licenseId}}:s:${instanceKey}`;
}
