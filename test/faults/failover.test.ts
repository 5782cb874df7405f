/** What a promoted replica that had fallen behind costs: real servers, a real lag, a real promotion. */
import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { reconcilePools } from '../../services/reconcile-pools.ts';
import { startTestApi } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import {
  acquire,
  afterLeaseLapses,
  givenLicense,
  heartbeat,
  problemOf,
  tryAcquire,
  tryHeartbeat,
  tryShow,
  type GivenSession,
} from '../support/given.ts';
import { expectAgreement, expectSound, readStores } from '../support/ledger.ts';
import { isBroken, measureFailover } from './failover.ts';
import { startRedisPair } from './redis-pair.ts';

const newFolder = () => mkdtemp(join(inject('scratchFolder'), 'pair-'));
const urlOf = (port: number) => `redis://127.0.0.1:${String(port)}`;

describe('a replica that has fallen behind is promoted', () => {
  const seatsPerPhase = 20;

  test('what it never heard of comes back from the ledger; nobody loses a seat or gets one too many', async () => {
    const { appUrl: app, systemUrl: system } = await cloneDatabase();
    const folder = await newFolder();
    const plan = { folder, replicasMin: 0, seatsPerPhase };
    const figures = await measureFailover({ app, system }, plan);
    expect(figures).toMatchObject({ acked: 40, refused: 0, lostInRedis: 20 });
    expect(isBroken(figures), JSON.stringify(figures)).toBe(false);
  });

  test('with a wait for the replica nothing that a caller was told is missing in it', async () => {
    const { appUrl: app, systemUrl: system } = await cloneDatabase();
    const folder = await newFolder();
    const plan = { folder, replicasMin: 1, seatsPerPhase };
    const figures = await measureFailover({ app, system }, plan);
    expect(figures).toMatchObject({ acked: 20, lostInRedis: 0 });
    expect(figures.refused).toBeGreaterThan(0);
    expect(isBroken(figures), JSON.stringify(figures)).toBe(false);
  });
});

describe('while a seat must reach a replica', async () => {
  const pair = await startRedisPair(await newFolder());
  await pair.synced();
  const environment = { REDIS_URL: urlOf(pair.link.port), REDIS_REPLICAS_MIN: '1' };
  const api = await startTestApi({ environment });
  afterAll(() => pair.stop());
  const shortfalls = async () =>
    (await api.deps.metrics.redisWaitShortfalls.get()).values[0]?.value ?? 0;

  test('a replica that is away costs no beat; a seat waits, and whoever asks again is attached to it', async () => {
    const license = await givenLicense(api, { seats: 2 });
    const holder = await acquire(license);
    expect(await shortfalls()).toBe(0);
    pair.replication.ail({ kind: 'stall' });
    const answer = await tryAcquire(license, { instance: 'i' });
    expect(problemOf(answer)).toMatchObject({ code: 'unavailable', retryable: true });
    expect(problemOf(answer)).toMatchObject({ conclusive: false });
    expect(await shortfalls()).toBe(1);
    expect(await heartbeat(holder)).toMatchObject({ seats: { used: 2, limit: 2 } });
    const { pool, rows } = await readStores(license);
    expect({ held: pool?.seats.length, recorded: rows.length }).toEqual({ held: 2, recorded: 1 });

    pair.replication.mend();
    await pair.synced();
    const again = await eventually(() => acquire(license, { instance: 'i' }));
    expect(pool?.seats.map(({ sessionId }) => sessionId)).toContain(again.id);
    await expectSound(license, 2);
    await expectAgreement(license);
  });

  test('the API is not ready without the replica, and is again with it', async () => {
    pair.replication.ail({ kind: 'cut' });
    const parts = async () => (await api.request('GET', '/health/ready')).body;
    await eventually(async () => {
      expect(await parts()).toMatchObject({ parts: { redis: 'down' } });
    });
    pair.replication.mend();
    await eventually(async () => {
      expect(await parts()).toMatchObject({ parts: { redis: 'ok' } });
    });
  });

  test('traffic that goes to the replica and back to the old primary keeps every seat, and fences rise', async () => {
    const license = await givenLicense(api, { seats: 6 });
    const sessions: GivenSession[] = [];
    const epochs: number[] = [];
    const takeOne = async () => {
      sessions.push(await eventually(() => acquire(license)));
      epochs.push(sessions.at(-1)?.session.fence?.epoch ?? 0);
    };
    await takeOne();
    for (const turn of ['to the replica', 'back to the old primary']) {
      await pair.primary().kill();
      await pair.promote();
      // There must be a replica again before a seat is told.
      await pair.replica().revive();
      await pair.synced();
      await takeOne();
      for (const session of sessions) {
        expect(await heartbeat(session), turn).toMatchObject({ status: 'active' });
      }
    }
    const [first = 0, second = 0, third = 0] = epochs;
    expect(first < second && second < third, epochs.join(' < ')).toBe(true);
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(3);
    await expectSound(license, 6);
    await expectAgreement(license);
  });
});

