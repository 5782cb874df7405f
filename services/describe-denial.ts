import type { LicenseRecord } from '../data/licenses.ts';
import { countOpenSessions, listHolders, type SessionRecord } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import { resolvePolicy, type Policy } from '../domain/policy.ts';
import type { SeatUsage } from '../domain/seat.ts';
import type { AcquireReply } from '../lua/scripts.ts';
import type { AcquireInput } from './acquire-session.ts';
import type { Deps } from './deps.ts';

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
  code: 'no_seats_available' | 'queue_full' | 'holders_exhausted';
  detail: string;
  seats: SeatUsage;
  queueLength: number;
  holders: Holder[];
  /** Holders that are counted only: not the caller's, and the policy names nobody. */
  otherHolders: number;
}

type NoSeats = Extract<AcquireReply, { word: 'NO_SEATS' }>;

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
  return {
    code: reply.reason,
    detail: detailOf(reply, policy),
    seats: reply.usage,
    queueLength: reply.queueLength,
    holders,
    otherHolders: Math.max(0, (total?.used ?? 0) - holders.length),
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

function detailOf(reply: NoSeats, policy: Policy): string {
  const seats = `${reply.usage.used} of ${reply.usage.limit} seats are in use`;
  switch (reply.reason) {
    case 'no_seats_available':
      return policy.queue === null
        ? `${seats}. Close one of the running copies, or buy more seats.`
        : `${seats} and ${reply.queueLength} waiting. Ask again with "wait": true to queue for one.`;
    case 'queue_full':
      return policy.queue === null
        ? `${seats}, and this plan has no queue. Close one of the running copies, or buy more seats.`
        : `${seats} and the queue is full (${reply.queueLength} waiting). Try again later.`;
    case 'holders_exhausted':
      return `This instance already runs as many processes as one seat allows (${policy.holdersMax}). Close one of them.`;
  }
}
