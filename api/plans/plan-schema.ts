import { z } from 'zod';
import type { PlanRecord } from '../../data/catalog.ts';
import { policySchema } from './policy-schema.ts';

export const planSchema = z
  .object({
    id: z.string(),
    productId: z.string(),
    code: z.string(),
    name: z.string(),
    offered: z.boolean(),
    policy: policySchema,
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Plan' });

export function presentPlan(plan: PlanRecord): z.input<typeof planSchema> {
  return { ...plan, createdAt: plan.createdAt.toISOString() };
}
