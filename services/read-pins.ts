import { openDatabase } from '../data/database.ts';
import { listRoots } from '../data/roots.ts';
import type { RootKey } from '../signing/tokens/root-list.ts';
import { rootJwk } from './root-jwk.ts';

/**
 * The root that signs and those that are to sign next, the oldest first.
 * @throws Error while there is not one of each: a client would have to be pinned anew at the next rotation.
 */
export async function readPins(databaseUrl: string): Promise<{ keys: RootKey[] }> {
  const db = openDatabase({ url: databaseUrl, poolSize: 1, onError: () => undefined });
  try {
    const roots = await listRoots(db);
    const active = roots.findIndex(({ state }) => state === 'active');
    const next = roots.slice(active + 1).filter(({ state }) => state === 'published');
    const present = roots[active];
    if (present === undefined || next.length === 0) {
      throw new Error('There is not both a root that signs and a next one yet. Try again later.');
    }
    return { keys: [present, ...next].map(rootJwk) };
  } finally {
    await db.destroy();
  }
}
