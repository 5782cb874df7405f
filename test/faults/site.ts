/** Fresh licenses of fresh tenants for each seed, so that many seeds run on one stack. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
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
  /** Devices that may go on offline beyond the seats. */
  offlineAllowance: number;
  /** Its clients queue when all seats are in use. */
  queues: boolean;
  /** A machine takes a seat out of its pool with a license file. */
  hasFiles: boolean;
}

const offlineAllowance = 2;

/** The shortest figures that the API accepts, so that everything ends within a seed. */
export const policy: Policy = {
  seats: { min: 1, max: 100 },
  leaseSeconds: 5,
  heartbeatSeconds: 1,
  holdersMax: 4,
  overdraft: 0,
  queue: { lengthMax: 100, waitMaxSeconds: 60, offerSeconds: 5, livenessSeconds: 5 },
  usageTypes: ['builder'],
  offlineGraceHours: 1,
  offlineAllowance,
  devicesMax: null,
  licenseFiles: { needsDevice: true, hoursMax: 1 },
  namesHolders: false,
  features: {},
};

/** Less than the API accepts: rights are to end within a seed, too. */
const graceSeconds = 4.5;

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

async function tryOpenSites({ directUrl, operatorKey, databaseUrl }: Stack): Promise<[Site, Site]> {
  const operator = createOperator(directUrl, operatorKey);
  const product = `p-${randomBytes(5).toString('hex')}`;
  const made = await operator.post('/v1/products', withId, { code: product, name: product });
  const plan = { productId: made.id, code: 'plan', name: 'Plan', policy };
  const { id: planId } = await operator.post('/v1/plans', withId, plan);
  await shortenGrace(databaseUrl, planId);
  const open = async (seats: number, queues: boolean): Promise<Site> => {
    const { id: tenantId } = await operator.post('/v1/tenants', withId, { name: product });
    const terms = { productId: made.id, planId, seats };
    const { license, licenseKey } = await operator.issueLicense(tenantId, terms);
    const { id: licenseId } = license;
    // Where clients queue, who stands before whom is judged until the number of seats is another.
    const uses = { queues, hasFiles: !queues };
    return { licenseId, tenantId, licenseKey, product, seats, offlineAllowance, ...uses };
  };
  return [await open(3, false), await open(2, true)];
}

async function shortenGrace(databaseUrl: string, planId: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, query_timeout: 5_000 });
  await client.connect();
  try {
    const change = `update plans set policy = jsonb_set(policy, '{offlineGraceHours}', $1) where id = $2`;
    await client.query(change, [JSON.stringify(graceSeconds / 3_600), planId]);
  } finally {
    await client.end();
  }
}
