import { z } from 'zod';
import { insertProduct } from '../../data/catalog.ts';
import { LicensingError } from '../../domain/errors.ts';
import { newId } from '../../platform/ids.ts';
import { audit } from '../audit.ts';
import { defineOperation } from '../operation.ts';
import { phraseSchema } from '../schemas.ts';
import { codeSchema, presentProduct, productSchema } from './product-schema.ts';

const body = z
  .strictObject({ code: codeSchema, name: phraseSchema(200) })
  .meta({ id: 'CreateProductRequest' });

export const create = defineOperation({
  id: 'createProduct',
  method: 'post',
  path: '/v1/products',
  tag: 'Products',
  summary: 'Create a product of the vendor',
  credential: 'operator',
  body,
  replies: { 201: { description: 'The product.', body: productSchema } },
  errors: ['conflict'],
  async handle(context, input) {
    const id = newId('prd');
    const product = await context.deps.systemDb.transaction().execute(async (tx) => {
      const created = await insertProduct(tx, { id, ...input.body });
      if (created === undefined) {
        throw new LicensingError(
          'conflict',
          `There is a product with the code ${input.body.code}.`,
        );
      }
      await audit(tx, context, { tenantId: null, action: 'product.create', subjectId: id });
      return created;
    });
    return { status: 201, body: presentProduct(product) };
  },
});
