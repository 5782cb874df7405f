import type { ReplyOf, readReplies } from './replies.ts';

/** What a pool counts, for sweeps and tests. */
export interface PoolContents {
  seats: { sessionId: string; instanceKey: string; until: number; offer: boolean }[];
  waiters: { sessionId: string; instanceKey: string }[];
  /** Devices that have offline rights. */
  rights: number;
}

type Page = ReplyOf<typeof readReplies>;

/** All pages together, or null when Redis does not hold the pool. Each page is of one instant. */
export async function readPages(
  readPage: (first: number) => Promise<Page>,
): Promise<PoolContents | null> {
  // By session, because what moves between two pages may be met twice.
  const seats = new Map<string, PoolContents['seats'][number]>();
  const waiters = new Map<string, PoolContents['waiters'][number]>();
  let rights = 0;
  for (let next: number | null = 0; next !== null;) {
    const page: Page = await readPage(next);
    if (page.word === 'NO_POOL') return null;
    for (const seat of page.seats) seats.set(seat.sessionId, seat);
    for (const waiter of page.waiters) waiters.set(waiter.sessionId, waiter);
    rights = page.rights;
    next = page.nextPage;
  }
  for (const sessionId of seats.keys()) waiters.delete(sessionId);
  return { seats: [...seats.values()], waiters: [...waiters.values()], rights };
}
