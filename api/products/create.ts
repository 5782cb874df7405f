import { z } from 'zod';
import { createProduct } from '../../services/products.ts';
import { defineOperation } from '../operation.ts';
import { phraseSchema } from '../schemas.ts';
import { codeSchema, presentProduct, productSchema, upgradeUrlSchema } from './product-schema.ts';

const body = z
  .strictObject({
    code: codeSchema,
    name: phraseSchema(200),
    upgradeUrl: upgradeUrlSchema.nullable().optional(),
  })
  .meta({ id: 'CreateProductRequest' });

export const create = defineOperation({
  id: 'createProduct',
  method: 'post',
  path: '/v1/products',
  tag: 'Products',
  summary: 'Create a product of the vendor',
  credential: 'operator',
  body,
  replies: { 201: { description: 'The product.', body: productSchema, upgradeUrlSchema } },
  errors: ['conflict'],
  async handle(context, input) {
    const product = await createProduct(context.deps, context, input.body);
    return { status: 201, body: presentProduct(product) };
  },
});
