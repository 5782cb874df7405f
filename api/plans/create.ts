import { z } from 'zod';
import { faultOfPolicy } from '../../domain/policy.ts';
import { createPlan } from '../../services/plans.ts';
import { defineOperation } from '../operation.ts';
import { codeSchema } from '../products/product-schema.ts';
import { idSchema, phraseSchema } from '../schemas.ts';
import { planSchema, presentPlan } from './plan-schema.ts';
import { policySchema } from './policy-schema.ts';

const body = z
  .strictObject({
    productId: idSchema('prd'),
    code: codeSchema,
    name: phraseSchema(200),
    offered: z.boolean().optional().meta({
      description:
        'Whether denials may name it as a way out, to anybody. Default: true. Not for a plan made for one customer.',
    }),
    policy: policySchema.superRefine((policy, context) => {
      const fault = faultOfPolicy(policy);
      if (fault === null) return;
      context.addIssue({ code: 'custom', path: [fault.member], message: fault.message });
    }),
  })
  .meta({ id: 'CreatePlanRequest' });

export const create = defineOperation({
  id: 'createPlan',
  method: 'post',
  path: '/v1/plans',
  tag: 'Plans',
  summary: 'Create a plan: the offer whose policy its licenses inherit',
  credential: 'operator',
  body,
  replies: { 201: { description: 'The plan.', body: planSchema } },
  errors: ['conflict'],
  async handle(context, input) {
    const plan = await createPlan(context.deps, context, input.body);
    return { status: 201, body: presentPlan(plan) };
  },
});
