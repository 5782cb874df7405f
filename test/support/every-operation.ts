/**
 * One valid request for each operation of the API, so that what must hold for all of them is tested
 * for all of them, and for the next one too: an operation without a sample fails.
 */
import { randomBytes } from 'node:crypto';
import type { Operation } from '../../api/operation.ts';
import type { TestApi } from './api.ts';
import { givenCheckOut } from './check-outs.ts';
import {
  acquire,
  acquireBody,
  givenApiKey,
  givenLicense,
  testPolicy,
  type GivenLicense,
  type GivenSession,
} from './given.ts';

/** A tenant with a license, a session and a key, and what the vendor has. */
export interface World {
  api: TestApi;
  license: GivenLicense;
  session: GivenSession;
  /** An API key of the tenant that may do everything. */
  apiKey: string;
  apiKeyId: string;
  /** A license file that a device asked for and nobody has signed. */
  checkOutId: string;
}

export async function givenWorld(api: TestApi): Promise<World> {
  const license = await givenLicense(api, { seats: 4 });
  const session = await acquire(license);
  const apiKey = await givenApiKey(api, license.tenantId);
  const body = { name: 'Target' };
  const { tenantId } = license;
  const made = await api.asOperator('POST', '/v1/api-keys', { tenantId, body });
  const { apiKey: target } = made.body as { apiKey: { id: string } };
  const checkOutId = await givenCheckOut(license);
  return { api, license, session, apiKey, apiKeyId: target.id, checkOutId };
}

/** What a request needs beside its credential. */
interface Sample {
  /** Goes where the path says `{id}`. */
  id?: string;
  body?: Record<string, unknown>;
}

const text = () => randomBytes(5).toString('hex');

const samples: Record<string, (world: World) => Sample> = {
  acquireSession: ({ license }) => ({ body: acquireBody(license) }),
  getSession: ({ session }) => ({ id: session.id }),
  renewSession: ({ session }) => ({ id: session.id, body: {} }),
  releaseSession: ({ session }) => ({ id: session.id }),
  getSessionHistory: ({ session }) => ({ id: session.id }),
  forceReleaseSession: ({ session }) => ({ id: session.id, body: { reason: 'Test' } }),
  validateLicense: ({ license }) => ({ body: { product: license.product } }),
  checkOutLicense: ({ license: { product } }) => ({
    body: { product, device: { fingerprint: 'mine' } },
  }),
  getCheckOut: ({ checkOutId }) => ({ id: checkOutId }),
  checkIn: ({ checkOutId }) => ({ id: checkOutId, body: { device: { fingerprint: 'mine' } } }),
  listLicenses: () => ({}),
  getLicense: ({ license }) => ({ id: license.licenseId }),
  listLicenseSessions: ({ license }) => ({ id: license.licenseId }),
  issueLicense: ({ license: { productId, planId } }) => ({ body: { productId, planId } }),
  changeLicense: ({ license }) => ({ id: license.licenseId, body: { seats: 5 } }),
  suspendLicense: ({ license }) => ({ id: license.licenseId, body: { reason: 'Test' } }),
  reinstateLicense: ({ license }) => ({ id: license.licenseId, body: {} }),
  revokeLicense: ({ license }) => ({ id: license.licenseId, body: { reason: 'Test' } }),
  rotateLicenseKey: ({ license }) => ({ id: license.licenseId, body: { overlapHours: 1 } }),
  createTenant: () => ({ body: { name: 'Tenant' } }),
  listTenants: () => ({}),
  getTenant: ({ license }) => ({ id: license.tenantId }),
  createProduct: () => ({ body: { code: text(), name: 'Product' } }),
  listProducts: () => ({}),
  getProduct: ({ license }) => ({ id: license.productId }),
  changeProduct: ({ license }) => ({ id: license.productId, body: { name: 'Product' } }),
  createPlan: ({ license: { productId } }) => ({
    body: { productId, code: text(), name: 'Plan', policy: testPolicy },
  }),
  listPlans: () => ({}),
  getPlan: ({ license }) => ({ id: license.planId }),
  createApiKey: () => ({ body: { name: 'Key' } }),
  revokeApiKey: ({ apiKeyId }) => ({ id: apiKeyId }),
  getKeys: () => ({}),
  createRevocation: ({ license: { licenseId } }) => ({
    body: { kind: 'leases', licenseId, fences: { epoch: 1, first: 1, count: 2 }, reason: 'Test' },
  }),
  listRevocations: () => ({}),
  getRevocations: () => ({}),
  getLiveness: () => ({}),
  getReadiness: () => ({}),
};

/** A request for the operation that it should answer with success. */
export function requestFor(operation: Operation, world: World) {
  const sample = samples[operation.id];
  if (sample === undefined) throw new Error(`${operation.id} has no sample: add one`);
  const { id = '', body } = sample(world);
  return {
    method: operation.method.toUpperCase(),
    path: operation.path.replace('{id}', id),
    ...credentialFor(operation, world),
    ...(body === undefined ? {} : { body }),
  };
}

/** The credential of the operation's class; an operator names the tenant. */
export function credentialFor(
  { credential }: Operation,
  { api, license, session, apiKey }: World,
): { authorization?: string; tenantId?: string } {
  switch (credential) {
    case 'none':
      return {};
    case 'license_key':
      return { authorization: `License ${license.licenseKey}` };
    case 'session':
      return { authorization: `Bearer ${session.credential}` };
    case 'tenant':
      return { authorization: `Bearer ${apiKey}` };
    case 'operator':
      return { authorization: `Bearer ${api.operatorKey}`, tenantId: license.tenantId };
  }
}
