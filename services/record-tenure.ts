import { insertLicenseEvents } from '../data/license-events.ts';
import type { LicenseRecord } from '../data/licenses.ts';
import { enqueueMessages } from '../data/outbox.ts';
import { lockPool, readPoolVersion } from '../data/pools.ts';
import {
  listStandings,
  markShared,
  upsertSession,
  type Ending,
  type RecordedSession,
  type SessionRecord,
  type Standing,
} from '../data/sessions.ts';
import { openTenure } from '../data/tenures.ts';
import { withTenant } from '../data/tenant.ts';
import type { TenantTransaction } from '../data/database.ts';
import { LicensingError } from '../domain/errors.ts';
import { rightsMsOf } from '../domain/seat.ts';
import { newId } from '../platform/ids.ts';
import type { AcquireInput, Tenure } from './acquire-session.ts';
import type { Deps } from './deps.ts';
import { endSessions } from './end-session.ts';
import { noticeRepeatedFence } from './invariants.ts';
import { tenureMessage } from './session-message.ts';
import { poolConfigOfLicense } from './pool-config.ts';
import { refuseEarlierGrants } from './settle-dropped.ts';

export type Recorded =
  | { outcome: 'recorded'; row: RecordedSession }
  /** The row had ended: the id must be freed in Redis. */
  | { outcome: 'ended' }
  /**
   * The session was granted before the license changed and nobody recorded it by then, so it was not counted
   * by what changed it: it must be freed in Redis, and nothing was written.
   */
  | { outcome: 'outdated' }
  /**
   * Since the script ran the pool was rebuilt, the license changed, or the instance began a newer
   * session: nothing was written.
   */
  | { outcome: 'overtaken' };

/**
 * Writes in one transaction what a script granted: ends the rows of what it dropped and of what the
 * instance held before, upserts this session, adds its event and the message to its workflow. A caller
 * that was slow ends nothing that came after it: once its own session has ended, it writes nothing. The
 * shared lock of the pool and the check of its version make sure that a restore or a suspension comes
 * either wholly before or wholly after.
 *
 * @throws LicensingError `unavailable`: rolled back for certain and undone in Redis, or, when the
 * commit itself got no answer, left as it is, so that a retry attaches or the lease lapses.
 */
export async function recordTenure(
  deps: Deps,
  input: AcquireInput,
  license: LicenseRecord,
  tenure: Tenure,
): Promise<Recorded> {
  const progress = { isCommitting: false };
  try {
    const opened = await openAtOnce(deps, { input, license, tenure }, () => {
      progress.isCommitting = true;
    });
    if (opened !== null) return { outcome: 'recorded', row: opened };
    const write = (mode: 'shared' | 'exclusive') => {
      progress.isCommitting = false;
      return withTenant(deps.db, input.tenantId, async (tx) => {
        const recorded = await writeTenure(tx, deps, { input, license, tenure, mode });
        progress.isCommitting = true;
        return recorded;
      });
    };
    return (await write('shared')) ?? (await write('exclusive')) ?? { outcome: 'overtaken' };
  } catch (error) {
    noticeRepeatedFence(deps, input, error);
    if (!progress.isCommitting) {
      await undoTenure(deps, input, tenure, 'failed').catch(ignoreUntilLapse);
    }
    throw new LicensingError('unavailable', 'The seat could not be recorded. Try again.', {
      cause: error,
    });
  }
}

/**
 * A new session whose grant displaced nobody, which is nearly every one: in two round trips. Null when
 * it is another case, or anything stood in the way, and nothing was written.
 */
async function openAtOnce(
  deps: Deps,
  { input, license, tenure }: { input: AcquireInput; license: LicenseRecord; tenure: Tenure },
  beforeCommit: () => void,
): Promise<RecordedSession | null> {
  if (tenure.word !== 'GRANTED' || tenure.source !== 'free' || tenure.dropped.length > 0) {
    return null;
  }
  const { fence, sessionId: id, epoch, leaseUntil: until } = tenure;
  const rightsMs = rightsOf(license, tenure);
  const { tenantId, licenseId, instanceKey, usageType } = input;
  const subject = { id, licenseId, instanceKey, productId: license.productId };
  const opened = await openTenure(
    deps.db,
    {
      pool: input,
      version: { epoch, configVersion: license.configVersion },
      session: { ...input, id, fence, rightsMs },
      event: { id: newId('evt'), event: 'seat.acquired', detail: { fence, waitedSeconds: 0 } },
      message: tenureMessage(tenantId, subject, { status: 'active', until }),
    },
    beforeCommit,
  );
  if (opened === null) return null;
  const { createdAt } = opened;
  return { usageType, createdAt, grantedAt: createdAt, endedAt: null, endReason: null };
}

