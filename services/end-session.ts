import { insertLicenseEvents } from '../data/license-events.ts';
import { enqueueMessages } from '../data/outbox.ts';
import { endSessionRows, type EndedRow, type Ending } from '../data/sessions.ts';
import type { TenantTransaction } from '../data/database.ts';
import { afterCommit } from '../data/tenant.ts';
import { endTenure } from '../data/tenures.ts';
import { endEventOf } from '../domain/events.ts';
import type { PoolRef } from '../domain/seat.ts';
import { newId } from '../platform/ids.ts';
import type { Deps } from './deps.ts';
import { endedMessage } from './session-message.ts';

/** Sessions to end, each with its reason. */
export interface EndSessions {
  tenantId: string;
  /** Those that have ended already are left alone. */
  endings: readonly Ending[];
  /** A session whose own workflow is the caller and needs no message. */
  silentFor?: string | undefined;
}

/**
 * The one way in which sessions end. Of all who try, exactly one wins a row, and only the winner
 * writes the end event and tells the session's workflow, in the same transaction. Once that has
 * committed each end is counted.
 */
export async function endSessions(
  tx: TenantTransaction,
  { metrics }: Pick<Deps, 'metrics'>,
  { tenantId, endings, silentFor }: EndSessions,
): Promise<EndedRow[]> {
  const ended = await endSessionRows(tx, tenantId, endings);
  if (ended.length === 0) return [];
  const details = new Map(endings.map(({ sessionId, detail }) => [sessionId, detail]));
  await insertLicenseEvents(
    tx,
    ended.map((row) => ({
      id: newId('evt'),
      tenantId,
      licenseId: row.licenseId,
      sessionId: row.id,
      event: endEventOf(row.endReason, row.wasGranted),
      detail: { reason: row.endReason, note: details.get(row.id) ?? undefined },
    })),
  );
  await enqueueMessages(
    tx,
    ended.filter(({ id }) => id !== silentFor).map((row) => endedMessage(tenantId, row)),
  );
  afterCommit(tx, () => {
    for (const { endReason } of ended) metrics.sessionsEnded.inc({ reason: endReason });
  });
  return ended;
}

/**
 * `endSessions` for one session, in a transaction of its own and one round trip.
 *
 * @returns whether it ended by this call.
 */
export async function endSessionAtOnce(
  { db, metrics }: Pick<Deps, 'db' | 'metrics'>,
  session: PoolRef & Pick<Ending, 'sessionId' | 'reason' | 'hardUntil'> & { instanceKey: string },
): Promise<boolean> {
  const { tenantId, licenseId, sessionId, instanceKey, reason, hardUntil } = session;
  // The statement itself adds the product, which only the license knows.
  const subject = { id: sessionId, licenseId, instanceKey, productId: '', endReason: reason };
  const hasEnded = await endTenure(db, {
    ...{ tenantId, sessionId, reason, hardUntil },
    event: {
      id: newId('evt'),
      ifGranted: endEventOf(reason, true),
      ifQueued: endEventOf(reason, false),
    },
    message: endedMessage(tenantId, subject),
  });
  if (hasEnded) metrics.sessionsEnded.inc({ reason });
  return hasEnded;
}
