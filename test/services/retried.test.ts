/**
 * A caller that heard nothing asks again, while its first request is still on its way to the ledger.
 * Whatever becomes of the first, what the second was told stands.
 */
import { expect, test } from 'vitest';
import { startTestApi } from '../support/api.ts';
import { acquire, givenLicense, heartbeat, tryAcquire } from '../support/given.ts';
import { expectAgreement, expectSound } from '../support/ledger.ts';
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
