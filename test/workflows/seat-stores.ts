import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Redis } from 'ioredis';
import { insertPlan, insertProduct, insertTenant } from '../../data/catalog.ts';
import { findCheckOut } from '../../data/check-outs.ts';
import { openDatabase } from '../../data/database.ts';
import { findSession } from '../../data/sessions.ts';
import { withTenant } from '../../data/tenant.ts';
import type { Policy, PolicyOverrides } from '../../domain/policy.ts';
import { createSeatScripts, type SeatScripts } from '../../lua/scripts.ts';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/logger.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { connectRedis } from '../../platform/redis.ts';
import { acquireSession } from '../../services/acquire-session.ts';
import { changeLicense, type LicenseChange } from '../../services/apply-license.ts';
import { checkIn } from '../../services/check-in.ts';
import { checkOutLicense } from '../../services/check-out-license.ts';
import type { Deps } from '../../services/deps.ts';
import { forceRelease } from '../../services/force-release.ts';
import { issueLicense } from '../../services/issue-license.ts';
import { requireLicense } from '../../services/read-license.ts';
import { releaseSession } from '../../services/release-session.ts';
import { noDelegate } from '../../signing/delegate.ts';
import { hashDevice } from '../../signing/tokens/device-hash.ts';
import { noLists } from '../../signing/lists.ts';
import {
  licenseWorkflowId,
  sessionSignals,
  sessionWorkflowId,
  type LicenseSessionResult,
  type LicenseTermResult,
  type SessionRef,
} from '../../workflows/contract.ts';
import { unaskedKms } from '../support/unasked-kms.ts';

/** The figures of a license in milliseconds, whole seconds each. */
export interface Figures {
  leaseMs: number;
  offerMs: number;
  livenessMs: number;
  queueWaitMs: number;
}

/** Empty stores of the caller's own. */
export interface Stores {
  redisUrl: string;
  appUrl: string;
  systemUrl: string;
}

/** The use cases on the given stores, with a vendor and a customer; no workflow yet. */
export async function openSeatStores(
  stores: Stores,
  figures: Figures,
  nowMs?: () => Promise<number>,
) {
  const onError = () => undefined;
  const open = (url: string) => openDatabase({ url, poolSize: 8, onError });
  const redis = connectRedis({ url: stores.redisUrl, name: 'test', onError });
  const log = createLogger({ name: 'test', level: process.env['TEST_LOG'] ?? 'silent' });
  const metrics = createMetrics('worker');
  const deps: Deps = {
    db: open(stores.appUrl),
    systemDb: open(stores.systemUrl),
    seats: nowMs ? withClock(redis, nowMs) : createSeatScripts(redis),
    delegate: noDelegate,
    kms: unaskedKms({ metrics, log }),
    signing: { issuer: 'http://127.0.0.1', sealKeys: [] },
    lists: noLists,
    log,
    metrics,
    reached: () => undefined,
  };
  return {
    deps,
    issueLicense: await openShop(deps, figures),
    useCases: (client: Client) => useCases(deps, client),
    close: async () => {
      await Promise.all([deps.db.destroy(), deps.systemDb.destroy()]);
      redis.disconnect();
    },
  };
}

/** Scripts that are told the time of each call, as it is when the call is made. */
function withClock(redis: Redis, nowMs: () => Promise<number>): SeatScripts {
  let now = 0;
  const scripts = createSeatScripts(redis, { testClock: () => now });
  return new Proxy(scripts, {
    get: (target, name: keyof SeatScripts) => {
      const script = target[name].bind(target) as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        now = await nowMs();
        return script(...args);
      };
    },
  });
}

const vendor = { caller: { actor: { kind: 'system', id: 'test' } }, requestId: 'test' } as const;

/** A vendor with one plan and one customer, to whom it sells licenses. */
async function openShop(deps: Deps, figures: Figures) {
  const db = deps.systemDb;
  const tenant = await insertTenant(db, { id: newId('ten'), name: 'A tenant' });
  const productId = newId('prd');
  await insertProduct(db, { id: productId, code: product, name: 'Studio' });
  const plan = { id: newId('pln'), productId, code: 'test', name: 'Test' };
  await insertPlan(db, { ...plan, policy: policyOf(figures) });
  return async (seats: number, overrides: PolicyOverrides = {}): Promise<TestLicense> => {
    const { license } = await issueLicense(deps, vendor, {
      tenantId: tenant.id,
      productId,
      planId: plan.id,
      seats,
      expiresAt: null,
      overrides,
      metadata: {},
    });
    return { tenantId: tenant.id, licenseId: license.id };
  };
}

