/** What the command line says, as plain text. Pure. */
import type { Holder, LeaseholdError } from '../errors.ts';
import type { QueueProgress } from '../queue.ts';

/** "3 min", "2 h 5 min": the two largest units of a time. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3_600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** Where a waiter stands, in one line. */
export function queueLine(progress: QueueProgress, waitedSeconds: number): string {
  const { position, length, estimatedWaitSeconds, seats } = progress;
  const used = seats === null ? 'All seats' : `${seats.used} of ${seats.limit} seats`;
  const place =
    position === null
      ? 'waiting for one'
      : `place ${position}${length === null ? '' : ` of ${length}`} in the queue`;
  const estimate =
    estimatedWaitSeconds === null ? '' : `, about ${duration(estimatedWaitSeconds)} to go`;
  const waited = waitedSeconds < 1 ? '' : ` (waited ${duration(waitedSeconds)})`;
  return `${used} are in use: ${place}${estimate}${waited}`;
}

/**
 * Why there is no seat, who holds them, and what to do: the first line is the answer.
 *
 * @param credential what the request was made with, and where it comes from.
 */
export function explainError(
  error: LeaseholdError,
  nowMs: number,
  credential = 'license key (LEASEHOLD_LICENSE_KEY)',
): string[] {
  return [headline(error), ...holderLines(error, nowMs), ...advice(error, credential)];
}

function headline(error: LeaseholdError): string {
  const { code, seats, queueLength } = error;
  if (code !== 'no_seats_available' || seats === null) return error.detail;
  const waiting = queueLength === null || queueLength === 0 ? '' : `, and ${queueLength} waiting`;
  return `No seat is free: ${seats.used} of ${seats.limit} in use${waiting}.`;
}

function holderLines({ holders, otherHolders }: LeaseholdError, nowMs: number): string[] {
  if (holders.length === 0 && otherHolders === 0) return [];
  const named = holders.map((holder) => `  - ${holderLine(holder, nowMs)}`);
  const others = named.length === 0 ? 'others' : 'more';
  const counted = otherHolders === 0 ? [] : [`  - ${otherHolders} ${others}, not named`];
  return ['Held by:', ...named, ...counted];
}

function holderLine({ deviceName, own, since, sessionId }: Holder, nowMs: number): string {
  const device = deviceName ?? 'a device without a name';
  const where = own ? `this device (${device})` : device;
  return `${where}, for ${duration((nowMs - Date.parse(since)) / 1000)} (${sessionId})`;
}

function advice(
  { code, holders, takeoverOffered, status, requestId }: LeaseholdError,
  credential: string,
): string[] {
  switch (code) {
    case 'no_seats_available':
      return [adviceWithoutSeat(holders, takeoverOffered)];
    case 'takeover_refused':
      return [
        'Run again without --takeover to see which sessions there are, or with --wait to queue.',
      ];
    case 'usage_type_not_allowed':
      return [usageTypeAdvice];
    case 'unauthenticated':
      return [`Check the ${credential}.`];
    case 'unproven':
      return [
        'This denies nothing. Check that the pinned roots (LEASEHOLD_ROOTS) are those of this server.',
      ];
    case 'unreachable':
    case 'unavailable':
    case 'restoring':
    case 'internal':
      return [
        'This says nothing about the license. Try again in a moment.',
        ...(requestId === null || status === null ? [] : [`Request id: ${requestId}`]),
      ];
    default:
      return [];
  }
}

/** A guess may be wrong; whoever runs the program knows. */
export const usageTypeAdvice =
  'If the program was taken for the wrong type of use, LEASEHOLD_USAGE_TYPE or --usage-type decides.';

function adviceWithoutSeat(holders: readonly Holder[], takeoverOffered: boolean): string {
  const own = holders.find((holder) => holder.own);
  if (own === undefined) {
    return 'Run again with --wait to queue for a seat, or ask one of the holders to stop.';
  }
  return takeoverOffered
    ? `Close the copy on this device, run again with --takeover ${own.sessionId} to have its seat, or with --wait to queue for a seat.`
    : 'Close the copy on this device, or run again with --wait to queue for a seat.';
}
