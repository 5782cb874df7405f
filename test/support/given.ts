/**
 * What tests of the API say: `givenLicense`, `acquire`, `heartbeat`, `release`. Each goes through HTTP;
 * `try…` gives the answer whatever it is, the others throw unless it is a success.
 */
import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { licenseSchema } from '../../api/licenses/license-schema.ts';
import { policySchema } from '../../api/plans/policy-schema.ts';
import type { sessionSchema } from '../../api/schemas.ts';
import { insertPlan } from '../../data/catalog.ts';
import type { Feature } from '../../domain/entitlement.ts';
import type { Policy } from '../../domain/policy.ts';
import type { PoolRef } from '../../domain/seat.ts';
import { poolKeys } from '../../lua/keys.ts';
import { newId } from '../../platform/ids.ts';
import type { Answer, Problem, RequestOptions, TestApi } from './api.ts';

export type Session = z.output<typeof sessionSchema>;
export type License = z.output<typeof licenseSchema>;

/** A license with all that is needed to use it. */
export interface GivenLicense extends PoolRef {
  api: TestApi;
  licenseKey: string;
  product: string;
  productId: string;
  planId: string;
}

/** A session that `acquire` got, as one of its holders. */
export interface GivenSession {
  license: GivenLicense;
  id: string;
  instanceKey: string;
  credential: string;
  /** The status of the answer: 201 granted, 200 attached, 202 queued. */
  httpStatus: number;
  /** As the answer showed it. */
  session: Session;
}

/** Short enough for tests that wait, within what the API allows for plans. */
export const testPolicy: Policy = {
  seats: { min: 1, max: 1_000 },
  leaseSeconds: 15,
  heartbeatSeconds: 5,
  holdersMax: 16,
  overdraft: 0,
  queue: { lengthMax: 500, waitMaxSeconds: 3_600, offerSeconds: 15, livenessSeconds: 30 },
  usageTypes: ['builder', 'runtime'],
  offlineGraceHours: 1,
  offlineAllowance: 0,
  devicesMax: null,
  licenseFiles: { needsDevice: true, hoursMax: 24 },
  namesHolders: false,
  features: { agents: 52 },
};

/** @returns the id of a new tenant. */
export async function givenTenant(api: TestApi): Promise<string> {
  const name = `Tenant ${randomBytes(3).toString('hex')}`;
  return (
    succeed(await api.asOperator('POST', '/v1/tenants', { body: { name } })) as { id: string }
  ).id;
}

/** @returns the secret of a new API key of the tenant. */
export async function givenApiKey(
  api: TestApi,
  tenantId: string,
  scopes?: readonly string[],
): Promise<string> {
  const body = { name: 'Test', ...(scopes === undefined ? {} : { scopes }) };
  const answer = await api.asOperator('POST', '/v1/api-keys', { tenantId, body });
  return (succeed(answer) as { secret: string }).secret;
}

/** A license of a new product and plan, and of a new tenant unless one is named. */
export async function givenLicense(
  api: TestApi,
  options: {
    seats?: number;
    /** Members of `testPolicy` that differ. Figures that the API refuses are stored all the same. */
    policy?: Partial<Policy>;
    tenantId?: string;
    expiresAt?: string;
    /** Where its product is sold. */
    upgradeUrl?: string;
  } = {},
): Promise<GivenLicense> {
  const { seats = 5, expiresAt, upgradeUrl } = options;
  const tenantId = options.tenantId ?? (await givenTenant(api));
  const product = `product-${randomBytes(5).toString('hex')}`;
  const productId = (
    succeed(
      await api.asOperator('POST', '/v1/products', {
        body: { code: product, name: 'Product', upgradeUrl },
      }),
    ) as { id: string }
  ).id;
  const planId = await givenPlan(api, productId, { ...testPolicy, ...options.policy });
  const body = { productId, planId, seats, ...(expiresAt === undefined ? {} : { expiresAt }) };
  const { license, licenseKey } = succeed(
    await api.asOperator('POST', '/v1/licenses', { tenantId, body }),
  ) as { license: License; licenseKey: string };
  return { api, tenantId, licenseId: license.id, licenseKey, product, productId, planId };
}

