import { databaseNow } from '../data/clock.ts';
import { pruneCheckOuts, type CheckOutRecord } from '../data/check-outs.ts';
import type { TenantTransaction } from '../data/database.ts';
import { findLicense } from '../data/licenses.ts';
import { lockPool } from '../data/pools.ts';
import { withTenant } from '../data/tenant.ts';
import {
  awaitsFile,
  clockSkewMs,
  defaultFileSeconds,
  filePolicyOf,
  keptMs,
  renewalOf,
  type FileWish,
} from '../domain/check-out.ts';
import { deriveLicense } from '../domain/license.ts';
import type { PoolRef } from '../domain/seat.ts';
import type { LicenseTermFacts } from '../workflows/contract.ts';
import { syncLater } from './check-out-license.ts';
import type { Deps } from './deps.ts';
import {
  findSameWish,
  openCheckOut,
  settleCheckOuts,
  type SettledCheckOuts,
} from './settle-check-outs.ts';

/** Files that one reading of the facts has signed; a license with more has the others signed after them. */
const signedAtOnce = 20;

/**
 * Brings a license's check-outs in line with what it is now, and says what is left to do. A license that
 * nobody knows has nothing left.
 *
 * A plan whose files are bound to no device has one such **standing file** for each license at any time: it
 * is signed when the license is issued, when what it says changes, and at half of its life. The files of
 * devices are not signed anew by a change: their machines would not hear of it, and a thousand of them
 * would cost a thousand signatures. Whoever asks again after a change gets a new one. When their root is
 * revoked all are signed anew, so that whoever comes for one finds it.
 *
 * @param options.hasRoot whether this deployment signs at all: without, nothing stands.
 */
export async function loadLicenseFacts(
  deps: Deps,
  pool: PoolRef,
  { hasRoot }: { hasRoot: boolean },
): Promise<LicenseTermFacts> {
  const read = await withTenant(deps.systemDb, pool.tenantId, async (tx) => {
    await lockPool(tx, pool, 'exclusive');
    const now = await databaseNow(tx);
    const present = await findLicense(tx, pool);
    if (present === undefined) return null;
    await pruneCheckOuts(tx, pool, new Date(now.getTime() - keptMs));
    const settled = await settleCheckOuts(tx, { license: present, now });
    const standing = hasRoot ? await keepStandingFile(tx, settled, now) : settled;
    const isSynced = standing.license.configVersion === present.configVersion;
    return { ...standing, isSynced, now, pending: toSign(standing, { hasRoot, now }) };
  });
  if (read === null) return { status: 'revoked', open: 0, pending: [], nextAt: null };
  if (!read.isSynced) await syncLater(deps, read.license);
  const { license, open, now, pending } = read;
  return {
    status: deriveLicense(license, now).status,
    open: open.length,
    pending: pending.slice(0, signedAtOnce),
    nextAt: nextOf(open),
  };
}

/** A file that was signed before is signed anew only while it could be had for the first time. */
function toSign(
  { license, open }: SettledCheckOuts,
  { hasRoot, now }: { hasRoot: boolean; now: Date },
): string[] {
  const isRenewed = hasRoot && deriveLicense(license, now).status === 'active';
  return open.flatMap((checkOut) => {
    const isWanted = checkOut.isVoid ? isRenewed : awaitsFile(checkOut);
    return isWanted ? [checkOut.id] : [];
  });
}

/** A license that cannot be used now keeps the standing file it has, and gets no new one. */
async function keepStandingFile(
  tx: TenantTransaction,
  settled: SettledCheckOuts,
  now: Date,
): Promise<SettledCheckOuts> {
  const { license } = settled;
  if (filePolicyOf(license)?.needsDevice !== false) return settled;
  if (deriveLicense(license, now).status !== 'active') return settled;
  const wish: FileWish = { deviceHash: null, nonce: null, ttlSeconds: defaultFileSeconds(license) };
  if (findSameWish(settled, { wish, now }) !== undefined) return settled;
  return openCheckOut(tx, settled, { wish, requestedBy: 'system', needsSecret: false, now });
}

/** When the first of them must be looked at again; the newest standing file also when it is to be renewed. */
function nextOf(open: readonly CheckOutRecord[]): number | null {
  const standing = open.findLast(({ requestedBy }) => requestedBy === 'system');
  let next: number | null = null;
  for (const checkOut of open) {
    const at = endOf(checkOut, checkOut === standing);
    next = next === null ? at : Math.min(next, at);
  }
  return next;
}

function endOf(checkOut: CheckOutRecord, isStanding: boolean): number {
  const { signedAt, fileExpiresAt, wantedUntil } = checkOut;
  if (signedAt === null || fileExpiresAt === null) return wantedUntil.getTime();
  if (isStanding) return renewalOf({ signedAt, fileExpiresAt }).getTime();
  return fileExpiresAt.getTime() + clockSkewMs;
}
