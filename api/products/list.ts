import { listProducts } from '../../services/products.ts';
import { defineOperation } from '../operation.ts';
import { pageOf, readPage } from '../page.ts';
import { cursorQuery, pageSchema } from '../schemas.ts';
import { presentProduct, productSchema } from './product-schema.ts';

export const list = defineOperation({
  id: 'listProducts',
  method: 'get',
  path: '/v1/products',
  tag: 'Products',
  summary: 'All products',
  credential: 'operator',
  query: cursorQuery,
  replies: { 200: { description: 'A page of products.', body: pageSchema(productSchema) } },
  errors: [],
  async handle({ deps }, { query }) {
    const page = readPage(query);
    const { items, nextCursor } = pageOf(await listProducts(deps, page), page);
    return { status: 200, body: { items: items.map(presentProduct), nextCursor } };
  },
});