/** One more plan of the license's product. */
export async function givenOtherPlan(
  { api, productId }: GivenLicense,
  { policy = {}, ...plan }: { code: string; offered?: boolean; policy?: Partial<Policy> },
): Promise<void> {
  const name = `Plan ${plan.code}`;
  const body = { ...plan, name, productId, policy: { ...testPolicy, ...policy } };
  succeed(await api.asOperator('POST', '/v1/plans', { body }));
}

async function givenPlan(api: TestApi, productId: string, policy: Policy): Promise<string> {
  const plan = { productId, code: 'plan', name: 'Plan', policy };
  if (!policySchema.safeParse(policy).success) {
    const id = newId('pln');
    await insertPlan(api.deps.systemDb, { id, ...plan });
    return id;
  }
  return (succeed(await api.asOperator('POST', '/v1/plans', { body: plan })) as { id: string }).id;
}

/** How an instance asks for a seat; an instance that is not named is a new one. */
export interface AcquireOptions {
  instance?: string;
  holderId?: string;
  wait?: boolean;
  product?: string;
  usageType?: 'builder' | 'runtime';
  device?: { fingerprint: string; name?: string; platform?: string; ephemeral?: boolean };
  metadata?: Record<string, unknown>;
  features?: string[];
  /** The id of a session to take over. */
  takeover?: string;
}

/** Asks for a seat. */
export async function tryAcquire(
  license: GivenLicense,
  options: AcquireOptions = {},
): Promise<Answer> {
  return license.api.request('POST', '/v1/sessions', {
    authorization: `License ${license.licenseKey}`,
    body: acquireBody(license, options),
  });
}

/** The body of a request for a seat. */
export function acquireBody(license: GivenLicense, options: AcquireOptions = {}) {
  const { instance = `instance-${randomBytes(6).toString('hex')}`, ...rest } = options;
  return {
    instanceKey: instance,
    product: license.product,
    version: '1.0.0',
    usageType: 'builder',
    device: { fingerprint: `device-of-${instance}` },
    ...rest,
  };
}

/** Takes a seat, attaches to one, or with `wait` queues for one. */
export async function acquire(
  license: GivenLicense,
  options: AcquireOptions = {},
): Promise<GivenSession> {
  const answer = await tryAcquire(license, options);
  const { session, credential } = succeed(answer) as { session: Session; credential: string };
  const { id, instanceKey } = session;
  return { license, id, instanceKey, credential, httpStatus: answer.status, session };
}

/** Takes that many seats, each by an instance of its own. */
export function acquireMany(license: GivenLicense, count: number): Promise<GivenSession[]> {
  return Promise.all(Array.from({ length: count }, () => acquire(license)));
}

export function tryHeartbeat(
  session: GivenSession,
  body: object = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  return asHolder(session, 'POST', `/v1/sessions/${session.id}/heartbeat`, { body, headers });
}
/** Beats; throws unless the seat is kept. */
export async function heartbeat(session: GivenSession): Promise<Session> {
  return (succeed(await tryHeartbeat(session)) as { session: Session }).session;
}

export function tryRelease(session: GivenSession): Promise<Answer> {
  return asHolder(session, 'DELETE', `/v1/sessions/${session.id}`);
}
/** Gives the seat back as this holder. */
export async function release(session: GivenSession): Promise<void> {
  succeed(await tryRelease(session));
}

export function tryShow(
  session: GivenSession,
  options: { wait?: number; signal?: AbortSignal } = {},
): Promise<Answer> {
  const query = options.wait === undefined ? '' : `?wait=${options.wait}`;
  const how = options.signal === undefined ? {} : { signal: options.signal };
  return asHolder(session, 'GET', `/v1/sessions/${session.id}${query}`, how);
}
/** Looks at a session; with `wait` until something changes for it, or for that many seconds. */
export async function show(
  session: GivenSession,
  options: { wait?: number } = {},
): Promise<Session> {
  return (succeed(await tryShow(session, options)) as { session: Session }).session;
}

