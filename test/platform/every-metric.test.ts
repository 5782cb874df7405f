/**
 * Drives the server until each of its metrics has moved, by real operations. A metric without a row
 * fails: nobody would notice that it is never set. Rows run in their order and may build on earlier ones.
 */
import { expect, test } from 'vitest';
import { createSeatScripts } from '../../lua/scripts.ts';
import { poolKeys } from '../../lua/keys.ts';
import { newId } from '../../platform/ids.ts';
import { createKms } from '../../platform/kms.ts';
import type { FollowedLists } from '../../services/follow-lists.ts';
import { publishRevocations } from '../../services/publish-revocations.ts';
import { revokeKey } from '../../services/revocations.ts';
import { lookAtRoots } from '../../services/rotate-root.ts';
import { acquireSession } from '../../services/acquire-session.ts';
import { sessionWorkflowId } from '../../workflows/contract.ts';
import { eventually } from '../support/eventually.ts';
import {
  acquire,
  acquireBody,
  afterLeaseLapses,
  forceRelease,
  givenLicense,
  heartbeat,
  release,
  show,
  tryAcquire,
} from '../support/given.ts';
import { quietTemporal } from '../support/quiet-temporal.ts';
import { startMetricsStage } from './metrics-stage.ts';

quietTemporal();
const seen = Symbol('seen');
const stage = await startMetricsStage();
const { api, admin } = stage;
const { metrics } = api.deps;
// First, since a Redis that gets its first replica takes another identity.
await stage.addReplica();
const license = await givenLicense(api, { seats: 1 });
const holder = await acquire(license);
const waiter = await acquire(license, { wait: true });

/**
 * What moves each metric. Nothing: being scraped is enough, or what came before. A row of a gauge that
 * comes to rest again has itself seen it move, and says so.
 */
const rows: Record<string, () => unknown> = {
  build_info: nothing,
  http_request_duration_seconds: nothing,
  http_requests_refused_total: () => fillTheHouse(),
  seat_acquires_total: nothing,
  pool_restores_total: nothing,
  pool_epoch_newest: nothing,
  redis_up: nothing,
  redis_append_only: nothing,
  redis_keeps_keys: nothing,
  redis_memory_bytes: nothing,
  redis_replicas: nothing,
  database_connections: nothing,
  database_connections_max: nothing,
  worker_tasks_max: nothing,
  outbox_unsent: () =>
    stage.whileTemporalIsAway(() => eventually(() => isMoved('outbox_oldest_seconds'))),
  outbox_oldest_seconds: nothing,
  heartbeats_total: () => heartbeat(holder),
  outbox_sent_total: () => stage.startWorker(),
  worker_polling: nothing,
  worker_cached_workflows: nothing,
  heartbeat_signals_total: () => forwardHeartbeat(),
  heartbeat_signal_duration_seconds: nothing,
  sweep_completed_timestamp_seconds: () => stage.sweep(),
  seats_live: nothing,
  seats_limit: nothing,
  queue_depth: nothing,
  offline_rights_live: nothing,
  seat_online_only_total: () => grantWithoutRights(),
  queue_wait_seconds: () => takeOfferWithoutWorkflow(),
  sessions_ended_total: nothing,
  outbox_dead_total: nothing,
  database_requests_waiting: () => askForMoreConnectionsThanThereAre(),
  worker_tasks: () => sweepWhileTheLedgerIsHeld(),
  reconciler_repairs_total: () => loseASeat(),
  reconciler_drift: nothing,
  redis_wait_shortfall_total: () => takeASeatThatNoReplicaHas(),
  redis_faults_total: () => fillRedis(),
  invariant_violations_total: () => grantTooMuch(),
  kms_calls_total: () => signWhileKmsIsAway(),
  kms_breaker_open: nothing,
  signing_delegate_seconds_left: nothing,
  signing_tokens_total: () => api.request('GET', `/v1/sessions/${holder.id}`),
  root_usable: () => lookAtTheRoot(),
  root_active_timestamp_seconds: nothing,
  revocations_next_update_timestamp_seconds: () => publishAList(),
  revocation_list_fullness_ratio: nothing,
};

