import { readPlan } from '../../services/plans.ts';
import { defineOperation } from '../operation.ts';
import { idParams } from '../schemas.ts';
import { presentPlan, planSchema } from './plan-schema.ts';

export const show = defineOperation({
  id: 'getPlan',
  method: 'get',
  path: '/v1/plans/{id}',
  tag: 'Plans',
  summary: 'One plan',
  credential: 'operator',
  params: idParams('pln'),
  replies: { 200: { description: 'The plan.', body: planSchema } },
  errors: [],
  async handle({ deps }, { params }) {
    return { status: 200, body: presentPlan(await readPlan(deps, params.id)) };
  },
});
