/**
 * Between a grant in Redis and its record the world may change: the pool is rebuilt, the license is
 * withdrawn, the session is ended. The pool's lock and version make sure that no such grant is recorded.
 * A test holds that lock to let the change come first.
 */
import { expect, test } from 'vitest';
import { lockPool, raiseEpoch } from '../../data/pools.ts';
import { withTenant } from '../../data/tenant.ts';
import { endSessions } from '../../services/end-session.ts';
import { restorePool } from '../../services/restore-pool.ts';
import { startTestApi } from '../support/api.ts';
import {
  acquire,
  changeLicense,
  forceRelease,
  givenLicense,
  heartbeat,
  release,
  suspend,
  tryAcquire,
} from '../support/given.ts';
import { expectAgreement, expectSound, givenRows, readStores } from '../support/ledger.ts';
import { holdPool, openLockConnections, waitingForPool } from '../support/pool-lock.ts';

const api = await startTestApi();
const { admin, watcher } = await openLockConnections(api);

test('a grant of a pool that was rebuilt meanwhile is not recorded; the caller gets another', async () => {
  const license = await givenLicense(api, { seats: 2 });
  const first = await acquire(license);
  await holdPool(admin, license);
  const asking = acquire(license, { instance: 'i' });
  await waitingForPool(watcher, 1);
  // As another process does that found the pool gone: it raises the epoch, then loads the ledger.
  await api.redis.flush();
  await admin.query('update pools set epoch = epoch + 1 where license_id = $1', [
    license.licenseId,
  ]);
  await admin.query('commit');
  const second = await asking;
  expect(second.httpStatus).toBe(201);
  const [before, after] = [first.session.fence?.epoch ?? 0, second.session.fence?.epoch ?? 0];
  expect(after).toBeGreaterThan(before + 1);
  expect(await heartbeat(first)).toMatchObject({ seats: { used: 2, limit: 2 } });
  expect((await tryAcquire(license)).status).toBe(409);
  await expectSound(license, 2);
  await expectAgreement(license);
});

test('a grant of a license that is suspended meanwhile is refused and leaves nothing behind', async () => {
  const license = await givenLicense(api, { seats: 2 });
  const first = await acquire(license);
  await holdPool(admin, license);
  const suspending = suspend(license);
  await waitingForPool(watcher, 1);
  const asking = tryAcquire(license, { instance: 'i' });
  await waitingForPool(watcher, 2);
  await admin.query('commit');
  await suspending;
  const answer = await asking;
  expect(answer.status, answer.text).toBe(403);
  expect(answer.body).toMatchObject({ code: 'license_suspended' });
  const { rows, pool } = await readStores(license);
  expect(rows.map(({ id, endReason }) => ({ id, endReason }))).toEqual([
    { id: first.id, endReason: 'license_suspended' },
  ]);
  expect(pool).toMatchObject({ seats: [], waiters: [] });
});

test('a grant of a license that has fewer seats meanwhile is made anew under the new limit', async () => {
  const license = await givenLicense(api, { seats: 2 });
  await acquire(license);
  await holdPool(admin, license);
  const changing = changeLicense(license, { seats: 1 });
  await waitingForPool(watcher, 1);
  const asking = tryAcquire(license, { instance: 'i' });
  await waitingForPool(watcher, 2);
  await admin.query('commit');
  await changing;
  const answer = await asking;
  expect(answer.status, answer.text).toBe(409);
  expect(answer.body).toMatchObject({ seats: { used: 1, limit: 1 } });
  await expectSound(license, 1);
  await expectAgreement(license);
});

