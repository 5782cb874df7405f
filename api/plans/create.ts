import { z } from 'zod';
import { findProduct, insertPlan } from '../../data/catalog.ts';
import { LicensingError } from '../../domain/errors.ts';
import { faultOfPolicy } from '../../domain/policy.ts';
import { newId } from '../../platform/ids.ts';
import { audit } from '../audit.ts';
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
    const id = newId('pln');
    const plan = await context.deps.systemDb.transaction().execute(async (tx) => {
      if ((await findProduct(tx, input.body.productId)) === undefined) {
        throw new LicensingError('invalid_request', 'There is no such product.', {
          extra: { errors: [{ path: 'productId', message: 'must be the id of a product' }] },
        });
      }
      const created = await insertPlan(tx, { id, ...input.body });
      if (created === undefined) {
        throw new LicensingError(
          'conflict',
          `The product has a plan with the code ${input.body.code}.`,
        );
      }
      await audit(tx, context, { tenantId: null, action: 'plan.create', subjectId: id });
      return created;
    });
    return { status: 201, body: presentPlan(plan) };
  },
});
