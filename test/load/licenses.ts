import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { createOperator } from '../../dev/operator.ts';
import { catalogue } from '../../dev/catalogue.ts';
import { packPoolConfig } from '../../lua/pool-config.ts';
import { poolConfigOf, type Policy } from '../../domain/policy.ts';
import type { PoolConfig } from '../../domain/seat.ts';
import type { World } from './world.ts';

/** A license to load, and all that its floor must know of it. */
export interface BenchLicense {
  tenantId: string;
  licenseId: string;
  productId: string;
  licenseKey: string;
  /** What the seat scripts are told of it, also packed. */
  policyConfig: PoolConfig;
  config: string;
}

const withId = z.object({ id: z.string() });

/** A license of a new tenant, on a plan like Enterprise with the members that differ. */
export async function givenLicense(
  { api, operatorKey }: Pick<World, 'api' | 'operatorKey'>,
  { seats, policy: members }: { seats: number; policy?: Partial<Policy> },
): Promise<BenchLicense> {
  const operator = createOperator(`http://127.0.0.1:${api.port}`, operatorKey);
  const productId = await productOf(operator);
  const base = catalogue.find(({ code }) => code === 'enterprise')?.policy;
  if (base === undefined) throw new Error('The catalogue has no enterprise plan');
  const policy = { ...base, ...members };
  const code = `bench-${randomBytes(4).toString('hex')}`;
  const plan = { productId, code, name: 'Bench', policy };
  const { id: planId } = await operator.post('/v1/plans', withId, plan);
  const { id: tenantId } = await operator.post('/v1/tenants', withId, { name: 'Bench' });
  const issued = await operator.issueLicense(tenantId, { productId, planId, seats });
  const terms = { policy, seats, status: 'open', expiresAt: null, version: 1 } as const;
  const policyConfig = poolConfigOf(terms);
  const { license, licenseKey } = issued;
  const config = packPoolConfig(policyConfig);
  return { tenantId, licenseId: license.id, productId, licenseKey, policyConfig, config };
}

async function productOf(operator: ReturnType<typeof createOperator>): Promise<string> {
  const page = z.object({ items: z.array(z.object({ id: z.string(), code: z.string() })) });
  const { items } = await operator.get('/v1/products', page);
  const present = items.find(({ code }) => code === 'bench');
  if (present !== undefined) return present.id;
  const { id } = await operator.post('/v1/products', withId, { code: 'bench', name: 'Bench' });
  return id;
}