function asHolder(
  { license: { api }, credential }: GivenSession,
  method: string,
  path: string,
  options: Pick<RequestOptions, 'body' | 'headers' | 'signal'> = {},
): Promise<Answer> {
  return api.request(method, path, { authorization: `Bearer ${credential}`, ...options });
}

/** Takes a seat back as the operator. */
export function forceRelease(session: GivenSession, reason = 'Test'): Promise<Answer> {
  const { api, tenantId } = session.license;
  const path = `/v1/sessions/${session.id}/force-release`;
  return api.asOperator('POST', path, { tenantId, body: { reason } });
}

/** Changes seats, expiry or features as the operator. */
export async function changeLicense(
  { api, licenseId }: GivenLicense,
  body: {
    seats?: number;
    expiresAt?: string | null;
    features?: Record<string, Feature | null>;
  },
): Promise<License> {
  return succeed(await api.asOperator('PATCH', `/v1/licenses/${licenseId}`, { body })) as License;
}

export async function suspend({ api, licenseId }: GivenLicense): Promise<void> {
  const body = { reason: 'Test' };
  succeed(await api.asOperator('POST', `/v1/licenses/${licenseId}/suspend`, { body }));
}
export async function reinstate({ api, licenseId }: GivenLicense): Promise<void> {
  succeed(await api.asOperator('POST', `/v1/licenses/${licenseId}/reinstate`, { body: {} }));
}
export async function revoke({ api, licenseId }: GivenLicense): Promise<void> {
  const body = { reason: 'Test' };
  succeed(await api.asOperator('POST', `/v1/licenses/${licenseId}/revoke`, { body }));
}

/** The license as its tenant sees it. */
export async function readLicense({ api, tenantId, licenseId }: GivenLicense): Promise<License> {
  return succeed(await api.asOperator('GET', `/v1/licenses/${licenseId}`, { tenantId })) as License;
}

/** The events of a session's history, in their order. */
export async function historyOf({ license, id }: GivenSession): Promise<string[]> {
  const { api, tenantId } = license;
  const answer = await api.asOperator('GET', `/v1/sessions/${id}/history`, { tenantId });
  return (succeed(answer) as { items: { event: string }[] }).items.map(({ event }) => event);
}

/** Lets the lease of a session's seat, or its offer, be over as if its time had passed. */
export async function afterLeaseLapses({
  license,
  instanceKey,
}: Pick<GivenSession, 'license' | 'instanceKey'>): Promise<void> {
  const [, seats = ''] = poolKeys(license);
  await license.api.store.zadd(seats, 'XX', 1, instanceKey);
}
/** Lets a waiter have been silent for too long. */
export async function afterSilence({ license, instanceKey }: GivenSession): Promise<void> {
  const [, , , waiters = ''] = poolKeys(license);
  await license.api.store.zadd(waiters, 'XX', 1, instanceKey);
}

/** Lets other devices have all offline rights of a license, or more; answers how to take them back. */
export async function givenNoRightsLeft(license: GivenLicense): Promise<() => Promise<void>> {
  const hard = poolKeys(license).find((key) => key.endsWith(':hard')) ?? '';
  const others = Array.from({ length: 20 }, (_, n) => [Date.now() + 3_600_000, `other ${n}`]);
  await license.api.store.zadd(hard, ...others.flat());
  return async () => {
    await license.api.store.zrem(hard, ...others.map(([, device]) => String(device)));
  };
}

/** The body of a success. @throws Error with the whole answer when it is a refusal. */
export function succeed(answer: Answer): unknown {
  if (answer.status >= 400) throw new Error(`Answered ${answer.status}: ${answer.text}`);
  return answer.body;
}

/** The body of a refusal. @throws Error when the answer is a success. */
export function problemOf(answer: Answer): Problem {
  if (answer.status < 400) throw new Error(`Answered ${answer.status}: ${answer.text}`);
  return answer.body as Problem;
}
