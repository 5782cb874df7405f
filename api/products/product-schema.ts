import { z } from 'zod';
import type { ProductRecord } from '../../data/catalog.ts';

/** Names a product or a plan in configuration and in keys of other systems: stable and readable. */
export const codeSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be lower-case letters, digits and dashes, up to 64');

/** Denials show it, on terminals too: printable ASCII without blanks. */
export const upgradeUrlSchema = z
  .string()
  .regex(/^https?:\/\/[\x21-\x7e]{1,480}$/, {
    error: 'must be a URL of up to 480 characters that begins with https:// or http://',
    abort: true,
  })
  .refine((text) => URL.canParse(text), 'must be a URL')
  .meta({ description: 'Where customers buy a larger plan; denials that a plan causes name it.' });

export const productSchema = z
  .object({
    id: z.string(),
    code: z.string(),
    name: z.string(),
    upgradeUrl: z.string().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Product' });

export function presentProduct(product: ProductRecord): z.input<typeof productSchema> {
  return { ...product, createdAt: product.createdAt.toISOString() };
}
