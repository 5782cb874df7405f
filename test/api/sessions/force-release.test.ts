import { expect, test } from 'vitest';
import { startTestApi } from '../../support/api.ts';
import {
  acquire,
  forceRelease,
  givenApiKey,
  givenLicense,
  historyOf,
  problemOf,
  release,
  show,
  tryHeartbeat,
} from '../../support/given.ts';

const api = await startTestApi();

test('takes the seat back and tells its holder at the next beat', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const session = await acquire(license);
  const answer = await forceRelease(session, 'Laptop lost');
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({ id: session.id, status: 'ended', endReason: 'forced' });
  expect(problemOf(await tryHeartbeat(session))).toMatchObject({ reason: 'forced' });
  expect(await acquire(license)).toMatchObject({ httpStatus: 201 });
  expect(await historyOf(session)).toEqual(['seat.acquired', 'seat.forced']);
});

test('writes who did it and why into history and audit log', async () => {
  const session = await acquire(await givenLicense(api));
  const { tenantId } = session.license;
  const authorization = `Bearer ${await givenApiKey(api, tenantId)}`;
  const path = `/v1/sessions/${session.id}/force-release`;
  const body = { reason: 'Laptop lost' };
  const answer = await api.request('POST', path, { authorization, body });
  const history = await api.request('GET', `/v1/sessions/${session.id}/history`, { authorization });
  expect(history.body).toMatchObject({
    items: [{}, { event: 'seat.forced', detail: { reason: 'forced', note: 'Laptop lost' } }],
  });
  const entries = await api.deps.systemDb
    .selectFrom('auditLog')
    .selectAll()
    .where('subjectId', '=', session.id)
    .execute();
  expect(entries).toMatchObject([
    {
      tenantId,
      actorKind: 'api_key',
      action: 'session.force_release',
      detail: { reason: 'Laptop lost' },
      requestId: answer.headers.get('x-request-id'),
    },
  ]);
});

test('is idempotent, and leaves a session that ended otherwise as it ended', async () => {
  const session = await acquire(await givenLicense(api));
  await release(session);
  const answers = [await forceRelease(session), await forceRelease(session)];
  for (const { status, body } of answers) {
    expect({ status, body }).toMatchObject({ status: 200, body: { endReason: 'released' } });
  }
  expect(await show(session)).toMatchObject({ endReason: 'released' });
  expect(await historyOf(session)).toEqual(['seat.acquired', 'seat.released']);
});

test('needs a reason', async () => {
  const session = await acquire(await givenLicense(api));
  const answer = await forceRelease(session, '   ');
  expect(answer.status).toBe(422);
  expect(problemOf(answer).errors).toMatchObject([{ path: 'reason' }]);
});

test('ends the wait of a waiter and lets those behind move up', async () => {
  const license = await givenLicense(api, { seats: 1 });
  await acquire(license);
  const first = await acquire(license, { wait: true });
  const second = await acquire(license, { wait: true });
  const behind = show(second, { wait: 20 });
  await forceRelease(first);
  expect(await behind).toMatchObject({ queue: { position: 1 } });
  expect(await show(first)).toMatchObject({ status: 'ended', endReason: 'forced' });
});
