import {
  CancellationScope,
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type { SessionActivities } from '../activities/sessions.ts';
import {
  sessionSignals,
  stateQuery,
  type GrantedSignal,
  type HeartbeatSignal,
  type LicenseSessionInput,
  type LicenseSessionResult,
  type ReleasedSignal,
  type SessionProgress,
} from './contract.ts';
import { FollowedSession } from './followed-session.ts';
import { locallyFirst } from './locally-first.ts';
import { isHistoryLong } from './long-history.ts';
import {
  afterEnd,
  afterEndSignal,
  afterGrant,
  afterHeartbeat,
  afterLook,
} from './session-progress.ts';

const heartbeat = defineSignal<[HeartbeatSignal]>(sessionSignals.heartbeat);
const granted = defineSignal<[GrantedSignal]>(sessionSignals.granted);
const released = defineSignal<[ReleasedSignal]>(sessionSignals.released);
const revoked = defineSignal<[ReleasedSignal]>(sessionSignals.revoked);
const state = defineQuery<SessionProgress>(stateQuery);

/** At least this long from one look to the next, should the clocks of Redis and Temporal disagree. */
const lookEveryMs = 1_000;

const local = proxyLocalActivities<SessionActivities>({
  startToCloseTimeout: '5 seconds',
  retry: { initialInterval: '100 milliseconds', maximumAttempts: 2 },
});

const regular = proxyActivities<SessionActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '15 seconds' },
  // Each of them may run again, so a cancelled one need not be waited for.
  cancellationType: 'TRY_CANCEL',
});

/**
 * The life of one tenure of a seat, from queued or granted to ended.
 *
 * The API takes seats and renews leases without this workflow. The workflow gives up: it lapses the
 * session when its deadline (lease, offer, or a waiter's limit) passes without news, and sees to it
 * that the seat of an ended session is free. It completes only when the ledger says `ended` and Redis
 * holds nothing for the session any more. Cancelling it ends the session by force, and it completes in
 * the same way. It has no timeout and is never to be terminated: that would skip all of this.
 */
export async function licenseSession(input: LicenseSessionInput): Promise<LicenseSessionResult> {
  const session = new FollowedSession(input);
  setHandler(heartbeat, (beat) => session.change(afterHeartbeat(session.progress, beat)));
  setHandler(granted, (grant) => session.change(afterGrant(session.progress, grant)));
  setHandler(released, ({ reason }) => session.change(afterEndSignal(session.progress, reason)));
  setHandler(revoked, ({ reason }) => session.change(afterEndSignal(session.progress, reason)));
  setHandler(state, () => session.progress);
  try {
    if (input.carried === undefined) await readLedger(session);
    while (session.isOpen()) {
      if (await isDue(session)) await lookForLease(session);
      else if (session.isOpen()) await continueInNewRun(session, input);
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => endByForce(session));
  }
  await CancellationScope.nonCancellable(() => freeSeat(session));
  return { endReason: session.progress.endReason };
}

/** The message that starts a workflow may come late: what it says may have been overtaken. */
async function readLedger(session: FollowedSession): Promise<void> {
  const row = await locallyFirst(
    () => local.loadSession(session.ref),
    () => regular.loadSession(session.ref),
  );
  if (row === null) session.isFree = true;
  if (row === null || row.status === 'ended') {
    session.change(afterEnd(session.progress, row?.endReason ?? null));
  } else if (row.status === 'active' && session.progress.status === 'queued') {
    session.change({ ...session.progress, status: 'active' });
  }
}

/** Waits. False: the session ended first, or the history has grown long. */
function isDue(session: FollowedSession): Promise<boolean> {
  return session.deadline.reached(() => !session.isOpen() || isHistoryLong(), session.show);
}

/**
 * Redis has the last word: signals may have been lost, and then a mere look finds the lease renewed.
 * Only what has really run out is dropped, in Redis and then in the ledger.
 */
async function lookForLease(session: FollowedSession): Promise<void> {
  const found = await locallyFirst(
    () => local.checkLease(session.ref),
    () => regular.lapseLease(session.ref),
  );
  const fate = found.status === 'ended' ? await regular.lapseLease(session.ref) : found;
  if (fate.status === 'ended') {
    session.isFree = true;
    session.change(afterEnd(session.progress, fate.reason));
    return;
  }
  session.change(afterLook(session.progress, fate));
  const { deadline } = session;
  deadline.move(Math.max(deadline.at, deadline.now() + lookEveryMs));
}

async function continueInNewRun(
  session: FollowedSession,
  input: LicenseSessionInput,
): Promise<void> {
  await condition(allHandlersFinished);
  await continueAsNew<typeof licenseSession>({ ...input, carried: session.progress });
}

async function endByForce(session: FollowedSession): Promise<void> {
  const { endReason } = await regular.forceEnd(session.ref);
  session.change(afterEnd(session.progress, endReason));
}

/** The API has usually freed the seat already; this makes sure of it, however long Redis is away. */
async function freeSeat(session: FollowedSession): Promise<void> {
  const { endReason } = session.progress;
  if (session.isFree || endReason === null) return;
  await regular.confirmRelease({ ...session.ref, reason: endReason });
}
