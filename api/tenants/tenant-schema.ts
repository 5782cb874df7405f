import { z } from 'zod';
import type { TenantRecord } from '../../data/catalog.ts';

export const tenantSchema = z
  .object({ id: z.string(), name: z.string(), createdAt: z.iso.datetime() })
  .meta({ id: 'Tenant' });

export function presentTenant(tenant: TenantRecord): z.input<typeof tenantSchema> {
  return { ...tenant, createdAt: tenant.createdAt.toISOString() };
}
