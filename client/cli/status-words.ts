/** What `leasehold status` and `leasehold release` say, as plain text. Pure. */
import type { SeatStanding, SeenSeat } from './status.ts';
import { duration } from './words.ts';

export function statusHeadline(standing: SeatStanding): string {
  switch (standing) {
    case 'held':
      return 'This project holds a seat on this machine:';
    case 'degraded':
      return 'The server cannot be asked; this project was last seen with a seat:';
    case 'none':
      return 'This project holds no seat on this machine.';
    case 'unknown':
      return 'Nobody can tell whether this project holds a seat.';
  }
}

/** One remembered seat: which session, since when, and what became of its process. */
export function seatLine({ remembered, isRunning, session }: SeenSeat, nowMs: number): string {
  const { sessionId, pid, state, leaseUntil } = remembered;
  const process = `process ${pid}`;
  if (session?.status === 'ended') {
    return `${sessionId} of ${process} has ended (${session.endReason ?? 'unknown'})`;
  }
  const leftSeconds = (Date.parse(session?.leaseUntil ?? leaseUntil) - nowMs) / 1000;
  const lease =
    leftSeconds > 0 ? `its lease runs for ${duration(leftSeconds)}` : 'its lease is over';
  const since = session?.createdAt;
  const age = since === undefined ? '' : ` for ${duration((nowMs - Date.parse(since)) / 1000)}`;
  const holder = isRunning
    ? `${process}${state === 'online' ? '' : ', which does not reach the server'}`
    : `${process}, which is gone: leasehold release gives it back`;
  return `${sessionId}${age}, ${lease}; held by ${holder}`;
}
