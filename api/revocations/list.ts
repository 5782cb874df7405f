import { listRevocations } from '../../services/revocations.ts';
import { defineOperation } from '../operation.ts';
import { pageOf, readPage } from '../page.ts';
import { cursorQuery, pageSchema } from '../schemas.ts';
import { presentRevocation, revocationSchema } from './revocation-schema.ts';

export const list = defineOperation({
  id: 'listRevocations',
  method: 'get',
  path: '/v1/revocations',
  tag: 'Keys',
  summary: 'All that was revoked, the oldest first',
  credential: 'operator',
  query: cursorQuery,
  replies: { 200: { description: 'A page of revocations.', body: pageSchema(revocationSchema) } },
  errors: [],
  async handle({ deps }, { query }) {
    const page = readPage(query);
    const { items, nextCursor } = pageOf(await listRevocations(deps, page), page);
    return { status: 200, body: { items: items.map(presentRevocation), nextCursor } };
  },
});
