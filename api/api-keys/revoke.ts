import { revokeApiKey } from '../../services/api-keys.ts';
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
    await revokeApiKey(context.deps, context, params.id);
    return { status: 204 };
  },
});
