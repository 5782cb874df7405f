/** Redis loses everything while sessions beat: every seat is kept, and none is granted twice. */
import { expect, test } from 'vitest';
import { startTestApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import {
  acquire,
  acquireMany,
  givenLicense,
  heartbeat,
  readLicense,
  release,
  show,
  tryAcquire,
  tryHeartbeat,
  type GivenSession,
} from '../support/given.ts';

const seats = 50;
const api = await startTestApi();

test(`${seats} sessions that beat through FLUSHALL keep their seats, and nobody gets a 51st`, async () => {
  const license = await givenLicense(api, { seats });
  const sessions = await acquireMany(license, seats);
  const waiter = await acquire(license, { wait: true });
  const beating = beatUntilStopped(sessions);

  await api.redis.flush();
  const newcomers = await Promise.all(
    Array.from({ length: 20 }, () => tryAcquire(license, { wait: false })),
  );
  for (const { status } of newcomers) expect([409, 503]).toContain(status);
  await Promise.all(sessions.map((session) => eventually(() => heartbeat(session))));
  const answers = await beating.stop();

  expect(new Set(answers)).toEqual(new Set([200, 503]));
  expect(await readLicense(license)).toMatchObject({ seats: { used: seats, queued: 1 } });
  expect((await tryAcquire(license)).status).toBe(409);
  expect((await show(waiter)).queue?.position).toBe(1);
});

test('a restart of Redis without its data keeps the sessions, and fences go on rising', async () => {
  const license = await givenLicense(api, { seats: 2 });
  const [first, second] = (await acquireMany(license, 2)) as [GivenSession, GivenSession];
  await api.redis.restart();
  await eventually(() => heartbeat(first));
  await eventually(() => heartbeat(second));
  await release(first);
  const third = await acquire(license);
  const before = second.session.fence;
  const after = third.session.fence;
  expect(after?.epoch).toBeGreaterThan(before?.epoch ?? Infinity);
});

test('a heartbeat after the seat went to someone else answers session_ended and changes nothing', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const late = await acquire(license);
  await api.redis.flush();
  await eventually(() => heartbeat(late));
  const answer = await api.asOperator('POST', `/v1/sessions/${late.id}/force-release`, {
    tenantId: license.tenantId,
    body: { reason: 'Test' },
  });
  expect(answer.status).toBe(200);
  const next = await acquire(license);

  expect(await tryHeartbeat(late)).toMatchObject({
    status: 409,
    body: { code: 'session_ended', reason: 'forced', conclusive: true },
  });
  expect((await heartbeat(next)).seats).toEqual({ used: 1, limit: 1 });
  expect((await show(next)).status).toBe('active');
});

/** Beats for all of them over and over, and remembers how each beat was answered. */
function beatUntilStopped(sessions: GivenSession[]) {
  const answers: number[] = [];
  let isStopping = false;
  const loops = sessions.map(async (session) => {
    while (!isStopping) answers.push((await tryHeartbeat(session)).status);
  });
  return {
    async stop() {
      isStopping = true;
      await Promise.all(loops);
      return answers;
    },
  };
}
