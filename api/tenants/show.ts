import { readTenant } from '../../services/tenants.ts';
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
    return { status: 200, body: presentTenant(await readTenant(deps, params.id)) };
  },
});
