import { readLicense } from '../../services/read-license.ts';
import { defineOperation } from '../operation.ts';
import { idParams } from '../schemas.ts';
import { licenseSchema, presentLicense } from './license-schema.ts';

export const show = defineOperation({
  id: 'getLicense',
  method: 'get',
  path: '/v1/licenses/{id}',
  tag: 'Licenses',
  summary: 'One license',
  credential: 'tenant',
  scope: 'licenses:read',
  params: idParams('lic'),
  replies: { 200: { description: 'The license.', body: licenseSchema } },
  errors: [],
  async handle({ deps, caller: { tenantId } }, { params }) {
    const { license, open } = await readLicense(deps, { tenantId, licenseId: params.id });
    return { status: 200, body: presentLicense(license, open) };
  },
});
