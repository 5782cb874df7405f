/**
 * Looking at a session, and waiting until it changes. Redis says where the session stands; the ledger
 * adds what only it knows, and has the last word once it has ended the session.
 */
import { findSession, type SessionRecord } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import { LicensingError, type EndReason } from '../domain/errors.ts';
import type { PoolChanges } from '../lua/pool-changes.ts';
import type { PollReply } from '../lua/scripts.ts';
import type { SessionRef } from './check-lease.ts';
import type { Deps } from './deps.ts';
import { recordedEnd } from './recorded-end.ts';
import { restorePool } from './restore-pool.ts';
import { settleDropped } from './settle-dropped.ts';

type Look = Exclude<PollReply, { word: 'NO_POOL' }>;

/** Where a session stands. */
export type SeatState =
  Exclude<Look, { word: 'ENDED' }> | Omit<Extract<Look, { word: 'ENDED' }>, 'epoch'>;

export interface WatchedSession {
  seat: SeatState;
  row: SessionRecord;
}

/** Looks again at least this often, in case an announcement was lost with a connection. */
const lookAgainMs = 5_000;

/**
 * Answers where the session stands, at once or, with `waitMs`, as soon as a waiter's place, its offer
 * or its end changes. Each look shows that the waiter lives.
 *
 * @throws LicensingError `restoring`, `unavailable`, and `not_found` when the ledger has no such row.
 */
export async function watchSession(
  deps: Deps & { changes: PoolChanges },
  session: SessionRef,
  options: { waitMs: number; signal: AbortSignal },
): Promise<WatchedSession> {
  const endsAt = performance.now() + options.waitMs;
  const announced = deps.changes.listen(session);
  try {
    const first = await lookAtSeat(deps, session);
    let seat = first;
    while (seat.word === 'QUEUED' && !hasMoved(first, seat) && !options.signal.aborted) {
      const leftMs = Math.ceil(endsAt - performance.now());
      if (leftMs <= 0) break;
      await announced.next({
        timeoutMs: Math.min(leftMs, untilNextChange(seat)),
        settleMs: Math.min(leftMs, behindMs(seat)),
        signal: options.signal,
      });
      seat = await lookAtSeat(deps, session);
    }
    const row = await readRow(deps, session, seat);
    return {
      seat: row.endReason === null ? seat : { ...ended(row.endReason), now: seat.now },
      row,
    };
  } finally {
    announced.stop();
  }
}

/** One look, without the ledger. */
async function lookAtSeat(deps: Deps, session: SessionRef): Promise<Look> {
  for (const isLastLook of [false, true]) {
    const reply = await deps.seats.pollQueue(session, session);
    if (reply.word !== 'NO_POOL') {
      // Whoever looks next is told of them again, so a ledger that does not answer costs no waiter its place.
      await settleDropped(deps, session, reply.dropped).catch((error: unknown) => {
        deps.log.warn({ err: error, licenseId: session.licenseId }, 'Dropped sessions not settled');
      });
      return reply;
    }
    if (!isLastLook) await restorePool(deps, session);
  }
  throw new LicensingError('restoring', 'The seats of this license are being restored. Try again.');
}

async function readRow(deps: Deps, session: SessionRef, seat: Look): Promise<SessionRecord> {
  const row =
    seat.word === 'ENDED'
      ? await recordedEnd(deps, session, seat.epoch)
      : await withTenant(deps.db, session.tenantId, (tx) => findSession(tx, session));
  if (row === undefined) throw new LicensingError('not_found', 'There is no such session.');
  return row;
}

/** The ledger ends a session before Redis lets go of its seat. */
function ended(reason: EndReason) {
  return { word: 'ENDED' as const, reason, dropped: [] };
}

function hasMoved(first: Look, now: Look): boolean {
  return first.word === 'QUEUED' && now.word === 'QUEUED' && first.position !== now.position;
}

/**
 * How much later than the first in line this waiter looks. An announcement wakes everybody who waits,
 * most of them only for a better place: those further back look later, and once for all that was
 * announced meanwhile. An offer is found within 0.8 s wherever it went.
 */
function behindMs({ position }: Extract<Look, { word: 'QUEUED' }>): number {
  return Math.min((position - 1) * 4, 800);
}

/** At least 50 ms, so that a change that is due but not yet done is not asked for in a tight loop. */
function untilNextChange(seat: Extract<Look, { word: 'QUEUED' }>): number {
  if (seat.nextChange === null) return lookAgainMs;
  return Math.min(lookAgainMs, Math.max(50, seat.nextChange - seat.now) + behindMs(seat));
}
