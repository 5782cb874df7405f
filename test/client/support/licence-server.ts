/** The real API on real stores, and the operator's requests that a test of the client needs. */
import { randomBytes } from 'node:crypto';
import createClient from 'openapi-fetch';
import { afterAll } from 'vitest';
import { startApi, type RunningApi } from '../../../api/server.ts';
import type { paths } from '../../../client/generated/api.ts';
import { insertCredential } from '../../../data/credentials.ts';
import type { Policy } from '../../../domain/policy.ts';
import { scopes, type Scope } from '../../../domain/scope.ts';
import { loadConfig } from '../../../platform/config.ts';
import { newId } from '../../../platform/ids.ts';
import { hashApiKey, makeApiKey } from '../../../signing/keys.ts';
import { cloneDatabase, type TestDatabase } from '../../support/database.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';
import { temporalAddress } from '../../support/temporal.ts';

const policy: Policy = {
  seats: { min: 1, max: 1_000 },
  leaseSeconds: 15,
  heartbeatSeconds: 5,
  holdersMax: 16,
  overdraft: 0,
  queue: { lengthMax: 50, waitMaxSeconds: 3_600, offerSeconds: 15, livenessSeconds: 30 },
  usageTypes: ['builder', 'runtime'],
  offlineGraceHours: 1,
  offlineAllowance: 0,
  devicesMax: null,
  licenseFiles: null,
  namesHolders: true,
  features: {},
};

/** A license of a tenant and a product of its own. */
export interface GivenLicense {
  tenantId: string;
  licenseId: string;
  /** What `acquire` needs to use it. */
  options: { url: string; licenseKey: string; product: string; version: string };
}

/** What a program of this license finds in its environment. */
export function environmentOf({ options }: GivenLicense): Record<string, string> {
  return {
    LEASEHOLD_URL: options.url,
    LEASEHOLD_LICENSE_KEY: options.licenseKey,
    LEASEHOLD_PRODUCT: options.product,
    LEASEHOLD_VERSION: options.version,
    LEASEHOLD_INSTANCE_KEY: 'command-line',
    LICENSE_INSTANCE_ID: 'this-machine',
  };
}

export interface LicenceServer {
  url: string;
  port: number;
  operatorKey: string;
  redis: TestRedis;
  /** Starts one more API on the same stores, with other secrets. Answers its port. */
  startWithNewSecrets: () => Promise<number>;
  givenLicense: (
    terms: Partial<Policy> & { count: number; upgradeUrl?: string },
  ) => Promise<GivenLicense>;
  /** Seats in use and waiters, as the vendor sees them. */
  seatsOf: (license: GivenLicense) => Promise<{ used: number; queued: number; limit: number }>;
  forceRelease: (license: GivenLicense, sessionId: string) => Promise<void>;
  suspend: (license: GivenLicense) => Promise<void>;
  /** A key of the license's tenant, for what its administrators do. */
  givenApiKey: (license: GivenLicense, scopes?: Scope[]) => Promise<string>;
}

/** Starts the API and its stores for the calling file, and stops them after its last test. */
export async function startLicenceServer(): Promise<LicenceServer> {
  const redis = await startTestRedis();
  const database = await cloneDatabase();
  const start = async () => {
    const api = await startOn(database, redis);
    afterAll(() => api.close());
    return api;
  };
  const api = await start();
  const operatorKey = await insertOperatorKey(api);
  const url = `http://127.0.0.1:${api.port}`;
  const operator = createClient<paths>({
    baseUrl: url,
    headers: { Authorization: `Bearer ${operatorKey}` },
  });
  const as = ({ tenantId }: Pick<GivenLicense, 'tenantId'>) => ({ 'Leasehold-Tenant': tenantId });

  return {
    url,
    port: api.port,
    operatorKey,
    redis,
    startWithNewSecrets: async () => (await start()).port,
    async givenLicense({ count, upgradeUrl = null, ...overrides }) {
      const code = `p${randomBytes(6).toString('hex')}`;
      const tenant = done(await operator.POST('/v1/tenants', { body: { name: 'Acme' } }));
      const product = done(
        await operator.POST('/v1/products', { body: { code, name: 'CAD', upgradeUrl } }),
      );
      const plan = done(
        await operator.POST('/v1/plans', {
          body: {
            ...{ productId: product.id, code: 'test', name: 'Test' },
            policy: { ...policy, ...overrides },
          },
        }),
      );
      const { license, licenseKey } = done(
        await operator.POST('/v1/licenses', {
          body: {
            ...{ productId: product.id, planId: plan.id, seats: count },
            ...{ expiresAt: null, overrides: {}, metadata: {} },
          },
          headers: as({ tenantId: tenant.id }),
        }),
      );
      return {
        tenantId: tenant.id,
        licenseId: license.id,
        options: { url, licenseKey, product: code, version: '1.0.0' },
      };
    },
    async seatsOf(license) {
      const params = { path: { id: license.licenseId } };
      const answer = await operator.GET('/v1/licenses/{id}', { params, headers: as(license) });
      return done(answer).seats;
    },
    async forceRelease(license, sessionId) {
      done(
        await operator.POST('/v1/sessions/{id}/force-release', {
          params: { path: { id: sessionId } },
          body: { reason: 'A test of the client' },
          headers: as(license),
        }),
      );
    },
    async suspend(license) {
      done(
        await operator.POST('/v1/licenses/{id}/suspend', {
          params: { path: { id: license.licenseId } },
          body: { reason: 'A test of the client' },
          headers: as(license),
        }),
      );
    },
    async givenApiKey(license, keyScopes = [...scopes]) {
      const body = { name: 'Administrator', scopes: keyScopes };
      return done(await operator.POST('/v1/api-keys', { body, headers: as(license) })).secret;
    },
  };
}

function startOn(database: TestDatabase, redis: TestRedis): Promise<RunningApi> {
  return startApi(
    loadConfig({
      LOG_LEVEL: 'silent',
      DATABASE_URL: database.appUrl,
      SYSTEM_DATABASE_URL: database.systemUrl,
      REDIS_URL: redis.url,
      TEMPORAL_ADDRESS: temporalAddress(),
      API_PORT: '0',
      METRICS_PORT: '0',
      SESSION_CREDENTIAL_SECRETS: `test:${randomBytes(32).toString('base64url')}`,
    }),
  );
}

async function insertOperatorKey({ deps }: RunningApi): Promise<string> {
  const key = makeApiKey('lho_');
  const hash = hashApiKey('lho_', key);
  if (hash === null) throw new Error('The operator key that was just made has no valid form');
  await insertCredential(deps.systemDb, {
    ...{ id: newId('key'), kind: 'operator_key', hash, tenantId: null, subjectId: null },
    ...{ name: 'test', scopes: [] },
  });
  return key;
}

function done<Data>({ data, error }: { data?: Data; error?: unknown }): Data {
  if (data === undefined) throw new Error(`The operator was refused: ${JSON.stringify(error)}`);
  return data;
}
