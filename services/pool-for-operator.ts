import { findTenantOfLicense } from '../data/licenses.ts';
import { LicensingError } from '../domain/errors.ts';
import type { PoolRef } from '../domain/seat.ts';
import type { Deps } from './deps.ts';

/**
 * The license that an operator means: by its id, whichever tenant owns it, or, when the operator names
 * a tenant, only among that tenant's.
 *
 * @throws LicensingError `not_found`.
 */
export async function poolForOperator(
  deps: Pick<Deps, 'systemDb'>,
  licenseId: string,
  tenantNamed: string | null,
): Promise<PoolRef> {
  const tenantId = await findTenantOfLicense(deps.systemDb, licenseId);
  if (tenantId === undefined || (tenantNamed !== null && tenantNamed !== tenantId)) {
    throw new LicensingError('not_found', 'There is no such license.');
  }
  return { tenantId, licenseId };
}
