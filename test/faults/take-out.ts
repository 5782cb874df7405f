import { withTenant } from '../../data/tenant.ts';
import { checkOutLicense, readCheckOut } from '../../services/check-out-license.ts';
import type { Deps } from '../../services/deps.ts';
import { requireLicense } from '../../services/read-license.ts';
import { fileSigningBy, signCheckOut } from '../../services/sign-check-out.ts';
import { hashDevice } from '../../signing/tokens/device-hash.ts';
import { vendor, type SoldLicense } from './shop.ts';

/**
 * Takes a seat out of a pool with a license file for the device, and does the worker's part.
 *
 * @returns the check-out and until when its file lasts, in unix milliseconds; or the code of a refusal.
 */
export async function takeOut(
  deps: Deps,
  { tenantId, licenseId, product }: SoldLicense,
  device: string,
): Promise<{ file: string; until: number } | { code: string }> {
  const pool = { tenantId, licenseId };
  const outcome = await checkOutLicense(deps, vendor, {
    ...{ ...pool, license: await withTenant(deps.db, tenantId, (tx) => requireLicense(tx, pool)) },
    use: { product, usageType: 'builder' },
    wish: { deviceHash: await hashDevice(product, device), nonce: null },
    ...{ ttlSeconds: undefined, needsSecret: false },
  });
  if (outcome.kind === 'refused') return { code: outcome.refusal.code };
  const ref = { ...pool, checkOutId: outcome.checkOut.id };
  await signCheckOut(deps, ref, fileSigningBy(deps));
  const { fileExpiresAt } = await readCheckOut(deps, ref);
  return { file: ref.checkOutId, until: fileExpiresAt?.getTime() ?? NaN };
}
