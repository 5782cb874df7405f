import { listLicenses } from '../../services/read-license.ts';
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
    const found = await listLicenses(deps, { tenantId, ...page });
    const { items, nextCursor } = pageOf(found, page);
    const licenses = items.map(({ license, open }) => presentLicense(license, open));
    return { status: 200, body: { items: licenses, nextCursor } };
  },
});
