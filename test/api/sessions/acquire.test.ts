import { expect, test } from 'vitest';
import { startTestApi } from '../../support/api.ts';
import { acquire, givenLicense, heartbeat, release, show } from '../../support/given.ts';

const api = await startTestApi();

test('takes, keeps and gives back a seat', async () => {
  const license = await givenLicense(api, { seats: 2 });
  const one = await acquire(license);
  expect(one.httpStatus).toBe(201);
  expect(one.session).toMatchObject({ status: 'active', seats: { used: 1, limit: 2 } });
  expect(await heartbeat(one)).toMatchObject({ status: 'active' });
  await release(one);
  expect(await show(one)).toMatchObject({ status: 'ended', endReason: 'released' });
});
