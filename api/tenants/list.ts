import { listTenants } from '../../services/tenants.ts';
import { defineOperation } from '../operation.ts';
import { pageOf, readPage } from '../page.ts';
import { cursorQuery, pageSchema } from '../schemas.ts';
import { presentTenant, tenantSchema } from './tenant-schema.ts';

export const list = defineOperation({
  id: 'listTenants',
  method: 'get',
  path: '/v1/tenants',
  tag: 'Tenants',
  summary: 'All tenants',
  credential: 'operator',
  query: cursorQuery,
  replies: { 200: { description: 'A page of tenants.', body: pageSchema(tenantSchema) } },
  errors: [],
  async handle({ deps }, { query }) {
    const page = readPage(query);
    const { items, nextCursor } = pageOf(await listTenants(deps, page), page);
    return { status: 200, body: { items: items.map(presentTenant), nextCursor } };
  },
});
