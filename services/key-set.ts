import type { Database } from '../data/database.ts';
import { listPublicKeys } from '../data/signing-keys.ts';
import { sharedWhileRunning } from '../platform/shared-while-running.ts';
import type { RootKey } from '../signing/tokens/root-list.ts';
import { rootJwk } from './root-jwk.ts';

/** A public key of RFC 7517, with the one algorithm that it is good for. */
export type PublishedKey =
  RootKey | { kty: 'OKP'; kid: string; alg: 'Ed25519'; use: 'sig'; crv: 'Ed25519'; x: string };

/** Everything that this server's tokens may be verified with, the roots first, the newest last. */
export type KeySet = () => Promise<readonly PublishedKey[]>;

/** Much less than those who fetch the set keep it for. */
const keptMs = 30_000;

/**
 * Reads the key set: once in half a minute, however many ask for it, because anybody may. While Postgres is
 * away it is the one that was read last.
 */
export function createKeySet(db: Database): KeySet {
  let known: { keys: readonly PublishedKey[]; readAt: number } | null = null;
  const read = sharedWhileRunning(async () => {
    try {
      const { roots, delegates } = await listPublicKeys(db, new Date());
      const keys = [...roots.map(rootJwk), ...delegates.map(publishDelegate)];
      known = { keys, readAt: performance.now() };
      return keys;
    } catch (error) {
      if (known !== null) return known.keys;
      throw error;
    }
  });
  return async () => {
    const isFresh = known !== null && performance.now() - known.readAt < keptMs;
    return isFresh && known !== null ? known.keys : read();
  };
}

type Stored = Awaited<ReturnType<typeof listPublicKeys>>['roots'][number];

/** Member by member, so that nothing else can ever get into the set. */
function publishDelegate({ kid, publicKey: { x = '' } }: Stored): PublishedKey {
  return { kty: 'OKP', kid, alg: 'Ed25519', use: 'sig', crv: 'Ed25519', x };
}