test('a takeover whose grant was lost with the pool, after it had ended its victim, asks anew for any seat', async () => {
  const license = await givenLicense(api, { seats: 2 });
  const device = { fingerprint: 'mine' };
  const old = await acquire(license, { device });
  await acquire(license);
  const { promise: mayCommit, resolve: commit } = Promise.withResolvers<undefined>();
  const { promise: isHeld, resolve: tell } = Promise.withResolvers<undefined>();
  const settling = withTenant(api.deps.db, license.tenantId, async (tx) => {
    await lockPool(tx, license, 'exclusive');
    tell(undefined);
    await mayCommit;
    // As whoever is told of the victim before it is acknowledged, and then of a pool that is gone.
    const victim = { sessionId: old.id, reason: 'superseded' as const };
    await endSessions(tx, api.deps, { tenantId: license.tenantId, endings: [victim] });
    await api.redis.flush();
    await raiseEpoch(tx, license);
  });
  await isHeld;
  const changing = changeLicense(license, { seats: 1 });
  await waitingForPool(watcher, 1);
  const asking = tryAcquire(license, { instance: 'i', device, takeover: old.id });
  await waitingForPool(watcher, 2);
  commit(undefined);
  await Promise.all([settling, changing]);
  const answer = await asking;
  expect(answer.body).toMatchObject({ code: 'no_seats_available', seats: { used: 1, limit: 1 } });
  await expectSound(license, 1);
  await expectAgreement(license);
});

test('an offer that is taken while its waiter is forced out ends; the caller begins anew', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const holder = await acquire(license);
  const waiter = await acquire(license, { instance: 'i', wait: true });
  await release(holder);
  await holdPool(admin, license);
  const asking = acquire(license, { instance: 'i' });
  await waitingForPool(watcher, 1);
  expect((await forceRelease(waiter)).status).toBe(200);
  await admin.query('commit');
  const next = await asking;
  expect(next.httpStatus).toBe(201);
  expect(next.id).not.toBe(waiter.id);
  await expectSound(license, 1);
  await expectAgreement(license);
});

test('two processes of one instance that come at once, one of them overtaken, keep one seat', async () => {
  const license = await givenLicense(api, { seats: 2 });
  await acquire(license);
  await holdPool(admin, license);
  const changing = changeLicense(license, { seats: 3 });
  await waitingForPool(watcher, 1);
  const asking = ['p1', 'p2', 'p3'].map((holderId) =>
    acquire(license, { instance: 'i', holderId }),
  );
  await waitingForPool(watcher, 4);
  await admin.query('commit');
  await changing;
  const sessions = await Promise.all(asking);
  expect(new Set(sessions.map(({ id }) => id)).size).toBe(1);
  for (const session of sessions) {
    expect(await heartbeat(session)).toMatchObject({ seats: { used: 2, limit: 3 } });
  }
  await expectSound(license, 3);
  await expectAgreement(license);
});

test('a row that Redis knows nothing of ends when its instance begins a new session', async () => {
  const license = await givenLicense(api, { seats: 3 });
  await acquire(license);
  await givenRows(license, { count: 1, status: 'active' });
  expect((await acquire(license, { instance: 'i0' })).httpStatus).toBe(201);
  const { rows } = await readStores(license);
  expect(rows.filter(({ endReason }) => endReason === 'superseded')).toHaveLength(1);
  await expectAgreement(license);
});

test('a seat that is given back while its pool is restored from an older look is free afterwards', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const session = await acquire(license);
  await api.redis.flush();
  const { promise: mayLoad, resolve: load } = Promise.withResolvers<undefined>();
  const { promise: hasRead, resolve: tell } = Promise.withResolvers<undefined>();
  const { seats } = api.deps;
  const slowly: typeof seats = {
    ...seats,
    async restorePool(...chunk) {
      tell(undefined);
      await mayLoad;
      return seats.restorePool(...chunk);
    },
  };
  const restoring = restorePool({ ...api.deps, seats: slowly }, license);
  await hasRead;
  const stop = api.whenReached('release:ended-in-ledger', () => {
    load(undefined);
  });
  await release(session);
  stop();
  await restoring;
  expect((await acquire(license)).httpStatus).toBe(201);
  await expectAgreement(license);
});
