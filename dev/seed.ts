/**
 * Seeds a fresh server over its API, as an operator would: the product with its plans, a demo tenant
 * with an API key, and a five-seat license on the demo plan.
 */
import { z } from 'zod';
import { catalogue } from './catalogue.ts';
import { createOperator } from './operator.ts';

export interface Demo {
  tenantId: string;
  tenantKey: string;
  licenseId: string;
  licenseKey: string;
  product: string;
  productId: string;
  demoPlanId: string;
}

const demoSeats = 5;
const withId = z.object({ id: z.string() });

/** Seeds the catalogue and the demo tenant through a running API. */
export async function seedDemo(apiUrl: string, operatorKey: string): Promise<Demo> {
  const operator = createOperator(apiUrl, operatorKey);
  const product = await operator.post('/v1/products', withId, {
    ...{ code: 'studio', name: 'Studio' },
    upgradeUrl: 'https://example.com/studio/plans',
  });
  const plans = new Map<string, string>();
  for (const plan of catalogue) {
    const { id } = await operator.post('/v1/plans', withId, { productId: product.id, ...plan });
    plans.set(plan.code, id);
  }
  const tenant = await operator.post('/v1/tenants', withId, { name: 'Demo company' });
  const planId = plans.get('demo') ?? '';
  const issued = await operator.issueLicense(tenant.id, {
    productId: product.id,
    planId,
    seats: demoSeats,
  });
  const key = await operator.post(
    '/v1/api-keys',
    z.object({ secret: z.string() }),
    { name: 'Demo' },
    tenant.id,
  );
  return {
    tenantId: tenant.id,
    tenantKey: key.secret,
    licenseId: issued.license.id,
    licenseKey: issued.licenseKey,
    product: 'studio',
    productId: product.id,
    demoPlanId: planId,
  };
}
