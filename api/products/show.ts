import { readProduct } from '../../services/products.ts';
import { defineOperation } from '../operation.ts';
import { idParams } from '../schemas.ts';
import { presentProduct, productSchema } from './product-schema.ts';

export const show = defineOperation({
  id: 'getProduct',
  method: 'get',
  path: '/v1/products/{id}',
  tag: 'Products',
  summary: 'One product',
  credential: 'operator',
  params: idParams('prd'),
  replies: { 200: { description: 'The product.', body: productSchema } },
  errors: [],
  async handle({ deps }, { params }) {
    return { status: 200, body: presentProduct(await readProduct(deps, params.id)) };
  },
});
