import { retireLicenseKeys } from '../data/credentials.ts';
import { insertLicenseEvents } from '../data/license-events.ts';
import type { LicenseRecord } from '../data/licenses.ts';
import { lockPool } from '../data/pools.ts';
import { withTenant } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import type { PoolRef } from '../domain/seat.ts';
import { newId } from '../platform/ids.ts';
import { audit, type AuditContext } from './audit.ts';
import type { Deps } from './deps.ts';
import { insertLicenseKey } from './insert-license-key.ts';
import { requireLicense } from './read-license.ts';

export interface RotatedKey {
  license: LicenseRecord;
  /** Shown this once; only its hash is stored. */
  licenseKey: string;
  /** Until when the keys before it are good; null when they have stopped already. */
  previousKeysUntil: Date | null;
}

const hourMs = 60 * 60 * 1000;

/**
 * Gives a license a new key. With an overlap the keys before it go on that long, none for longer than it
 * had; without one all of them stop at once. Sessions go on: they have credentials of their own. Of
 * several rotations at once the last one's key is the one without an end.
 *
 * @throws LicensingError `not_found`: unknown, or another tenant's; `conflict` when it was revoked.
 */
export async function rotateLicenseKey(
  deps: Pick<Deps, 'systemDb'>,
  context: AuditContext,
  { overlapHours, ...pool }: PoolRef & { overlapHours: number },
): Promise<RotatedKey> {
  const { tenantId, licenseId } = pool;
  const previousKeysUntil =
    overlapHours === 0 ? null : new Date(Date.now() + overlapHours * hourMs);
  return withTenant(deps.systemDb, tenantId, async (tx) => {
    await lockPool(tx, pool, 'exclusive');
    const license = await requireLicense(tx, pool);
    if (license.revokedAt !== null) {
      throw new LicensingError('conflict', 'This license was revoked: no key of it is good.');
    }
    await retireLicenseKeys(tx, { ...pool, until: previousKeysUntil });
    const licenseKey = await insertLicenseKey(tx, pool);
    const event = { event: 'license.key_rotated', detail: { overlapHours } } as const;
    await insertLicenseEvents(tx, [{ id: newId('evt'), ...pool, sessionId: null, ...event }]);
    const act = { tenantId, action: 'license.rotate_key', subjectId: licenseId };
    await audit(tx, context, { ...act, detail: { overlapHours } });
    return { license, licenseKey, previousKeysUntil };
  });
}
