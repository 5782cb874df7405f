import { randomBytes } from 'node:crypto';
import { insertCredential } from '../data/credentials.ts';
import type { TenantTransaction } from '../data/database.ts';
import { licenseKeyBytes, licenseKeyFrom } from '../domain/license-key.ts';
import type { PoolRef } from '../domain/seat.ts';
import { newId } from '../platform/ids.ts';
import { hashLicenseKey } from '../signing/keys.ts';

/** Makes a key of a license. It is returned here and never again: only its hash is stored. */
export async function insertLicenseKey(
  tx: TenantTransaction,
  { tenantId, licenseId }: PoolRef,
): Promise<string> {
  const licenseKey = licenseKeyFrom(randomBytes(licenseKeyBytes));
  const hash = hashLicenseKey(licenseKey);
  if (hash === null) throw new Error('The license key that was just made has no valid form');
  await insertCredential(tx, {
    id: newId('key'),
    kind: 'license_key',
    hash,
    tenantId,
    subjectId: licenseId,
    name: null,
    scopes: [],
  });
  return licenseKey;
}
