import { findCredential, type CredentialKind, type CredentialRecord } from '../data/credentials.ts';
import { findKeyedLicense, type KeyedLicense } from '../data/keyed-license.ts';
import { hashApiKey, hashLicenseKey } from '../signing/keys.ts';
import type { Deps } from './deps.ts';

/** Finds the license that an active license key opens; undefined for whatever else is given. */
export async function findLicenseByKey(
  deps: Pick<Deps, 'db'>,
  secret: string,
): Promise<KeyedLicense | undefined> {
  const hash = hashLicenseKey(secret);
  return hash === null ? undefined : findKeyedLicense(deps.db, { hash, now: new Date() });
}

/** Finds an active API or operator key by its secret; undefined for whatever else is given. */
export async function findActiveKey(
  deps: Pick<Deps, 'db'>,
  kind: Exclude<CredentialKind, 'license_key'>,
  secret: string,
): Promise<CredentialRecord | undefined> {
  const hash = hashApiKey(kind === 'api_key' ? 'lht_' : 'lho_', secret);
  if (hash === null) return undefined;
  const found = await findCredential(deps.db, { hash, now: new Date() });
  return found?.kind === kind ? found : undefined;
}
