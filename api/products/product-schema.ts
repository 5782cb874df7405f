import { z } from 'zod';
import type { ProductRecord } from '../../data/catalog.ts';

/** Names a product or a plan in configuration and in keys of other systems: stable and readable. */
export const codeSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be lower-case letters, digits and dashes, up to 64');

export const productSchema = z
  .object({ id: z.string(), code: z.string(), name: z.string(), createdAt: z.iso.datetime() })
  .meta({ id: 'Product' });

export function presentProduct(product: ProductRecord): z.input<typeof productSchema> {
  return { ...product, createdAt: product.createdAt.toISOString() };
}
