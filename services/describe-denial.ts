import type { LicenseRecord } from '../data/licenses.ts';
import { countOpenSessions, listHolders, type SessionRecord } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import { resolvePolicy, type Rules } from '../domain/policy.ts';
import type { PoolConfig, SeatUsage, TakeoverRefusal } from '../domain/seat.ts';
import type { AcquireReply } from '../lua/scripts.ts';
import type { AcquireInput } from './acquire-session.ts';
import type { Deps } from './deps.ts';
import { poolConfigOfLicense } from './pool-config.ts';

/** Somebody who holds a seat, as far as the caller may know. */
export interface Holder {
  sessionId: string;
  since: Date;
  /** Whether it runs on the caller's own device. */
  own: boolean;
  deviceName?: string;
}

/** Why no seat was given, and who has them. */
export interface Denial {
  code: 'no_seats_available' | 'queue_full' | 'holders_exhausted' | 'takeover_refused';
  detail: string;
  /** With `takeover_refused`: why. */
  takeoverRefusal?: TakeoverRefusal;
  seats: SeatUsage;
  queueLength: number;
  holders: Holder[];
  /** Holders that are counted only: not the caller's, and the policy names nobody. */
  otherHolders: number;
  /** Whether the caller may have the seat of one of its own holders if it asks for it now. */
  takeoverOffered: boolean;
}

/** A script's refusal to give a seat. */
export type NoSeats = Extract<AcquireReply, { word: 'NO_SEATS' | 'TAKEOVER_REFUSED' }>;

/** Most holders that an answer lists; the rest is counted. */
const holdersListed = 20;

/** Explains a refusal by the script from the ledger. */
export async function describeDenial(
  deps: Deps,
  input: AcquireInput,
  license: LicenseRecord,
  reply: NoSeats,
): Promise<Denial> {
  const policy = resolvePolicy(license.planPolicy, license.overrides);
  const { rows, total } = await withTenant(deps.db, input.tenantId, async (tx) => ({
    rows: await listHolders(tx, input, {
      fingerprint: input.device.fingerprint,
      onlyOwn: !policy.namesHolders,
      limit: holdersListed,
    }),
    total: (await countOpenSessions(tx, input.tenantId, [input.licenseId])).get(input.licenseId),
  }));
  const holders = rows.map((row) => holderOf(row, input));
  const takeoverOffered = isTakeoverOffered(reply, poolConfigOfLicense(license), holders);
  return {
    ...(reply.word === 'TAKEOVER_REFUSED'
      ? { code: 'takeover_refused', takeoverRefusal: reply.reason }
      : { code: reply.reason }),
    detail: detailOf(reply, policy, takeoverOffered),
    seats: reply.usage,
    queueLength: reply.queueLength,
    holders,
    otherHolders: Math.max(0, (total?.used ?? 0) - holders.length),
    takeoverOffered,
  };
}

function holderOf(row: SessionRecord, { device: { fingerprint } }: AcquireInput): Holder {
  const device = row.device as { fingerprint: string; name?: string };
  return {
    sessionId: row.id,
    since: row.grantedAt ?? row.createdAt,
    own: device.fingerprint === fingerprint,
    ...(device.name === undefined ? {} : { deviceName: device.name }),
  };
}

/** As `acquire-seat` will decide: nobody is passed, and no seat is traded that the license has no more. */
function isTakeoverOffered(
  { reason, queueLength, usage }: NoSeats,
  { overdraft }: PoolConfig,
  holders: readonly Holder[],
): boolean {
  return (
    reason === 'no_seats_available' &&
    queueLength === 0 &&
    usage.used <= usage.limit + overdraft &&
    holders.some(({ own }) => own)
  );
}

function detailOf(reply: NoSeats, policy: Rules, takeoverOffered: boolean): string {
  const seats = `${reply.usage.used} of ${reply.usage.limit} seats are in use`;
  switch (reply.reason) {
    case 'no_seats_available': {
      const takeover = takeoverOffered
        ? ' Or name a session of your own in "takeover" to end it and have its seat.'
        : '';
      return policy.queue === null
        ? `${seats}. Close one of the running copies, or buy more seats.${takeover}`
        : `${seats} and ${reply.queueLength} waiting. Ask again with "wait": true to queue for one.${takeover}`;
    }
    case 'queue_full':
      return policy.queue === null
        ? `${seats}, and this plan has no queue. Close one of the running copies, or buy more seats.`
        : `${seats} and the queue is full (${reply.queueLength} waiting). Try again later.`;
    case 'holders_exhausted':
      return `This instance already runs as many processes as one seat allows (${policy.holdersMax}). Close one of them.`;
    case 'not_own':
      return 'No session of this device has that id. The denial without a takeover lists those that have.';
    case 'ended':
      return `That session has ended, and its seat is taken: ${seats}.`;
    case 'is_waiting':
      return `That session waits for a seat itself: ${seats}.`;
    case 'others_wait':
      return `${reply.queueLength} wait for a seat, and come first. Ask with "wait": true, without a takeover, to queue.`;
    case 'over_limit':
      return `${seats}: more than the license has now. Close running copies until a seat is free.`;
  }
}
