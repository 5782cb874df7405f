import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { createOperator } from '../../dev/operator.ts';
import { catalogue } from '../../dev/catalogue.ts';
import { packPoolConfig } from '../../lua/pool-config.ts';
import { poolConfigOf, type Policy } from '../../domain/policy.ts';
import type { World } from './world.ts';

/** A license to load, and all that its floor must know of it. */
export interface BenchLicense {
  tenantId: string;
  licenseId: string;
  productId: string;
  licenseKey: string;
  /** What the seat scripts are told of it, packed. */
  config: string;
}

const withId = z.object({ id: z.string() });

/** Makes a product, a plan like Enterprise with the members that differ, and licenses of one tenant. */
async function givenLicenses(
  { api, operatorKey }: Pick<World, 'api' | 'operatorKey'>,
  wanted: { count: number; seats: number; policy?: Partial<Policy> },
): Promise<BenchLicense[]> {
  const operator = createOperator(`http://127.0.0.1:${api.port}`, operatorKey);
  const product = await productOf(operator);
  const base = catalogue.find(({ code }) => code === 'enterprise')?.policy;
  if (base === undefined) throw new Error('The catalogue has no enterprise plan');
  const policy = { ...base, ...wanted.policy };
  const code = `bench-${randomBytes(4).toString('hex')}`;
  const plan = { productId: product, code, name: 'Bench', policy };
  const { id: planId } = await operator.post('/v1/plans', withId, plan);
  const { id: tenantId } = await operator.post('/v1/tenants', withId, { name: 'Bench' });
  const { seats } = wanted;
  const config = packPoolConfig(
    poolConfigOf({ policy, seats, status: 'open', expiresAt: null, version: 1 }),
  );
  const licenses: BenchLicense[] = [];
  for (let made = 0; made < wanted.count; made += 1) {
    const issued = await operator.issueLicense(tenantId, { productId: product, planId, seats });
    const { license, licenseKey } = issued;
    licenses.push({ tenantId, licenseId: license.id, productId: product, licenseKey, config });
  }
  return licenses;
}

/** One license. */
export async function givenLicense(
  world: Pick<World, 'api' | 'operatorKey'>,
  wanted: { seats: number; policy?: Partial<Policy> },
): Promise<BenchLicense> {
  const [license] = await givenLicenses(world, { ...wanted, count: 1 });
  if (license === undefined) throw new Error('No license was issued');
  return license;
}

async function productOf(operator: ReturnType<typeof createOperator>): Promise<string> {
  const page = z.object({ items: z.array(z.object({ id: z.string(), code: z.string() })) });
  const { items } = await operator.get('/v1/products', page);
  const present = items.find(({ code }) => code === 'bench');
  if (present !== undefined) return present.id;
  const { id } = await operator.post('/v1/products', withId, { code: 'bench', name: 'Bench' });
  return id;
}