test('every metric has a row that says what moves it', async () => {
  const all = await metrics.registry.getMetricsAsJSON();
  const ours = all.map(({ name }) => name).filter((name) => !/^(nodejs|process)_/.test(name));
  expect(Object.keys(rows).toSorted()).toEqual(ours.toSorted());
});

test.each(Object.entries(rows))('%s moves', async (name, move) => {
  if ((await move()) === seen) return;
  await eventually(() => isMoved(name));
});

test('a fence that was given before is noticed', async () => {
  const before = await valueOf('invariant_violations_total');
  const other = await givenLicense(api, { seats: 5 });
  const first = await acquire(other);
  // As if the next fence had been given already by a Redis that forgot it.
  await admin.query(
    `update sessions set fence_counter = fence_counter + 1 where id = $1 and tenant_id = $2`,
    [first.id, other.tenantId],
  );
  expect((await tryAcquire(other)).status).toBe(503);
  expect(await valueOf('invariant_violations_total')).toBe(before + 1);
});

test('a request for a seat that comes to nothing is counted as an error', async () => {
  const errors = async () => {
    const { values } = await metrics.acquires.get();
    return values.find(({ labels }) => labels['outcome'] === 'error')?.value ?? 0;
  };
  const before = await errors();
  await takeASeatThatNoReplicaHas();
  expect(await errors()).toBe(before + 1);
});

test('a scrape asks each part once however many ask for it at a time', async () => {
  let looks = 0;
  metrics.onScrape(() => void (looks += 1));
  const texts = await Promise.all([metrics.render(), metrics.render(), metrics.render()]);
  expect(looks).toBe(1);
  expect(new Set(texts).size).toBe(1);
});

