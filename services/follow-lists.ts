import { setTimeout as delay } from 'node:timers/promises';
import { findNewestList } from '../data/revocation-lists.ts';
import { listRootLists } from '../data/roots.ts';
import type { ListSource, PublishedRevocations } from '../signing/lists.ts';
import type { Deps } from './deps.ts';

/** Each brings a client that was away further by a quarter: eight are two years. */
const rootListsMax = 8;

/** Lists in this process's memory, and how it comes by newer ones. */
export interface FollowedLists extends ListSource {
  /** Looks at once. Rejects while Postgres is away; what was known stays. */
  refresh(): Promise<void>;
}

/** A copy of the signed lists, so that no heartbeat asks Postgres for their number. It only ever gets newer. */
export function createFollowedLists({ db, metrics }: Pick<Deps, 'db' | 'metrics'>): FollowedLists {
  let revocations: PublishedRevocations | null = null;
  let roots: readonly string[] = [];
  return {
    revocations: () => revocations,
    roots: () => roots,
    async refresh() {
      const newest = await findNewestList(db);
      const lists = await listRootLists(db, rootListsMax);
      roots = lists.map(({ token }) => token);
      if (newest === undefined || newest.seq <= (revocations?.seq ?? 0)) return;
      const { seq, token, nextUpdate } = newest;
      revocations = { seq, token, nextUpdate: nextUpdate.getTime() };
      metrics.revocationsNextUpdate.set(nextUpdate.getTime() / 1_000);
    },
  };
}

const followEveryMs = 15_000;

/** Refreshes them until `stopping` is aborted. While Postgres is away, what is known stays. */
export async function keepFollowing(
  lists: FollowedLists,
  { log, stopping }: { log: Deps['log']; stopping: AbortSignal },
): Promise<void> {
  while (!stopping.aborted) {
    await lists.refresh().catch((error: unknown) => {
      log.warn({ err: error }, 'The signed lists could not be looked at');
    });
    await delay(followEveryMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}
