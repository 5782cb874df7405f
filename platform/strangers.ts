/**
 * Addresses from which credentials keep coming that open nothing. Who guesses is slowed down by address,
 * before anything is looked up; a credential that this process has known is not held to account for its
 * neighbours, so that a thousand paying seats behind one address do not suffer from one bad script there.
 */
import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { createWindowCounter } from './window-counter.ts';

export interface Strangers {
  /** Seconds until this address may try unknown credentials again; null when it may now. */
  mustWait(address: string, credential: string): number | null;
  refused(address: string): void;
  recognized(credential: string): void;
}

/** Addresses that are remembered for their failures, and credentials for having been right. */
const addressesMax = 10_000;
const credentialsMax = 20_000;

/** @param failuresMax a minute and address; 0 slows nobody down. */
export function createStrangers({ failuresMax }: { failuresMax: number }): Strangers {
  const failures = createWindowCounter({ keysMax: addressesMax });
  const known = new Set<string>();
  return {
    mustWait(address, credential) {
      if (failuresMax === 0) return null;
      const { used, resetsInMs } = failures.look(networkOf(address));
      if (used < failuresMax || known.has(hashOf(credential))) return null;
      return Math.max(Math.ceil(resetsInMs / 1000), 1);
    },
    refused(address) {
      failures.add(networkOf(address));
    },
    recognized(credential) {
      const hash = hashOf(credential);
      if (known.has(hash)) return;
      const [oldest] = known.size < credentialsMax ? [] : known;
      if (oldest !== undefined) known.delete(oldest);
      known.add(hash);
    },
  };
}

/** Whoever has one IPv6 address has its whole /64. */
export function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [head = '', tail] = address.split('::', 2);
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    while (groups.length + rest.length < 8) groups.push('0');
    groups.push(...rest);
  }
  return groups.slice(0, 4).join(':');
}

function hashOf(credential: string): string {
  return createHash('sha256').update(credential).digest('base64');
}
