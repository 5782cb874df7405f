import { listLicenses } from '../../data/licenses.ts';
import { countOpenSessions } from '../../data/sessions.ts';
import { withTenant } from '../../data/tenant.ts';
import { defineOperation } from '../operation.ts';
import { pageOf, readPage } from '../page.ts';
import { cursorQuery, pageSchema } from '../schemas.ts';
import { licenseSchema, presentLicense } from './license-schema.ts';

export const list = defineOperation({
  id: 'listLicenses',
  method: 'get',
  path: '/v1/licenses',
  tag: 'Licenses',
  summary: 'The tenant’s licenses with their seats in use',
  credential: 'tenant',
  scope: 'licenses:read',
  query: cursorQuery,
  replies: { 200: { description: 'A page of licenses.', body: pageSchema(licenseSchema) } },
  errors: [],
  async handle({ deps, caller: { tenantId } }, { query }) {
    const page = readPage(query);
    const { licenses, counts } = await withTenant(deps.db, tenantId, async (tx) => {
      const found = await listLicenses(tx, { tenantId, ...page });
      const ids = found.map(({ id }) => id);
      return { licenses: found, counts: await countOpenSessions(tx, tenantId, ids) };
    });
    const { items, nextCursor } = pageOf(licenses, page);
    return {
      status: 200,
      body: { items: items.map((item) => presentLicense(item, counts.get(item.id))), nextCursor },
    };
  },
});
