/**
 * A caller that heard nothing asks again, while its first request is still on its way to the ledger.
 * Whatever becomes of the first, what the second was told stands.
 */
import { expect, test } from 'vitest';
import { withTenant } from '../../data/tenant.ts';
import { newId } from '../../platform/ids.ts';
import { acquireSession } from '../../services/acquire-session.ts';
import type { Deps } from '../../services/deps.ts';
import { poolConfigOfLicense, poolTermsOfLicense } from '../../services/pool-config.ts';
import { requireLicense } from '../../services/read-license.ts';
import { restorePool } from '../../services/restore-pool.ts';
import { settleDropped } from '../../services/settle-dropped.ts';
import { startTestApi } from '../support/api.ts';
import {
  acquire,
  acquireBody,
  afterLeaseLapses,
  givenLicense,
  heartbeat,
  release,
  tryAcquire,
  type GivenLicense,
  type GivenSession,
} from '../support/given.ts';
import { expectAgreement, expectSound, readStores } from '../support/ledger.ts';
import { holdPool, openLockConnections, waitingForPool } from '../support/pool-lock.ts';

const api = await startTestApi();
const { admin, watcher } = await openLockConnections(api);

test.each([
  ['a grant', false],
  ['a place in the queue', true],
])('%s that could not be recorded is not undone once its retry has it', async (_what, waits) => {
  const seats = waits ? 1 : 2;
  const license = await givenLicense(api, { seats });
  await acquire(license);
  await holdPool(admin, license);
  const ask = { instance: 'i', wait: waits };
  const first = tryAcquire(license, ask);
  const [pid] = await waitingForPool(watcher, 1);
  const second = acquire(license, ask);
  await waitingForPool(watcher, 2);
  await watcher.query('select pg_terminate_backend($1)', [pid]);
  expect((await first).status).toBe(503);
  await admin.query('commit');
  const session = await second;
  expect(await heartbeat(session)).toMatchObject({ status: waits ? 'queued' : 'active' });
  expect((await tryAcquire(license)).status).toBe(409);
  await expectSound(license, seats);
  await expectAgreement(license);
});

test.each([
  ['its first session was recorded and given back', true],
  ['its first session was never recorded and lapsed', false],
])('a slow request ends nothing that its instance began since: %s', async (_what, isRecorded) => {
  const license = await givenLicense(api, { seats: 2 });
  await acquire(license);
  let next: GivenSession | undefined;
  const late = slowly(async () => {
    if (isRecorded) await release(await acquire(license, { instance: 'i' }));
    else await afterLeaseLapses({ license, instanceKey: 'i' });
    next = await acquire(license, { instance: 'i' });
  });
  const answer = await askOf(late, license);
  if (next === undefined) throw new Error('The instance came once only');
  expect(await heartbeat(next)).toMatchObject({ id: next.id, status: 'active' });
  expect(answer).toMatchObject({ kind: 'session', tenure: { sessionId: next.id } });
  const { rows } = await readStores(license);
  expect(rows.find(({ id }) => id === next?.id)).toMatchObject({ endedAt: null });
  await expectSound(license, 2);
  await expectAgreement(license);
});

test.each([
  [
    'the one who got its seat',
    async (license: GivenLicense) => {
      await acquire(license, { instance: 'next' });
    },
  ],
  [
    'one who only looked',
    async (license: GivenLicense) => {
      const reply = await api.deps.seats.lapseLeases(license, { drop: true });
      if (reply.word !== 'NO_POOL') await settleDropped(api.deps, license, reply.dropped);
      await acquire(license, { instance: 'next' });
    },
  ],
])(
  'a seat that lapsed before it was recorded is never recorded, once settled by %s',
  async (_who, settle) => {
    const license = await givenLicense(api, { seats: 1 });
    await release(await acquire(license));
    const late = slowly(async () => {
      await afterLeaseLapses({ license, instanceKey: 'i' });
      await settle(license);
    });
    expect(await askOf(late, license)).toMatchObject({ kind: 'denied' });
    await expectSound(license, 1);
    await expectAgreement(license);
    await api.redis.flush();
    await restorePool(api.deps, license);
    await expectSound(license, 1);
  },
);

/** The instance `i` asks for a seat. */
function askOf(deps: Deps, license: GivenLicense) {
  const { tenantId, licenseId } = license;
  const ask = { tenantId, licenseId, ...acquireBody(license, { instance: 'i' }) };
  const rest = { holderId: 'default', wait: false, metadata: {}, usageType: 'builder' } as const;
  return acquireSession(deps, { ...ask, ...rest });
}

/** The services, whose first grant is followed by `act` before its caller hears of it. */
function slowly(act: () => Promise<unknown>): Deps {
  const { seats } = api.deps;
  let isFirst = true;
  const acquireSeat: typeof seats.acquireSeat = async (...call) => {
    const reply = await seats.acquireSeat(...call);
    if (isFirst) {
      isFirst = false;
      await act();
    }
    return reply;
  };
  return { ...api.deps, seats: { ...seats, acquireSeat } };
}

test('a process that joined a session unheard shares it once it asks again, whatever Redis forgets', async () => {
  const license = await givenLicense(api);
  const first = await acquire(license, { instance: 'i', holderId: 'p1' });
  const record = await withTenant(api.deps.db, license.tenantId, (tx) =>
    requireLicense(tx, license),
  );
  // As an acquire whose reply got lost, or whose caller died before it was recorded.
  await api.deps.seats.acquireSeat(license, {
    ...{ config: poolConfigOfLicense(record), sessionId: newId('ses') },
    ...{ instanceKey: 'i', holderId: 'p2', wait: false, terms: poolTermsOfLicense(record) },
    ...{ device: 'i', keepsRights: true, signer: '' },
  });
  const second = await acquire(license, { instance: 'i', holderId: 'p2' });
  await api.redis.flush();
  await restorePool(api.deps, license);
  await release(first);
  expect(await heartbeat(second)).toMatchObject({ id: first.id, status: 'active' });
  await expectAgreement(license);
});
