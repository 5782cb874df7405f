import { listPlans } from '../../services/plans.ts';
import { defineOperation } from '../operation.ts';
import { pageOf, readPage } from '../page.ts';
import { cursorQuery, pageSchema } from '../schemas.ts';
import { presentPlan, planSchema } from './plan-schema.ts';

export const list = defineOperation({
  id: 'listPlans',
  method: 'get',
  path: '/v1/plans',
  tag: 'Plans',
  summary: 'All plans',
  credential: 'operator',
  query: cursorQuery,
  replies: { 200: { description: 'A page of plans.', body: pageSchema(planSchema) } },
  errors: [],
  async handle({ deps }, { query }) {
    const page = readPage(query);
    const { items, nextCursor } = pageOf(await listPlans(deps, page), page);
    return { status: 200, body: { items: items.map(presentPlan), nextCursor } };
  },
});
