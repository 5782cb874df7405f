import { expect, describe, test } from 'vitest';
import { measureOutbox } from '../../data/outbox.ts';
import { stateQuery, type SessionProgress, type SessionRef } from '../../workflows/contract.ts';
import { quietTemporal } from '../support/quiet-temporal.ts';
import { useTimeSkipping } from '../support/temporal.ts';
import { useSeatWorld } from './use-seat-world.ts';

quietTemporal();
const second = 1_000;
const figures = {
  leaseMs: 60 * second,
  offerMs: 30 * second,
  livenessMs: 60 * second,
  queueWaitMs: 150 * second,
};
const { leaseMs, offerMs, livenessMs, queueWaitMs } = figures;
const environment = await useTimeSkipping();
const world = await useSeatWorld({
  client: environment.client,
  connection: environment.nativeConnection,
  taskQueue: 'sessions',
  figures,
  nowMs: () => environment.currentTimeMs(),
});
/** What lapses is noticed this soon, on a busy machine. */
const noticedMs = 10_000;

describe('the workflow of a granted session', () => {
  test('follows heartbeats without asking Redis, and completes when the session is released', async () => {
    const session = await granted();
    for (let beat = 0; beat < 6; beat += 1) {
      await environment.sleep(leaseMs / 3);
      expect(await world.beat(session, { signal: true })).toBe('RENEWED');
    }
    await release(session);
    expect(await resultOf(session)).toEqual({ endReason: 'released' });
    expect(await activitiesOf(session)).toEqual(['loadSession', 'confirmRelease']);
    expect(await standing(session)).toEqual({ endReason: 'released', isHeld: false });
  });

  test('lapses the session on time when nothing is heard of it', async () => {
    const session = await granted();
    expect(await resultOf(session)).toEqual({ endReason: 'lapsed' });
    expect(await livedMs(session)).toBeLessThan(leaseMs + noticedMs);
    expect(await activitiesOf(session)).toEqual(['loadSession', 'checkLease', 'lapseLease']);
    expect(await standing(session)).toEqual({ endReason: 'lapsed', isHeld: false });
  });

  test('pays for lost signals with one look, and never with the seat', async () => {
    const session = await granted();
    await environment.sleep(leaseMs / 2);
    await world.beat(session, { signal: false });
    expect(await resultOf(session)).toEqual({ endReason: 'lapsed' });
    const lived = await livedMs(session);
    expect(lived).toBeGreaterThanOrEqual(1.5 * leaseMs);
    expect(lived).toBeLessThan(1.5 * leaseMs + 2 * noticedMs);
    expect(await activitiesOf(session)).toEqual([
      'loadSession',
      'checkLease',
      'checkLease',
      'lapseLease',
    ]);
  });

  test('tells who asks where the session stands', async () => {
    const session = await granted();
    await world.beat(session, { signal: true });
    expect(await stateOf(session)).toMatchObject({ status: 'active', endReason: null });
    await release(session);
    await resultOf(session);
    expect(await stateOf(session)).toMatchObject({ status: 'ended', endReason: 'released' });
  });

  test('completes when the session is released by force', async () => {
    const session = await granted();
    await world.forceRelease(session);
    await untilDelivered();
    expect(await resultOf(session)).toEqual({ endReason: 'forced' });
    expect(await standing(session)).toEqual({ endReason: 'forced', isHeld: false });
  });

  test('lets a release that comes after the lapse change nothing', async () => {
    const session = await granted();
    expect(await resultOf(session)).toEqual({ endReason: 'lapsed' });
    await release(session);
    expect(await standing(session)).toEqual({ endReason: 'lapsed', isHeld: false });
  });

  test('lets a lapse that comes after the release change nothing', async () => {
    const session = await granted();
    await environment.sleep(leaseMs - 15 * second);
    await release(session);
    expect(await resultOf(session)).toEqual({ endReason: 'released' });
    expect(await standing(session)).toEqual({ endReason: 'released', isHeld: false });
  });

  test('gives the seat back when it is cancelled, and completes', async () => {
    const session = await granted();
    await world.workflowOf(session).cancel();
    expect(await resultOf(session)).toEqual({ endReason: 'forced' });
    expect(await standing(session)).toEqual({ endReason: 'forced', isHeld: false });
  });

  test('that is started only after the session has ended makes sure of it and completes', async () => {
    const session = await granted();
    await release(session);
    await resultOf(session);
    const late = await environment.client.workflow.start('licenseSession', {
      taskQueue: 'sessions',
      workflowId: `late/${session.sessionId}`,
      args: [{ ...session, productId: 'prd_any', status: 'active', until: 0 }],
    });
    expect(await late.result()).toEqual({ endReason: 'released' });
  });
});

