import { findLicense, type LicenseRecord } from '../data/licenses.ts';
import { countOpenSessions } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import type { PoolRef } from '../domain/seat.ts';
import type { Deps } from './deps.ts';

/**
 * A license and how many sessions it has open by the ledger.
 *
 * @throws LicensingError `not_found`: unknown, or another tenant's.
 */
export async function readLicense(
  deps: Pick<Deps, 'db'>,
  pool: PoolRef,
): Promise<{ license: LicenseRecord; open: { used: number; queued: number } | undefined }> {
  return withTenant(deps.db, pool.tenantId, async (tx) => {
    const license = await findLicense(tx, pool);
    if (license === undefined) throw new LicensingError('not_found', 'There is no such license.');
    const counts = await countOpenSessions(tx, pool.tenantId, [license.id]);
    return { license, open: counts.get(license.id) };
  });
}