/** @returns null in shared mode when a dropped session has no row: nothing was written. */
async function writeTenure(
  tx: TenantTransaction,
  deps: Deps,
  {
    input,
    license,
    tenure,
    mode,
  }: {
    input: AcquireInput;
    license: LicenseRecord;
    tenure: Tenure;
    mode: 'shared' | 'exclusive';
  },
): Promise<Recorded | null> {
  await lockPool(tx, input, mode);
  const version = await readPoolVersion(tx, input);
  if (version?.epoch !== tenure.epoch || version.configVersion !== license.configVersion) {
    return { outcome: 'overtaken' };
  }
  const standings = await listStandings(tx, input, {
    instanceKey: input.instanceKey,
    sessionIds: [tenure.sessionId, ...tenure.dropped.map(({ sessionId }) => sessionId)],
  });
  // Before anything ends: what came after this tenure may be somebody's seat.
  if (standings.some(({ id, endedAt }) => id === tenure.sessionId && endedAt !== null)) {
    return { outcome: 'ended' };
  }
  if (isOutdated(tenure, standings, version)) return { outcome: 'outdated' };
  const displaced = displacedBy(tenure, standings);
  if (displaced.some((row) => isNewer(row, tenure))) return { outcome: 'overtaken' };
  const known = new Set(standings.map(({ id }) => id));
  if (tenure.dropped.some(({ sessionId }) => !known.has(sessionId))) {
    if (mode === 'shared') return null;
    await refuseEarlierGrants(tx, input);
  }
  const endings = endingsBefore(input, tenure, displaced);
  await endSessions(tx, deps, { tenantId: input.tenantId, endings });
  const upserted = await upsertSession(tx, input, {
    ...input,
    id: tenure.sessionId,
    ...(tenure.word === 'QUEUED'
      ? { ticket: tenure.ticket }
      : { fence: tenure.fence, rightsMs: rightsOf(license, tenure) }),
  });
  if (upserted === undefined) return { outcome: 'ended' };
  if (tenure.word === 'ATTACHED' && tenure.isShared && !upserted.row.isShared) {
    await markShared(tx, { tenantId: input.tenantId, sessionId: tenure.sessionId });
  }
  if (upserted.change !== 'none') await announce(tx, { input, license, tenure }, upserted.row);
  return { outcome: 'recorded', row: upserted.row };
}

/**
 * Whether the caller attached to a session of which the ledger knows nothing and which an older version of the
 * pool granted. Whoever granted it cannot record it any more either.
 */
function isOutdated(
  tenure: Tenure,
  standings: readonly Standing[],
  { configVersion }: { configVersion: number },
): boolean {
  if (tenure.word !== 'ATTACHED' || tenure.grantVersion === configVersion) return false;
  return standings.every(({ id }) => id !== tenure.sessionId);
}

/** How long after a beat the session's tokens may last; null for one that is online-only. */
function rightsOf(
  license: LicenseRecord,
  { hardUntil }: Extract<Tenure, { word: 'GRANTED' | 'ATTACHED' }>,
): number | null {
  return hardUntil === null ? null : rightsMsOf(poolConfigOfLicense(license));
}

/** Rows that the instance has open although this tenure is its session: Redis lost theirs. */
function displacedBy(tenure: Tenure, standings: readonly Standing[]): Standing[] {
  const dropped = new Set(tenure.dropped.map(({ sessionId }) => sessionId));
  return standings.filter(
    ({ id, endedAt }) => endedAt === null && id !== tenure.sessionId && !dropped.has(id),
  );
}

/**
 * Whether a row is of a later grant than this tenure, whose caller was slow. Tickets have a count of
 * their own: a place in the queue that came to its end unrecorded is told by the pool's version.
 */
