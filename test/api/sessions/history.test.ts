import { expect, test } from 'vitest';
import { startTestApi } from '../../support/api.ts';
import { acquire, givenLicense, release } from '../../support/given.ts';

const api = await startTestApi();

test('tells a session’s life in its order, each event with what it was about', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const { tenantId } = license;
  const holder = await acquire(license);
  const waiter = await acquire(license, { wait: true });
  await release(holder);
  await acquire(license, { instance: waiter.instanceKey });
  await release(waiter);
  const answer = await api.asOperator('GET', `/v1/sessions/${waiter.id}/history`, { tenantId });
  const { items } = answer.body as { items: { at: string; event: string; detail: unknown }[] };
  expect(items.map(({ event, detail }) => ({ event, detail }))).toEqual([
    { event: 'seat.queued', detail: { position: 1, length: 1 } },
    {
      event: 'seat.acquired',
      detail: { fence: { epoch: expect.any(Number) as number, counter: 2 }, waitedSeconds: 0 },
    },
    { event: 'seat.released', detail: { reason: 'released' } },
  ]);
  const times = items.map(({ at }) => Date.parse(at));
  expect(times).toEqual(times.toSorted((one, other) => one - other));
});
