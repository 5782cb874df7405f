import { expect, test } from 'vitest';
import { startTestApi } from '../support/api.ts';
import { startTestRedis } from '../support/redis.ts';
import { eventually } from '../support/eventually.ts';
import { acquire, givenLicense, release, show } from '../support/given.ts';

const redis = await startTestRedis();
await redis.kill();
const api = await startTestApi({ redis });

test('starts without Redis, is not ready, and serves once it is there', async () => {
  const before = await api.request('GET', '/health/ready');
  expect(before).toMatchObject({ status: 503, body: { parts: { postgres: 'ok', redis: 'down' } } });
  const license = await givenLicense(api, { seats: 1 });
  expect((await api.request('GET', '/health/live')).status).toBe(200);

  await redis.restart();
  await eventually(async () => (await api.request('GET', '/health/ready')).status === 200);
  const holder = await acquire(license);
  const waiter = await acquire(license, { wait: true });
  // The announcement is heard, or the look would take all of its time.
  const looking = show(waiter, { wait: 25 });
  await eventually(async () => {
    const [, subscribers] = (await api.store.pubsub('NUMSUB', 'lh:changes')) as [string, number];
    return subscribers > 0;
  });
  await release(holder);
  expect((await looking).status).toBe('offered');
});
