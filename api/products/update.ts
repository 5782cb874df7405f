import { z } from 'zod';
import { changeProduct } from '../../services/products.ts';
import { defineOperation } from '../operation.ts';
import { idParams, phraseSchema } from '../schemas.ts';
import { presentProduct, productSchema, upgradeUrlSchema } from './product-schema.ts';

const body = z
  .strictObject({
    name: phraseSchema(200).optional(),
    upgradeUrl: upgradeUrlSchema.nullable().optional(),
  })
  .refine((value) => Object.keys(value).length > 0, 'must name what to change')
  .meta({ id: 'ChangeProductRequest', minProperties: 1 });

export const update = defineOperation({
  id: 'changeProduct',
  method: 'patch',
  path: '/v1/products/{id}',
  tag: 'Products',
  summary: 'Change the name of a product, or where it is sold',
  credential: 'operator',
  params: idParams('prd'),
  body,
  replies: { 200: { description: 'The product as it is now.', body: productSchema } },
  errors: [],
  async handle(context, { params, body: change }) {
    const product = await changeProduct(context.deps, context, { id: params.id, change });
    return { status: 200, body: presentProduct(product) };
  },
});
