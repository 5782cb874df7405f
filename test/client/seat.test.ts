import { expect, test } from 'vitest';
import { acquire, type AcquireOptions } from '../../client/index.ts';
import { happens } from './support/happens.ts';
import { startLicenceServer } from './support/licence-server.ts';

const server = await startLicenceServer();

/** One of several instances on the same machine. */
function instance(name: string): Pick<AcquireOptions, 'instanceKey'> {
  return { instanceKey: `instance-${name}` };
}

test('a seat is held while it is in scope and free right after', async () => {
  const license = await server.givenLicense({ count: 2 });
  {
    await using seat = await acquire(license.options);
    expect(seat.state).toBe('online');
    expect(seat.sessionId).toMatch(/^ses_/);
    expect(seat.licenseId).toBe(license.licenseId);
    expect(seat.fence?.counter).toBe(1);
    expect(seat.seats).toEqual({ used: 1, limit: 2 });
    expect(await server.seatsOf(license)).toMatchObject({ used: 1 });
  }
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });
});

test('heartbeats prolong the lease by themselves', async () => {
  const license = await server.givenLicense({ count: 1, leaseSeconds: 5, heartbeatSeconds: 1 });
  await using seat = await acquire(license.options);
  const before = seat.leaseUntil.getTime();
  const { leaseUntil, recovered } = await happens(seat, 'renewed');
  expect(leaseUntil.getTime()).toBeGreaterThan(before);
  expect(recovered).toBe(false);
});

test('two processes of one instance share one seat until the last has left', async () => {
  const license = await server.givenLicense({ count: 1 });
  const first = await acquire({ ...license.options, ...instance('a') });
  const second = await acquire({ ...license.options, ...instance('a') });
  expect(second.sessionId).toBe(first.sessionId);

  await first.release();
  expect(await server.seatsOf(license)).toMatchObject({ used: 1 });
  await second.release();
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });
});

test('releasing twice, and at the same time, is releasing once', async () => {
  const license = await server.givenLicense({ count: 1 });
  const seat = await acquire(license.options);
  expect(await Promise.all([seat.release(), seat.release()])).toEqual([true, true]);
  expect(await seat.release()).toBe(true);
  expect(seat.state).toBe('released');
  await expect(seat.confirm()).rejects.toMatchObject({ code: 'session_ended', reason: 'released' });
});

test('a denial is conclusive and says who holds the seats', async () => {
  const license = await server.givenLicense({ count: 1 });
  const device = { fingerprint: 'another machine', name: 'render-node' };
  await using holder = await acquire({ ...license.options, ...instance('a'), device });

  const denied = acquire({ ...license.options, ...instance('b') });
  await expect(denied).rejects.toMatchObject({
    name: 'LeaseholdError',
    ...{ code: 'no_seats_available', status: 409, conclusive: true, retryable: true },
    ...{ seats: { used: 1, limit: 1 }, queueLength: 0, otherHolders: 0 },
    holders: [{ sessionId: holder.sessionId, own: false, deviceName: 'render-node' }],
    requestId: expect.any(String) as string,
  });
});

test('a license that does not allow the use is refused at once, not asked again', async () => {
  const license = await server.givenLicense({ count: 1 });
  const startedAt = performance.now();
  await expect(acquire({ ...license.options, product: 'other' })).rejects.toMatchObject({
    ...{ code: 'product_mismatch', status: 403, conclusive: true, retryable: false },
  });
  await expect(acquire({ ...license.options, licenseKey: 'LH-WRONG' })).rejects.toMatchObject({
    ...{ code: 'unauthenticated', status: 401, conclusive: true },
  });
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

test('a seat that was taken away is lost, with the reason, before any more work is done', async () => {
  const license = await server.givenLicense({ count: 1, leaseSeconds: 5, heartbeatSeconds: 1 });
  const seat = await acquire(license.options);
  const lost = happens(seat, 'lost');
  await server.forceRelease(license, seat.sessionId);

  const { reason, error } = await lost;
  expect(reason).toBe('forced');
  expect(error).toMatchObject({ code: 'session_ended', conclusive: true });
  expect(seat.state).toBe('lost');
  expect(seat.signal.aborted).toBe(true);
  expect(seat.signal.reason).toBe(error);
  await expect(seat.confirm()).rejects.toBe(error);
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });
  expect(await seat.release()).toBe(true);
});

test('a suspended license ends the seat at its next beat', async () => {
  const license = await server.givenLicense({ count: 1, leaseSeconds: 5, heartbeatSeconds: 1 });
  const seat = await acquire(license.options);
  const lost = happens(seat, 'lost');
  await server.suspend(license);
  expect((await lost).reason).toBe('license_suspended');
  await expect(acquire(license.options)).rejects.toMatchObject({ code: 'license_suspended' });
});
