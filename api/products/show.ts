import { findProduct } from '../../data/catalog.ts';
import { LicensingError } from '../../domain/errors.ts';
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
    const product = await findProduct(deps.systemDb, params.id);
    if (product === undefined) throw new LicensingError('not_found', 'There is no such product.');
    return { status: 200, body: presentProduct(product) };
  },
});
