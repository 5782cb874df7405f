/** What a lease token says of its device's right to go on without the server, as a client reads it. */
import { decodeJwt } from 'jose';
import { z } from 'zod';
import type { HistoryEvent } from './history.ts';

const claimsSchema = z.object({ exp: z.int(), lease_until: z.int() });

/** Until when the token lets its device work, or that it only does so while the lease lasts. */
export type OfflineFacts = Pick<HistoryEvent, 'offlineUntil' | 'isOnlineOnly'>;

/** By the token's own claims; nothing of an answer that came without one. */
export function readToken(leaseToken: string | undefined, wallOffsetMs: number): OfflineFacts {
  if (leaseToken === undefined) return {};
  return offlineFactsOf(claimsSchema.parse(decodeJwt(leaseToken)), wallOffsetMs);
}

/** @param wallOffsetMs how wall-clock times become times of the history. */
export function offlineFactsOf(
  { exp, lease_until: leaseUntil }: z.output<typeof claimsSchema>,
  wallOffsetMs: number,
): OfflineFacts {
  if (exp <= leaseUntil) return { isOnlineOnly: true };
  return { offlineUntil: exp * 1_000 + wallOffsetMs };
}
