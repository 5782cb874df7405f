import { findTenant } from '../../data/catalog.ts';
import { LicensingError } from '../../domain/errors.ts';
import { defineOperation } from '../operation.ts';
import { idParams } from '../schemas.ts';
import { presentTenant, tenantSchema } from './tenant-schema.ts';

export const show = defineOperation({
  id: 'getTenant',
  method: 'get',
  path: '/v1/tenants/{id}',
  tag: 'Tenants',
  summary: 'One tenant',
  credential: 'operator',
  params: idParams('ten'),
  replies: { 200: { description: 'The tenant.', body: tenantSchema } },
  errors: [],
  async handle({ deps }, { params }) {
    const tenant = await findTenant(deps.systemDb, params.id);
    if (tenant === undefined) throw new LicensingError('not_found', 'There is no such tenant.');
    return { status: 200, body: presentTenant(tenant) };
  },
});
