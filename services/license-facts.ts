import { pruneCheckOuts, type CheckOutRecord } from '../data/check-outs.ts';
import type { TenantTransaction } from '../data/database.ts';
import { findLicense } from '../data/licenses.ts';
import { lockPool } from '../data/pools.ts';
import { withTenant } from '../data/tenant.ts';
import {
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
 * would cost a thousand signatures. Whoever asks again after a change gets a new one.
 *
 * @param options.hasRoot whether this deployment signs at all: without, nothing stands.
 */
export async function loadLicenseFacts(
  deps: Deps,
  pool: PoolRef,
  { hasRoot }: { hasRoot: boolean },
): Promise<LicenseTermFacts> {
  const now = new Date();
  const read = await withTenant(deps.systemDb, pool.tenantId, async (tx) => {
    await lockPool(tx, pool, 'exclusive');
    const present = await findLicense(tx, pool);
    if (present === undefined) return null;
    await pruneCheckOuts(tx, pool, new Date(now.getTime() - keptMs));
    const settled = await settleCheckOuts(tx, { license: present, now });
    const standing = hasRoot ? await keepStandingFile(tx, settled, now) : settled;
    return { ...standing, isSynced: standing.license.configVersion === present.configVersion };
  });
  if (read === null) return { status: 'revoked', open: 0, pending: [], nextAt: null };
  if (!read.isSynced) await syncLater(deps, read.license);
  const { license, open } = read;
  const pending = open.filter(({ status }) => status === 'pending').map(({ id }) => id);
  return {
    status: deriveLicense(license, now).status,
    open: open.length,
    pending: pending.slice(0, signedAtOnce),
    nextAt: open.length === 0 ? null : Math.min(...open.map(nextOf(open))),
  };
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

/** When a check-out must be looked at again; the newest standing file also when it is to be renewed. */
function nextOf(open: readonly CheckOutRecord[]) {
  const standing = open.findLast(({ requestedBy }) => requestedBy === 'system');
  return (checkOut: CheckOutRecord): number => {
    const { signedAt, fileExpiresAt, wantedUntil } = checkOut;
    if (signedAt === null || fileExpiresAt === null) return wantedUntil.getTime();
    if (checkOut === standing) return renewalOf({ signedAt, fileExpiresAt }).getTime();
    return fileExpiresAt.getTime() + clockSkewMs;
  };
}
