/** How a session looks to its client: what the script said, and what the ledger adds. */
import type { z } from 'zod';
import type { RecordedSession } from '../../data/sessions.ts';
import { estimateWaitSeconds } from '../../domain/seat.ts';
import type { RenewReply } from '../../lua/scripts.ts';
import type { Tenure } from '../../services/acquire-session.ts';
import type { SeatState } from '../../services/watch-session.ts';
import type { SessionClaims } from '../../signing/session-credential.ts';
import type { sessionSchema } from '../schemas.ts';

type Session = z.input<typeof sessionSchema>;
type Subject = Pick<SessionClaims, 'sessionId' | 'licenseId' | 'instanceKey'>;

/** A session as a script's reply shows it; the ledger's row adds its members where it was read. */
export function presentSession(
  subject: Subject,
  seat: Tenure | SeatState | Exclude<RenewReply, { word: 'NO_POOL' }>,
  row: RecordedSession | null,
): Session {
  return {
    id: subject.sessionId,
    status: statusOf(seat),
    licenseId: subject.licenseId,
    instanceKey: subject.instanceKey,
    seats: 'usage' in seat ? seat.usage : null,
    queue: queueOf(seat),
    leaseUntil: 'leaseUntil' in seat ? iso(seat.leaseUntil) : null,
    heartbeatSeconds: 'heartbeatMs' in seat ? seat.heartbeatMs / 1000 : null,
    fence: 'fence' in seat ? seat.fence : null,
    ...(row === null ? {} : ledgerMembers(row)),
  };
}

function statusOf({ word }: { word: string }): Session['status'] {
  switch (word) {
    case 'QUEUED':
      return 'queued';
    case 'OFFERED':
      return 'offered';
    case 'ENDED':
      return 'ended';
    default:
      return 'active';
  }
}

function queueOf(seat: Parameters<typeof presentSession>[1]): Session['queue'] {
  if (seat.word === 'OFFERED') {
    return {
      position: 1,
      length: null,
      estimatedWaitSeconds: 0,
      offerUntil: iso(seat.offerUntil),
      waitUntil: null,
    };
  }
  if (seat.word !== 'QUEUED') return null;
  if (!('position' in seat)) {
    const unknown = { position: null, length: null, estimatedWaitSeconds: null, offerUntil: null };
    return { ...unknown, waitUntil: null };
  }
  return {
    position: seat.position,
    length: seat.length,
    estimatedWaitSeconds: estimateWaitSeconds(seat.position, seat.usage.limit, seat.meanTenureMs),
    offerUntil: null,
    waitUntil: iso(seat.queueUntil),
  };
}

function ledgerMembers(row: RecordedSession) {
  return {
    usageType: row.usageType,
    createdAt: row.createdAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
    endReason: row.endReason,
  };
}

function iso(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