describe('two servers believe that they are the primary', async () => {
  const pair = await startRedisPair(await newFolder());
  await pair.synced();
  const database = await cloneDatabase();
  const secrets = `t1:${randomBytes(32).toString('base64url')}`;
  const connected = (port: number) => {
    const environment = { REDIS_URL: urlOf(port), SESSION_CREDENTIAL_SECRETS: secrets };
    return startTestApi({ database, environment });
  };
  const atOld = await connected(pair.primary().port);
  const atNew = await connected(pair.replica().port);
  afterAll(() => pair.stop());

  test('the old one grants and ends nothing; a beat that only it hears is all that it can do', async () => {
    const license = await givenLicense(atOld, { seats: 2 });
    const fromNew = { ...license, api: atNew };
    const [stays, lapses] = [await acquire(license), await acquire(license)];
    await pair.replica().store.replicaof('NO', 'ONE');

    // The other side takes over: both sessions come back there, under a higher epoch.
    const moved = { ...lapses, license: fromNew };
    await eventually(() => heartbeat(moved));
    await eventually(() => heartbeat({ ...stays, license: fromNew }));

    // The old one refuses without a verdict, and what it says has lapsed does not end.
    expect((await tryAcquire(license)).status).toBe(409);
    await afterLeaseOverAt(pair.primary().store, lapses);
    expect(problemOf(await tryAcquire(license))).toMatchObject({ code: 'restoring' });
    expect(await heartbeat(moved)).toMatchObject({ status: 'active' });
    await expectSound(fromNew, 2);

    // Where the lease of one that beats at the old one alone is over, its seat goes to another: until
    // that API finds the new primary two believe that they hold it. The fences tell them apart.
    await afterLeaseOverAt(pair.replica().store, stays);
    const next = await acquire(fromNew);
    expect(await heartbeat(stays)).toMatchObject({ status: 'active' });
    expect(next.session.fence?.epoch).toBeGreaterThan(stays.session.fence?.epoch ?? Infinity);
    expect((await tryHeartbeat({ ...stays, license: fromNew })).status).toBe(409);
    await expectSound(fromNew, 2);
  });

  test('traffic that returns to an old primary that was never demoted is set right by the sweep', async () => {
    const license = await givenLicense(atOld, { seats: 2 });
    const first = await acquire(license);
    const fromNew = { ...license, api: atNew };
    const second = { ...(await eventually(() => acquire(fromNew))), license };
    expect(problemOf(await tryAcquire(license))).toMatchObject({ code: 'restoring' });
    // It never heard of the other side's sessions, but that ends none of them.
    for (const answer of [await tryHeartbeat(second), await tryShow(second)]) {
      expect(problemOf(answer)).toMatchObject({ code: 'restoring', conclusive: false });
    }
    expect((await reconcileAll(atOld.deps))['pool_outdated']).toBeGreaterThan(0);
    for (const session of [first, second]) {
      expect(await heartbeat(session)).toMatchObject({ seats: { used: 2, limit: 2 } });
    }
    await expectSound(license, 2);
    await expectAgreement(license);
  });
});

async function afterLeaseOverAt(
  store: Parameters<typeof afterLeaseLapses>[0]['license']['api']['store'],
  session: GivenSession,
): Promise<void> {
  const { license } = session;
  await afterLeaseLapses({ ...session, license: { ...license, api: { ...license.api, store } } });
}

async function reconcileAll(deps: Parameters<typeof reconcilePools>[0]) {
  let found: Record<string, number> = {};
  let cursor: string | null = null;
  do {
    const page = await reconcilePools(deps, { cursor, limit: 100 });
    found = { ...found, ...page.found };
    cursor = page.cursor;
  } while (cursor !== null);
  return found;
}