test('a Redis that is away is told, and nothing that is not known of it', async () => {
  await api.redis.kill();
  await eventually(async () => (await valueOf('redis_up')) === 0 && !(await isMoved('redis_up')));
  expect(await metrics.render()).not.toMatch(/^redis_append_only\{/m);
  await api.redis.restart();
  await eventually(() => isMoved('redis_append_only'));
});

function nothing(): void {}

/** Whether any sample of a metric differs from what it is before anything happened. */
async function isMoved(name: string): Promise<boolean> {
  return (await valueOf(name)) > 0;
}

async function valueOf(name: string): Promise<number> {
  const samples = (await metrics.render())
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name}_count{`));
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** No Redis has as many replicas as this seat asks for. */
async function takeASeatThatNoReplicaHas(): Promise<void> {
  const onShortfall = () => metrics.redisWaitShortfalls.inc();
  const replicated = { redis: api.store.duplicate(), replicasMin: 5, waitMs: 10, onShortfall };
  const seats = createSeatScripts(api.store, { replicated });
  const usageType = 'builder' as const;
  const rest = { holderId: 'main', wait: true, metadata: {}, usageType };
  const ask = { ...license, ...acquireBody(license), ...rest };
  await expect(acquireSession({ ...api.deps, seats }, ask)).rejects.toThrow('unavailable');
  replicated.redis.disconnect();
}

/** Nothing is let in while others keep all the room there is. */
async function fillTheHouse(): Promise<void> {
  const { admission } = api.deps;
  let entered = 0;
  while (admission.enter('acquire')) entered += 1;
  expect((await tryAcquire(license)).status).toBe(503);
  for (; entered > 0; entered -= 1) admission.leave('acquire');
}

/** A beat is forwarded when the last one was long ago. */
async function forwardHeartbeat(): Promise<void> {
  const [, , , , , prefix = ''] = poolKeys(license);
  await eventually(async () => {
    await api.store.hset(`${prefix}${holder.instanceKey}`, 'forwardedAt', 1);
    await heartbeat(holder);
    return /^heartbeat_signals_total\{.*outcome="sent"/m.test(await metrics.render());
  });
}

/** The waiter's workflow is gone, against all rules, when the message comes that it has a seat. */
async function takeOfferWithoutWorkflow(): Promise<void> {
  await stage.client.workflow
    .getHandle(sessionWorkflowId(license.tenantId, waiter.id))
    .terminate('a mistake');
  await release(holder);
  await eventually(async () => (await show(waiter)).status === 'offered');
  await acquire(license, { instance: waiter.instanceKey });
}

async function askForMoreConnectionsThanThereAre(): Promise<typeof seen> {
  await stage.whileRowIsHeld(waiter.id, async () => {
    const asking = Array.from({ length: 6 }, () => forceRelease(waiter));
    await eventually(() => isMoved('database_requests_waiting'));
    await admin.query('rollback');
    await Promise.all(asking);
  });
  return seen;
}

async function sweepWhileTheLedgerIsHeld(): Promise<typeof seen> {
  const session = await acquire(await givenLicense(api));
  await stage.whileRowIsHeld(session.id, async () => {
    await afterLeaseLapses(session);
    const sweeping = stage.sweep();
    await eventually(() => isMoved('worker_tasks'));
    await admin.query('rollback');
    await sweeping;
  });
  return seen;
}

/** Redis gives a seat up that the ledger knows nothing of. */
async function loseASeat(): Promise<void> {
  const other = await givenLicense(api);
  const { id: sessionId, instanceKey } = await acquire(other);
  const seat = { sessionId, instanceKey, holderId: null } as const;
  await api.deps.seats.releaseSeat(other, { ...seat, mode: 'free', reason: 'released' });
  await admin.query(`update sessions set created_at = now() - interval '1 hour' where id = $1`, [
    sessionId,
  ]);
  await stage.sweep();
}

async function fillRedis(): Promise<void> {
  const other = await givenLicense(api);
  await api.store.config('SET', 'maxmemory', '1');
  expect((await tryAcquire(other)).status).toBe(503);
  await api.store.config('SET', 'maxmemory', '0');
}

async function signWhileKmsIsAway(): Promise<void> {
  const away = { KMS_ENDPOINT: '127.0.0.1:1', KMS_PROTECTION_LEVEL: 'HSM' } as const;
  const kms = createKms({ KMS_KEY: 'key', ...away }, api.deps);
  for (let call = 0; call < 5; call += 1) {
    await expect(kms?.sign('version', Buffer.of(1))).rejects.toThrow('unavailable');
  }
  await kms?.close();
}

/** More seats than devices that may go on offline. */
async function grantWithoutRights(): Promise<void> {
  const other = await givenLicense(api, { seats: 1, policy: { overdraft: 1 } });
  for (const fingerprint of ['one', 'two']) await acquire(other, { device: { fingerprint } });
}

async function lookAtTheRoot(): Promise<void> {
  await eventually(async () => (await lookAtRoots(api.deps)) !== null);
}

async function publishAList(): Promise<void> {
  const context = { caller: { actor: { kind: 'system', id: 'test' } }, requestId: 'test' } as const;
  await revokeKey(api.deps, context, { kid: newId('dlg'), reason: 'Test' });
  await publishRevocations(api.deps);
  await (api.deps.lists as FollowedLists).refresh();
}

/** A script with a mistake in it. */
async function grantTooMuch(): Promise<void> {
  const other = await givenLicense(api, { seats: 1 });
  await acquire(other);
  const seats = createSeatScripts(api.store, {
    rewrite: (file, text) =>
      file === 'acquire-seat.lua' ? text.replace('seatsUsed() < pool.capacity', 'true') : text,
  });
  const { tenantId, licenseId } = other;
  const body = acquireBody(other);
  await acquireSession(
    { ...api.deps, seats },
    {
      ...{ tenantId, licenseId, holderId: 'default', wait: false, metadata: {}, ...body },
      usageType: 'builder',
    },
  );
}
