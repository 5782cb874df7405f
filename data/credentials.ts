import { sql } from 'kysely';
import type { Database } from './database.ts';

export type CredentialKind = 'license_key' | 'api_key' | 'operator_key';

export interface CredentialRecord {
  id: string;
  kind: CredentialKind;
  tenantId: string | null;
  /** The license that a license key belongs to. */
  subjectId: string | null;
  scopes: string[];
}

/**
 * Finds what a key's hash stands for, if it is neither revoked nor over. The one read that the app
 * role makes before a tenant is known; the table holds hashes and ids only.
 */
export async function findCredential(
  db: Database,
  key: { hash: Buffer; now: Date },
): Promise<CredentialRecord | undefined> {
  const row = await db
    .selectFrom('credentials')
    .select(['id', 'kind', 'tenantId', 'subjectId', 'scopes'])
    .where('hash', '=', key.hash)
    .where('revokedAt', 'is', null)
    .where((eb) => eb.or([eb('expiresAt', 'is', null), eb('expiresAt', '>', key.now)]))
    .executeTakeFirst();
  return row as CredentialRecord | undefined;
}

/** Stores the hash of a key; needs the system role. */
export async function insertCredential(
  db: Database,
  credential: CredentialRecord & { hash: Buffer; name: string | null },
): Promise<void> {
  await db
    .insertInto('credentials')
    .values({ ...credential, scopes: JSON.stringify(credential.scopes) })
    .execute();
}

/**
 * Ends the keys of a license: all of them at once, or at `until` those that have no earlier end. Needs
 * the system role.
 */
export async function retireLicenseKeys(
  db: Database,
  { tenantId, licenseId, until }: { tenantId: string; licenseId: string; until: Date | null },
): Promise<void> {
  await db
    .updateTable('credentials')
    .set(
      until === null
        ? { revokedAt: sql<Date>`now()` }
        : { expiresAt: sql<Date>`least(expires_at, ${until})` },
    )
    .where('kind', '=', 'license_key')
    .where('tenantId', '=', tenantId)
    .where('subjectId', '=', licenseId)
    .where('revokedAt', 'is', null)
    .execute();
}

/** Revokes an API key, or leaves it revoked; undefined when there is none. Needs the system role. */
export async function revokeApiKey(
  db: Database,
  id: string,
): Promise<{ tenantId: string | null } | undefined> {
  return db
    .updateTable('credentials')
    .set((eb) => ({ revokedAt: eb.fn.coalesce('revokedAt', sql<Date>`now()`) }))
    .where('id', '=', id)
    .where('kind', '=', 'api_key')
    .returning('tenantId')
    .executeTakeFirst();
}