describe('the workflow of a waiter', () => {
  test('goes on with the seat when its turn comes', async () => {
    const { holder, waiter, license } = await queued();
    expect(await stateOf(waiter)).toMatchObject({ status: 'queued' });
    await release(holder);
    const taken = await world.acquire(license, waiter.instanceKey);
    expect(taken.sessionId).toBe(waiter.sessionId);
    await expect.poll(() => stateOf(waiter)).toMatchObject({ status: 'active' });
    await release(waiter);
    expect(await resultOf(waiter)).toEqual({ endReason: 'released' });
  });

  test('sends the waiter away when it has waited for longest', async () => {
    const { holder, waiter } = await queued();
    const stepMs = leaseMs / 3;
    for (let waitedMs = 0; waitedMs < queueWaitMs; waitedMs += stepMs) {
      await world.poll(waiter);
      await world.beat(holder, { signal: true });
      await environment.sleep(stepMs);
    }
    expect(await resultOf(waiter)).toEqual({ endReason: 'queue_timeout' });
    expect(await livedMs(waiter)).toBeLessThan(queueWaitMs + 2 * stepMs + noticedMs);
    expect((await world.row(holder))?.status).toBe('active');
    await release(holder);
  });

  test('ends a waiter that nobody has heard of for too long', async () => {
    const { holder, waiter } = await queued();
    await environment.sleep(livenessMs / 2);
    await world.beat(holder, { signal: true });
    await resultOf(waiter);
    expect(await livedMs(waiter)).toBeLessThan(livenessMs + noticedMs);
    expect((await world.row(waiter))?.status).toBe('ended');
  });

  test('ends a waiter that let its offer pass', async () => {
    const { holder, waiter } = await queued();
    await release(holder);
    expect(await resultOf(waiter)).toEqual({ endReason: 'offer_expired' });
    expect(await livedMs(waiter)).toBeLessThan(Math.max(offerMs, livenessMs) + noticedMs);
    expect(await standing(waiter)).toEqual({ endReason: 'offer_expired', isHeld: false });
  });
});

describe('when Redis fails, the workflow', () => {
  test('restores a pool that Redis lost, and lapses nobody for it', async () => {
    const session = await granted();
    await world.redis.flush();
    await environment.sleep(leaseMs + noticedMs);
    expect(await stateOf(session)).toMatchObject({ status: 'active' });
    for (let beat = 0; beat < 4; beat += 1) {
      expect(await world.beat(session, { signal: true })).toBe('RENEWED');
      await environment.sleep(leaseMs / 3);
    }
    await release(session);
    expect(await resultOf(session)).toEqual({ endReason: 'released' });
  });

  test('waits for it however long that takes, and then carries on', async () => {
    const session = await granted();
    await world.redis.kill();
    await environment.sleep(leaseMs + noticedMs);
    expect(await stateOf(session)).toMatchObject({ status: 'active' });
    await world.redis.restart();
    await release(session);
    expect(await resultOf(session)).toEqual({ endReason: 'released' });
    expect(await standing(session)).toEqual({ endReason: 'released', isHeld: false });
  });
});