function isNewer({ fenceEpoch, fenceCounter }: Standing, tenure: Tenure): boolean {
  if (tenure.word === 'QUEUED' || fenceEpoch === null || fenceCounter === null) return false;
  const { epoch, counter } = tenure.fence;
  return fenceEpoch > epoch || (fenceEpoch === epoch && fenceCounter > counter);
}

/** What must have ended before this tenure may stand. */
function endingsBefore(
  input: AcquireInput,
  tenure: Tenure,
  displaced: readonly Standing[],
): Ending[] {
  return [
    ...tenure.dropped.map((ending) => ({ ...ending, detail: takeoverNote(ending, input, tenure) })),
    ...displaced.map(({ id }) => ({ sessionId: id, reason: 'superseded' as const })),
  ];
}

/** Tells the history of a session that this very grant took over where its seat went. */
function takeoverNote(
  { sessionId }: Ending,
  { takeover }: AcquireInput,
  tenure: Tenure,
): string | undefined {
  const isTaken = isTakeover(tenure) && sessionId === takeover;
  return isTaken ? `Taken over by ${tenure.sessionId}` : undefined;
}

function isTakeover(tenure: Tenure): boolean {
  return tenure.word === 'GRANTED' && tenure.source === 'takeover';
}

async function announce(
  tx: TenantTransaction,
  { input, license, tenure }: { input: AcquireInput; license: LicenseRecord; tenure: Tenure },
  row: SessionRecord,
): Promise<void> {
  const isWaiting = tenure.word === 'QUEUED';
  await insertLicenseEvents(tx, [
    {
      id: newId('evt'),
      tenantId: input.tenantId,
      licenseId: input.licenseId,
      sessionId: row.id,
      event: isWaiting ? 'seat.queued' : 'seat.acquired',
      detail: isWaiting
        ? { position: tenure.position, length: tenure.length }
        : {
            fence: tenure.fence,
            waitedSeconds: waitedSeconds(row),
            tookOver: isTakeover(tenure) ? input.takeover : undefined,
          },
    },
  ]);
  await enqueueMessages(tx, [
    tenureMessage(
      input.tenantId,
      { ...row, productId: license.productId },
      {
        status: isWaiting ? 'queued' : 'active',
        until: isWaiting ? tenure.livenessUntil : tenure.leaseUntil,
      },
    ),
  ]);
}

function waitedSeconds(row: SessionRecord): number {
  if (row.grantedAt === null) return 0;
  return Math.round((row.grantedAt.getTime() - row.createdAt.getTime()) / 1000);
}

/**
 * Takes back in Redis what this call created and could not record: its holder, and the session too if
 * nobody attached to it meanwhile. A grant that took an offer, or another session's seat, stays: that
 * cannot be given back, and the caller's retry attaches to it. So does what has moved since: a
 * retry of the same holder was told of it. A session whose row has ended is freed whoever created it.
 */
export async function undoTenure(
  deps: Deps,
  input: AcquireInput,
  tenure: Tenure,
  why: 'ended' | 'outdated' | 'overtaken' | 'failed',
): Promise<void> {
  const session = { sessionId: tenure.sessionId, instanceKey: input.instanceKey };
  const reason = 'released';
  const free = (rights: 'keep' | 'discard') =>
    deps.seats.releaseSeat(input, { ...session, holderId: null, mode: 'free', reason, rights });
  if (why === 'ended') {
    // It ended otherwise, and its tokens may be out.
    await free('keep');
    return;
  }
  if (why === 'outdated') {
    await free('discard');
    return;
  }
  if (!isOwnWork(tenure)) return;
  const { holderId } = input;
  const { word } = await deps.seats.releaseSeat(input, {
    ...session,
    holderId,
    mode: 'leave',
    reason,
    givenUntil: tenure.word === 'QUEUED' ? tenure.livenessUntil : tenure.leaseUntil,
  });
  deps.reached('undo:left-in-redis');
  if (word === 'LAST' && tenure.word !== 'ATTACHED') await free('discard');
}

/** Whether this call created the session, or its holder. */
function isOwnWork(tenure: Tenure): boolean {
  switch (tenure.word) {
    case 'GRANTED':
      return tenure.source === 'free';
    case 'ATTACHED':
      return tenure.newHolder;
    case 'QUEUED':
      return tenure.newWaiter;
  }
}

/** The undo itself failed: Redis is away too, and the lease ends what nobody renews. */
function ignoreUntilLapse(): void {}
