/** The API in the test's own process, on a database and a Redis of the calling file's own. */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterAll, inject } from 'vitest';
import type { ApiDeps } from '../../api/deps.ts';
import { startApi } from '../../api/server.ts';
import { insertCredential } from '../../data/credentials.ts';
import { loadConfig } from '../../platform/config.ts';
import { newId } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import { connectRedis } from '../../platform/redis.ts';
import type { StepPoint } from '../../services/deps.ts';
import { generousBudgets } from '../../dev/generous-budgets.ts';
import { hashApiKey, makeApiKey } from '../../signing/keys.ts';
import { checkAnswer, type Answer } from './answers.ts';
import { cloneDatabase, type TestDatabase } from './database.ts';
import { eventually } from './eventually.ts';
import { kmsEnvironment, type ReachedKms } from './kms.ts';
import { startTestRedis, type TestRedis } from './redis.ts';
import { unaskedKms } from './unasked-kms.ts';

export type { Answer, Problem } from './answers.ts';

/** How a request is made. */
export interface RequestOptions {
  /** The whole Authorization header. */
  authorization?: string | undefined;
  /** The header Leasehold-Tenant. */
  tenantId?: string | undefined;
  /** Sent as JSON; a text or bytes are sent as they are. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface TestApi {
  readonly url: string;
  readonly metricsUrl: string;
  readonly deps: ApiDeps;
  readonly database: TestDatabase;
  readonly redis: TestRedis;
  /** A connection to that Redis, for looking and for moving time. */
  readonly store: Redis;
  readonly operatorKey: string;
  /** Makes a request and holds its answer against the operation's declaration. */
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  /** `request` with the operator's key. */
  asOperator(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  /** Calls `act` whenever a step reaches the point, until the function that it returns is called. */
  whenReached(point: StepPoint, act: () => void): () => void;
  /** Stops the API; its stores stay. It happens by itself after the file's last test. */
  close(): Promise<void>;
}

export interface TestApiOptions {
  /** Stores to share with another API. */
  database?: TestDatabase;
  redis?: TestRedis;
  /** Has it sign: it is there once it has a delegate of this KMS's root. */
  kms?: ReachedKms;
  /** False: there is no root key, so nothing is ever signed. */
  hasRootKey?: boolean;
  /** Environment variables that differ. */
  environment?: Record<string, string>;
  log?: Logger;
  /** How long a request may still take once it is closed. */
  drainMs?: number;
}

/** Starts an API and stops it after the file's last test. Call it at the top level of a file. */
export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const database = options.database ?? (await cloneDatabase());
  const redis = options.redis ?? (await startTestRedis());
  const hooks = new Map<StepPoint, Set<() => void>>();
  const { kms } = options;
  const config = loadConfig({
    ...testEnvironment(database, redis),
    ...(kms && kmsEnvironment(kms)),
    ...options.environment,
  });
  const running = await startApi(config, {
    ...(options.log === undefined ? {} : { log: options.log }),
    ...(options.drainMs === undefined ? {} : { drainMs: options.drainMs }),
    reached: (point) => {
      for (const act of hooks.get(point) ?? []) act();
    },
  });
  if (options.hasRootKey !== false) running.deps.kms ??= unaskedKms(running.deps);
  if (kms) await eventually(() => running.deps.delegate.current() !== null, { withinMs: 60_000 });
  const store = connectRedis({ url: redis.url, name: 'test', onError: () => undefined });
  const operatorKey = await insertOperatorKey(running.deps);
  const url = `http://127.0.0.1:${running.port}`;
  const request = requestTo(url);
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= running.close());
  afterAll(async () => {
    await close();
    store.disconnect();
  });
  return {
    url,
    metricsUrl: `http://127.0.0.1:${running.metricsPort}/metrics`,
    deps: running.deps,
    ...{ database, redis, store, operatorKey, request, close },
    asOperator: (method, path, how) =>
      request(method, path, { authorization: `Bearer ${operatorKey}`, ...how }),
    whenReached(point, act) {
      const acts = hooks.get(point) ?? new Set();
      hooks.set(point, acts.add(act));
      return () => acts.delete(act);
    },
  };
}

/** The environment of an API on these stores, with every port free and nothing logged. */
export function testEnvironment(
  database: TestDatabase,
  redis: Pick<TestRedis, 'url'>,
): Record<string, string> {
  return {
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    DATABASE_URL: database.appUrl,
    SYSTEM_DATABASE_URL: database.systemUrl,
    REDIS_URL: redis.url,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_TASK_QUEUE: `test-${randomBytes(6).toString('hex')}`,
    API_PORT: '0',
    METRICS_PORT: '0',
    // One file plays more customers with one key than there are.
    ...generousBudgets,
    SESSION_CREDENTIAL_SECRETS: `t1:${randomBytes(32).toString('base64url')}`,
  };
}

/** Makes requests to the API at an address and holds each answer against its operation. */
export function requestTo(url: string): TestApi['request'] {
  return (method, path, how = {}) => send(url, method, path, how);
}

async function send(
  url: string,
  method: string,
  path: string,
  { authorization, tenantId, body, headers, signal }: RequestOptions,
): Promise<Answer> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(authorization === undefined ? {} : { authorization }),
      ...(tenantId === undefined ? {} : { 'leasehold-tenant': tenantId }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const answer = {
    status: response.status,
    headers: response.headers,
    body: isJson ? (JSON.parse(text) as unknown) : undefined,
    text,
  };
  checkAnswer({ method, path }, answer);
  return answer;
}

async function insertOperatorKey(deps: ApiDeps): Promise<string> {
  const secret = makeApiKey('lho_');
  const hash = hashApiKey('lho_', secret);
  if (hash === null) throw new Error('The operator key that was just made has no valid form');
  const facts = { kind: 'operator_key', tenantId: null, subjectId: null, scopes: [] } as const;
  await insertCredential(deps.systemDb, {
    ...{ ...facts, scopes: [] },
    id: newId('key'),
    name: 'test',
    hash,
  });
  return secret;
}
