/**
 * Seeds a fresh database: an operator key, then over the API, as an operator would, the product with its
 * plans, a demo tenant with an API key, and a five-seat license on the demo plan.
 */
import { z } from 'zod';
import { insertAuditEntry } from '../data/audit-log.ts';
import { insertCredential } from '../data/credentials.ts';
import { openDatabase } from '../data/database.ts';
import { newId } from '../platform/ids.ts';
import { hashApiKey, makeApiKey } from '../signing/keys.ts';
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

/** Makes an operator key; its secret is returned here and stored nowhere but as a hash. */
export async function createOperatorKey(systemUrl: string, name: string): Promise<string> {
  const secret = makeApiKey('lho_');
  const hash = hashApiKey('lho_', secret);
  if (hash === null) throw new Error('The operator key that was just made has no valid form');
  const db = openDatabase({ url: systemUrl, poolSize: 1, onError: () => undefined });
  try {
    const id = newId('key');
    await db.transaction().execute(async (tx) => {
      const owner = { tenantId: null, subjectId: null, scopes: [] };
      await insertCredential(tx, { id, kind: 'operator_key', hash, name, ...owner });
      await insertAuditEntry(tx, {
        id: newId('aud'),
        tenantId: null,
        actor: { kind: 'system', id: 'create-operator-key' },
        action: 'operator_key.create',
        subjectId: id,
        detail: { name },
        requestId: null,
      });
    });
    return secret;
  } finally {
    await db.destroy();
  }
}

/** Seeds the catalogue and the demo tenant through a running API. */
export async function seedDemo(apiUrl: string, operatorKey: string): Promise<Demo> {
  const operator = createOperator(apiUrl, operatorKey);
  const product = await operator.post('/v1/products', withId, { code: 'studio', name: 'Studio' });
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
