import { findFeatures } from '../data/catalog.ts';
import type { TenantTransaction } from '../data/database.ts';
import { faultOfOwnFeatures, type Features } from '../domain/entitlement.ts';
import { LicensingError } from '../domain/errors.ts';
import type { Policy } from '../domain/policy.ts';

/**
 * Lets a license have only features of its own that fit its product.
 *
 * @param path where the request names them.
 * @throws LicensingError `invalid_request` that names the first that does not.
 */
export async function refuseFaultyFeatures(
  tx: TenantTransaction,
  own: Features,
  { productId, planPolicy, path }: { productId: string; planPolicy: Policy; path: string },
): Promise<void> {
  const known = await findFeatures(tx, productId, Object.keys(own));
  const fault = faultOfOwnFeatures(own, { plan: planPolicy.features, known });
  if (fault === null) return;
  const { name, message } = fault;
  const at = name === null ? path : `${path}.${name}`;
  throw new LicensingError('invalid_request', `The features do not fit: ${at} ${message}.`, {
    extra: { errors: [{ path: at, message }] },
  });
}
