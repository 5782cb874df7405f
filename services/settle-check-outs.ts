import { isDeepStrictEqual } from 'node:util';
import {
  endCheckOuts,
  insertCheckOut,
  listOpenCheckOuts,
  recountCheckedOut,
  type CheckOutRecord,
} from '../data/check-outs.ts';
import type { TenantTransaction } from '../data/database.ts';
import type { LicenseRecord } from '../data/licenses.ts';
import {
  clockSkewMs,
  fileTermsOf,
  renewalOf,
  signingWaitMs,
  type FileWish,
} from '../domain/check-out.ts';
import { deriveLicense } from '../domain/license.ts';
import type { PoolRef } from '../domain/seat.ts';
import { newId } from '../platform/ids.ts';

/** A license with its open check-outs, the oldest first, as they are at this moment. */
export interface SettledCheckOuts {
  license: LicenseRecord;
  open: CheckOutRecord[];
}

/**
 * Ends the check-outs that are over: all of a revoked license, those whose file has run out by every clock,
 * and those that cannot be signed any more. Run it under the pool's exclusive lock, and sync the pool
 * after the commit when `license.checkedOut` changed.
 */
export async function settleCheckOuts(
  tx: TenantTransaction,
  { license, now }: { license: LicenseRecord; now: Date },
): Promise<SettledCheckOuts> {
  const pool = poolOf(license);
  const all = await listOpenCheckOuts(tx, pool);
  const endings = all.map((checkOut) => ({ checkOut, ending: endingOf(checkOut, license, now) }));
  const groups = Map.groupBy(endings, ({ ending }) => JSON.stringify(ending));
  for (const [, [first, ...others]] of groups) {
    if (first?.ending == null) continue;
    const ids = [first, ...others].map(({ checkOut: { id } }) => id);
    await endCheckOuts(tx, pool, { ids, ...first.ending });
  }
  const recounted = await recountCheckedOut(tx, pool);
  return {
    license: { ...license, ...recounted },
    open: endings.flatMap(({ checkOut, ending }) => (ending === null ? [checkOut] : [])),
  };
}

type Ending = { status: 'expired' | 'failed' | 'revoked'; reason: string | null } | null;

function endingOf(checkOut: CheckOutRecord, license: LicenseRecord, now: Date): Ending {
  const { status } = deriveLicense(license, now);
  if (status === 'revoked') return { status: 'revoked', reason: 'license_revoked' };
  if (checkOut.fileExpiresAt !== null) {
    const isOver = checkOut.fileExpiresAt.getTime() + clockSkewMs <= now.getTime();
    return isOver ? { status: 'expired', reason: null } : null;
  }
  if (status === 'suspended') return { status: 'failed', reason: 'license_suspended' };
  if (status === 'expired') return { status: 'failed', reason: 'license_expired' };
  return checkOut.wantedUntil <= now ? { status: 'failed', reason: 'unavailable' } : null;
}

/**
 * The check-out that already answers the wish: one that waits to be signed, for the first time or anew, or
 * whose file says what the license says now and has most of its life before it.
 */
export function findSameWish(
  { license, open }: SettledCheckOuts,
  { wish, now }: { wish: FileWish; now: Date },
): CheckOutRecord | undefined {
  const terms = fileTermsOf(license);
  return open.findLast((checkOut) => {
    const { deviceHash, nonce, ttlSeconds, signedAt, fileExpiresAt, isVoid } = checkOut;
    if (deviceHash !== wish.deviceHash || nonce !== wish.nonce) return false;
    if (ttlSeconds !== wish.ttlSeconds) return false;
    if (isVoid || signedAt === null || fileExpiresAt === null) return true;
    return isDeepStrictEqual(checkOut.terms, terms) && now < renewalOf({ signedAt, fileExpiresAt });
  });
}

/** Opens a check-out; a device that holds no seat yet takes one out of the pool. */
export async function openCheckOut(
  tx: TenantTransaction,
  { license, open }: SettledCheckOuts,
  asked: { wish: FileWish; requestedBy: string; needsSecret: boolean; now: Date },
): Promise<SettledCheckOuts & { checkOut: CheckOutRecord }> {
  const { wish, now, requestedBy, needsSecret } = asked;
  const pool = poolOf(license);
  const wantedUntil = new Date(now.getTime() + signingWaitMs);
  const by = { id: newId('chk'), requestedBy, needsSecret, createdAt: now, wantedUntil };
  const checkOut = await insertCheckOut(tx, pool, { ...wish, ...by });
  const recounted = await recountCheckedOut(tx, pool);
  return { license: { ...license, ...recounted }, open: [...open, checkOut], checkOut };
}

function poolOf({ tenantId, id: licenseId }: LicenseRecord): PoolRef {
  return { tenantId, licenseId };
}
