/** Tenants, as the vendor's operator manages them. */
import {
  findTenant,
  insertTenant,
  listTenants as listRows,
  type Page,
  type TenantRecord,
} from '../data/catalog.ts';
import { withTenant } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import { newId } from '../platform/ids.ts';
import { audit, type AuditContext } from './audit.ts';
import type { Deps } from './deps.ts';

export async function createTenant(
  deps: Pick<Deps, 'systemDb'>,
  context: AuditContext,
  input: { name: string },
): Promise<TenantRecord> {
  const id = newId('ten');
  return withTenant(deps.systemDb, id, async (tx) => {
    const tenant = await insertTenant(tx, { id, name: input.name });
    await audit(tx, context, { tenantId: id, action: 'tenant.create', subjectId: id });
    return tenant;
  });
}

/** @throws LicensingError `not_found`. */
export async function readTenant(deps: Pick<Deps, 'systemDb'>, id: string): Promise<TenantRecord> {
  const tenant = await findTenant(deps.systemDb, id);
  if (tenant === undefined) throw new LicensingError('not_found', 'There is no such tenant.');
  return tenant;
}

export function listTenants(deps: Pick<Deps, 'systemDb'>, page: Page): Promise<TenantRecord[]> {
  return listRows(deps.systemDb, page);
}
