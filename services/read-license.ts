import type { TenantTransaction } from '../data/database.ts';
import { findLicense, listLicenses as listRows, type LicenseRecord } from '../data/licenses.ts';
import { countOpenSessions } from '../data/sessions.ts';
import { countOpenAtOnce } from '../data/tenures.ts';
import { withTenant } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import type { PoolRef } from '../domain/seat.ts';
import { isOutage } from '../platform/outage.ts';
import type { Deps } from './deps.ts';

/** How many sessions a license has open, by the ledger; undefined for none. */
export type OpenCount = { used: number; queued: number } | undefined;

export interface LicenseWithSeats {
  license: LicenseRecord;
  open: OpenCount;
}

/** @throws LicensingError `not_found`: unknown, or another tenant's. */
export async function requireLicense(tx: TenantTransaction, pool: PoolRef): Promise<LicenseRecord> {
  const license = await findLicense(tx, pool);
  if (license === undefined) throw new LicensingError('not_found', 'There is no such license.');
  return license;
}

/**
 * A license with its seats in use.
 *
 * @throws LicensingError `not_found`: unknown, or another tenant's.
 */
export async function readLicense(
  deps: Pick<Deps, 'db'>,
  pool: PoolRef,
): Promise<LicenseWithSeats> {
  return withTenant(deps.db, pool.tenantId, async (tx) => {
    const license = await requireLicense(tx, pool);
    const counts = await countOpenSessions(tx, pool.tenantId, [license.id]);
    return { license, open: counts.get(license.id) };
  });
}

/**
 * The seats of a license in use, offers included: by Redis, which knows without counting, or by the ledger
 * while Redis does not answer or has not opened the pool. One round trip, or two.
 */
export async function countSeats(
  deps: Pick<Deps, 'db' | 'seats'>,
  pool: PoolRef,
): Promise<OpenCount> {
  const counted = await deps.seats.countSeats(pool).catch((error: unknown) => {
    if (isOutage(error)) return null;
    throw error;
  });
  return counted?.word === 'COUNTED' ? counted : countOpenAtOnce(deps.db, pool);
}

/** A page of a tenant's licenses in the order they were issued, with their seats in use. */
export async function listLicenses(
  deps: Pick<Deps, 'db'>,
  page: { tenantId: string; after: string | null; limit: number },
): Promise<(LicenseWithSeats & { id: string })[]> {
  return withTenant(deps.db, page.tenantId, async (tx) => {
    const licenses = await listRows(tx, page);
    const ids = licenses.map(({ id }) => id);
    const counts = await countOpenSessions(tx, page.tenantId, ids);
    return licenses.map((license) => ({ id: license.id, license, open: counts.get(license.id) }));
  });
}
