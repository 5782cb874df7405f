import { findCredential, type CredentialKind, type CredentialRecord } from '../data/credentials.ts';
import { hashApiKey, hashLicenseKey } from '../signing/keys.ts';
import type { Deps } from './deps.ts';

/** Finds an active key of one kind by its secret; undefined for whatever else is given. */
export async function findActiveKey(
  deps: Pick<Deps, 'db'>,
  kind: CredentialKind,
  secret: string,
): Promise<CredentialRecord | undefined> {
  const hash = hashOf(kind, secret);
  if (hash === null) return undefined;
  const found = await findCredential(deps.db, { hash, now: new Date() });
  return found?.kind === kind ? found : undefined;
}

function hashOf(kind: CredentialKind, secret: string): Buffer | null {
  if (kind === 'license_key') return hashLicenseKey(secret);
  return hashApiKey(kind === 'api_key' ? 'lht_' : 'lho_', secret);
}