function policyOf({ leaseMs, offerMs, livenessMs, queueWaitMs }: Figures): Policy {
  return {
    seats: { min: 1, max: 1_000 },
    leaseSeconds: leaseMs / 1_000,
    heartbeatSeconds: leaseMs / 3_000,
    holdersMax: 4,
    overdraft: 0,
    queue: {
      lengthMax: 10,
      waitMaxSeconds: queueWaitMs / 1_000,
      offerSeconds: offerMs / 1_000,
      livenessSeconds: livenessMs / 1_000,
    },
    usageTypes: ['builder', 'runtime'],
    offlineGraceHours: 1,
    offlineAllowance: 0,
    devicesMax: null,
    licenseFiles: { needsDevice: true, hoursMax: 24 },
    namesHolders: false,
    features: {},
  };
}

export interface TestLicense {
  tenantId: string;
  licenseId: string;
}

const holderId = 'main';
const product = 'studio';

/** The message that starts the workflow may still be on its way; the signal is then lost. */
function ignoreUnstarted(error: unknown): void {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}

/** What a client's calls do, without HTTP. */
function useCases(deps: Deps, client: Client) {
  const workflowOf = ({ tenantId, sessionId }: SessionRef) =>
    client.workflow.getHandle<() => Promise<LicenseSessionResult>>(
      sessionWorkflowId(tenantId, sessionId),
    );
  return {
    workflowOf,

    historyOf: (workflowId: string, runId?: string) =>
      client.workflow.getHandle(workflowId, runId).fetchHistory(),

    acquire: async (license: TestLicense, instanceKey: string): Promise<SessionRef> => {
      const outcome = await acquireSession(deps, {
        ...license,
        instanceKey,
        holderId,
        wait: true,
        usageType: 'builder',
        product,
        version: '1.0.0',
        device: { fingerprint: instanceKey },
        metadata: {},
      });
      if (outcome.kind !== 'session') throw new Error(`No session: ${JSON.stringify(outcome)}`);
      return { ...license, instanceKey, sessionId: outcome.tenure.sessionId };
    },

    /** Renews the lease; the signal that should tell the workflow is lost unless asked for. */
    beat: async (session: SessionRef, options: { signal: boolean }): Promise<string> => {
      const reply = await deps.seats.renewLease(session, { ...session, holderId, signer: '' });
      if (reply.word === 'RENEWED' && options.signal) {
        const { now: seenAt, leaseUntil } = reply;
        await workflowOf(session)
          .signal(sessionSignals.heartbeat, { seenAt, leaseUntil })
          .catch(ignoreUnstarted);
      }
      return reply.word;
    },

    /** Asks for the waiter's place, which shows that it lives. */
    poll: async (session: SessionRef): Promise<string> =>
      (await deps.seats.pollQueue(session, session)).word,

    release: (session: SessionRef): Promise<void> =>
      releaseSession(deps, { ...session, holderId, product }),

    forceRelease: async (session: SessionRef): Promise<void> => {
      await forceRelease(deps, vendor, { ...session, note: 'stuck' });
    },

    /** Asks for a license file; it is not signed yet. */
    checkOut: async (license: TestLicense, fingerprint: string | null): Promise<string> => {
      const outcome = await checkOutLicense(deps, vendor, {
        ...license,
        license: await withTenant(deps.db, license.tenantId, (tx) => requireLicense(tx, license)),
        use: { product, usageType: 'builder' },
        wish: {
          deviceHash: fingerprint === null ? null : await hashDevice(product, fingerprint),
          nonce: null,
        },
        ttlSeconds: undefined,
        needsSecret: false,
      });
      if (outcome.kind === 'refused') throw new Error(`No file: ${outcome.refusal.detail}`);
      return outcome.checkOut.id;
    },

    checkIn: async (license: TestLicense, checkOutId: string, fingerprint: string) => {
      await checkIn(deps, vendor, { ref: { ...license, checkOutId }, givingUp: { fingerprint } });
    },

    changeLicense: (license: TestLicense, change: LicenseChange) =>
      changeLicense(deps, vendor, license, { action: 'test', ...change }),

    checkOutRow: (license: TestLicense, checkOutId: string) =>
      withTenant(deps.db, license.tenantId, (tx) => findCheckOut(tx, { ...license, checkOutId })),

    termOf: ({ tenantId, licenseId }: TestLicense) =>
      client.workflow.getHandle<() => Promise<LicenseTermResult>>(
        licenseWorkflowId(tenantId, licenseId),
      ),

    row: (session: SessionRef) =>
      withTenant(deps.db, session.tenantId, (tx) => findSession(tx, session)),

    /** Sessions that Redis holds for a license. */
    held: async (license: TestLicense): Promise<string[]> => {
      const pool = await deps.seats.readPool(license);
      return [...(pool?.seats ?? []), ...(pool?.waiters ?? [])].map(({ sessionId }) => sessionId);
    },
  };
}
