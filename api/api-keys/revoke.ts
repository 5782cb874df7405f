import { revokeApiKey } from '../../data/credentials.ts';
import { LicensingError } from '../../domain/errors.ts';
import { audit } from '../audit.ts';
import { defineOperation } from '../operation.ts';
import { idParams } from '../schemas.ts';

export const revoke = defineOperation({
  id: 'revokeApiKey',
  method: 'delete',
  path: '/v1/api-keys/{id}',
  tag: 'API keys',
  summary: 'Revoke an API key at once; repeating it answers the same',
  credential: 'operator',
  params: idParams('key'),
  replies: { 204: { description: 'The key opens nothing any more.', body: undefined } },
  errors: [],
  async handle(context, { params }) {
    await context.deps.systemDb.transaction().execute(async (tx) => {
      const key = await revokeApiKey(tx, params.id);
      if (key === undefined) throw new LicensingError('not_found', 'There is no such API key.');
      await audit(tx, context, { ...key, action: 'api_key.revoke', subjectId: params.id });
    });
    return { status: 204 };
  },
});
