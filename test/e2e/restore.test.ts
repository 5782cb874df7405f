/** What clients may do at once after Redis came back without its data. */
import { expect, test } from 'vitest';
import { startTestApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import {
  acquire,
  acquireMany,
  givenLicense,
  heartbeat,
  release,
  tryAcquire,
  type GivenSession,
} from '../support/given.ts';

const api = await startTestApi();

test('a seat that its only holder gives back is free at once, under a higher fence', async () => {
  const license = await givenLicense(api, { seats: 2 });
  const [first, second] = (await acquireMany(license, 2)) as [GivenSession, GivenSession];
  await api.redis.restart();
  await eventually(() => heartbeat(second));
  await release(first);
  const third = await acquire(license);
  expect(third.session.fence?.epoch).toBeGreaterThan(second.session.fence?.epoch ?? Infinity);
});

test('a seat that two holders share stays until both are gone', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const first = await acquire(license, { holderId: 'first' });
  const second = await acquire(license, { instance: first.instanceKey, holderId: 'second' });
  await api.redis.restart();
  await eventually(() => heartbeat(first));
  await release(first);
  expect((await tryAcquire(license)).status).toBe(409);
  expect((await heartbeat(second)).status).toBe('active');
});
