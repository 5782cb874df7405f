/** Fresh licenses of fresh tenants for each seed, so that many seeds run on one stack. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { createOperator } from '../../dev/operator.ts';
import type { Policy } from '../../domain/policy.ts';
import { eventually } from '../support/eventually.ts';
import type { Stack } from './stack.ts';

/** A license that a part of the fleet uses. */
export interface Site {
  licenseId: string;
  tenantId: string;
  licenseKey: string;
  product: string;
  seats: number;
  /** Its clients queue when all seats are in use. */
  queues: boolean;
}

/** The shortest figures that the API accepts, so that everything ends within a seed. */
export const policy: Policy = {
  seats: { min: 1, max: 100 },
  leaseSeconds: 5,
  heartbeatSeconds: 1,
  holdersMax: 4,
  overdraft: 0,
  queue: { lengthMax: 100, waitMaxSeconds: 60, offerSeconds: 5, livenessSeconds: 5 },
  usageTypes: ['builder'],
  offlineGraceHours: 0,
  offlineAllowance: 0,
  devicesMax: null,
  licenseFiles: null,
  namesHolders: false,
  features: {},
};

const withId = z.object({ id: z.string() });

/**
 * One license whose clients take no for an answer, and one of another tenant whose clients queue. Tried
 * again for a while: the last seed's fault may have left a server that is still coming back.
 *
 * @throws the last fault when that did not help.
 */
export function openSites(stack: Stack): Promise<[Site, Site]> {
  return eventually(() => tryOpenSites(stack), { withinMs: 20_000, everyMs: 200 });
}

async function tryOpenSites({ directUrl, operatorKey }: Stack): Promise<[Site, Site]> {
  const operator = createOperator(directUrl, operatorKey);
  const product = `p-${randomBytes(5).toString('hex')}`;
  const made = await operator.post('/v1/products', withId, { code: product, name: product });
  const plan = { productId: made.id, code: 'plan', name: 'Plan', policy };
  const { id: planId } = await operator.post('/v1/plans', withId, plan);
  const open = async (seats: number, queues: boolean): Promise<Site> => {
    const { id: tenantId } = await operator.post('/v1/tenants', withId, { name: product });
    const terms = { productId: made.id, planId, seats };
    const { license, licenseKey } = await operator.issueLicense(tenantId, terms);
    return { licenseId: license.id, tenantId, licenseKey, product, seats, queues };
  };
  return [await open(3, false), await open(2, true)];
}
