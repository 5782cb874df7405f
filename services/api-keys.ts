/** API keys of tenants: made and revoked by the vendor's operator. */
import { findTenant } from '../data/catalog.ts';
import { insertCredential, revokeApiKey as revokeRow } from '../data/credentials.ts';
import { inTransaction, withTenant } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import type { Scope } from '../domain/scope.ts';
import { newId } from '../platform/ids.ts';
import { hashApiKey, makeApiKey } from '../signing/keys.ts';
import { audit, type AuditContext } from './audit.ts';
import type { Deps } from './deps.ts';

export interface ApiKey {
  id: string;
  tenantId: string;
  name: string;
  scopes: Scope[];
}

/**
 * Makes a key. The secret is returned here and never again: only its hash is stored.
 *
 * @throws LicensingError `not_found` for the tenant.
 */
export async function createApiKey(
  deps: Pick<Deps, 'systemDb'>,
  context: AuditContext,
  input: Omit<ApiKey, 'id'>,
): Promise<{ apiKey: ApiKey; secret: string }> {
  const { tenantId, name, scopes } = input;
  const secret = makeApiKey('lht_');
  const hash = hashApiKey('lht_', secret);
  if (hash === null) throw new Error('The API key that was just made has no valid form');
  const apiKey = { id: newId('key'), ...input };
  await withTenant(deps.systemDb, tenantId, async (tx) => {
    if ((await findTenant(tx, tenantId)) === undefined) {
      throw new LicensingError('not_found', 'There is no such tenant.');
    }
    await insertCredential(tx, { ...apiKey, kind: 'api_key', subjectId: null, hash });
    const detail = { name, scopes };
    await audit(tx, context, { tenantId, action: 'api_key.create', subjectId: apiKey.id, detail });
  });
  return { apiKey, secret };
}

/** Revokes a key, or leaves it revoked. @throws LicensingError `not_found`. */
export async function revokeApiKey(
  deps: Pick<Deps, 'systemDb'>,
  context: AuditContext,
  id: string,
): Promise<void> {
  await inTransaction(deps.systemDb, async (tx) => {
    const key = await revokeRow(tx, id);
    if (key === undefined) throw new LicensingError('not_found', 'There is no such API key.');
    await audit(tx, context, { ...key, action: 'api_key.revoke', subjectId: id });
  });
}
