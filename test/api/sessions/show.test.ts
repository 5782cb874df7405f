import { expect, test } from 'vitest';
import { startTestApi } from '../../support/api.ts';
import { acquire, givenLicense, release, show, tryShow } from '../../support/given.ts';

const api = await startTestApi();

test('shows an active session as Redis and the ledger know it, and renews nothing', async () => {
  const license = await givenLicense(api, { seats: 2 });
  const session = await acquire(license);
  const seen = await show(session);
  expect(seen).toEqual(session.session);
});

test('answers at once, also with wait, when the session does not wait', async () => {
  const session = await acquire(await givenLicense(api));
  expect((await tryShow(session, { wait: 25 })).status).toBe(200);
  await release(session);
  expect(await show(session, { wait: 25 })).toMatchObject({ status: 'ended' });
});

test('shows an ended session for as long as its credential is kept', async () => {
  const session = await acquire(await givenLicense(api));
  await release(session);
  await api.redis.flush();
  const seen = await show(session);
  expect(seen).toMatchObject({ status: 'ended', endReason: 'released', seats: null, queue: null });
  expect(Date.parse(seen.endedAt ?? '')).toBeLessThanOrEqual(Date.now());
});
