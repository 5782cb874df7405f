import { readCheckOut } from '../../services/check-out-license.ts';
import { defineOperation } from '../operation.ts';
import { idParams } from '../schemas.ts';
import { checkOutAnswerSchema, presentCheckOut } from './check-out-schema.ts';

export const show = defineOperation({
  id: 'getCheckOut',
  method: 'get',
  path: '/v1/check-outs/{id}',
  tag: 'License files',
  summary: 'Where a check-out stands, with its license file once it is signed',
  credential: 'license_key',
  params: idParams('chk'),
  replies: {
    200: { description: 'The check-out, also when it has ended.', body: checkOutAnswerSchema },
  },
  errors: [],
  async handle({ deps, caller: { tenantId, licenseId } }, { params }) {
    const checkOut = await readCheckOut(deps, { tenantId, licenseId, checkOutId: params.id });
    return { status: 200, body: presentCheckOut(checkOut) };
  },
});