describe('a long life', () => {
  test('goes on in a new run with the same deadline, attributes and memory of signals', async () => {
    const session = await granted();
    const workflow = world.workflowOf(session);
    const first = await workflow.describe();
    let beats = 0;
    for (; (await workflow.describe()).runId === first.runId; beats += 1) {
      expect(beats).toBeLessThan(200);
      await world.beat(session, { signal: true });
      // Signals that come while a task runs hold up the new run, so each is waited for.
      await untilIdle(session);
    }
    expect(await stateOf(session)).toMatchObject({ status: 'active' });
    const { signals, until } = await stateOf(session);
    expect(signals).toBeGreaterThanOrEqual(beats);
    const second = await workflow.describe();
    const attributes = (run: typeof first) =>
      new Map(run.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
    expect(attributes(second).get('TenantId')).toBe(session.tenantId);
    expect(attributes(second).get('Status')).toBe('active');
    expect(second.memo).toHaveProperty('leaseUntil');

    expect(await resultOf(session)).toEqual({ endReason: 'lapsed' });
    const { closeTime } = await workflow.describe();
    expect(closeTime?.getTime()).toBeGreaterThanOrEqual(until);
    expect(closeTime?.getTime()).toBeLessThan(until + noticedMs);
  });
});

/** A session that holds the only seat of a new license, and whose workflow has started. */
async function granted(): Promise<SessionRef> {
  const session = await world.acquire(await world.issueLicense(1), 'holder');
  await untilFollowed(session);
  return session;
}

async function queued() {
  const license = await world.issueLicense(1);
  const holder = await world.acquire(license, 'holder');
  const waiter = await world.acquire(license, 'waiter');
  await Promise.all([untilFollowed(holder), untilFollowed(waiter)]);
  return { license, holder, waiter };
}

async function untilFollowed(session: SessionRef): Promise<void> {
  const isWaiting = async () => {
    const history = await world
      .workflowOf(session)
      .fetchHistory()
      .catch(() => ({ events: [] }));
    return history.events?.some((event) => event.timerStartedEventAttributes);
  };
  await expect.poll(isWaiting, { timeout: 10_000 }).toBe(true);
}

/** Returns when the workflow has been told, so that time does not skip past the message. */
async function release(session: SessionRef): Promise<void> {
  await world.release(session);
  await untilDelivered();
}

/** Returns when the workflow has taken in all that was sent to it. */
async function untilIdle(session: SessionRef): Promise<void> {
  const isBusy = async () => {
    const last = (await world.workflowOf(session).fetchHistory()).events?.at(-1);
    return Boolean(
      last?.workflowExecutionSignaledEventAttributes ??
      last?.workflowTaskScheduledEventAttributes ??
      last?.workflowTaskStartedEventAttributes,
    );
  };
  await expect.poll(isBusy, { interval: 2 }).toBe(false);
}

async function untilDelivered(): Promise<void> {
  await expect.poll(async () => (await measureOutbox(world.deps.systemDb)).unsent).toBe(0);
  expect(await world.deps.metrics.registry.getSingleMetricAsString('outbox_dead_total')).toMatch(
    / 0$/m,
  );
}

const resultOf = (session: SessionRef) => world.workflowOf(session).result();

const stateOf = (session: SessionRef): Promise<SessionProgress> =>
  world.workflowOf(session).query<SessionProgress>(stateQuery);

async function livedMs(session: SessionRef): Promise<number> {
  const { startTime, closeTime } = await world.workflowOf(session).describe();
  return (closeTime?.getTime() ?? Number.NaN) - startTime.getTime();
}

async function standing(session: SessionRef) {
  const row = await world.row(session);
  const held = await world.held(session);
  return { endReason: row?.endReason, isHeld: held.includes(session.sessionId) };
}

/** The activities that a workflow has completed, local ones included, in their order. */
async function activitiesOf(session: SessionRef): Promise<string[]> {
  const { events } = await world.workflowOf(session).fetchHistory();
  return (events ?? []).flatMap((event) => {
    const regular = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (regular) return [regular];
    const marker = event.markerRecordedEventAttributes;
    if (marker?.markerName !== 'core_local_activity') return [];
    const data = marker.details?.['data']?.payloads?.[0]?.data;
    const { activity_type: local } = JSON.parse(Buffer.from(data ?? []).toString()) as {
      activity_type: string;
    };
    return [local];
  });
}
