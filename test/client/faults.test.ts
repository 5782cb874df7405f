import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import {
  acquire,
  validateLicense,
  type LeaseholdError,
  type QueueProgress,
  type Seat,
} from '../../client/index.ts';
import { startFaultyNetwork } from './support/faulty-network.ts';
import { happens } from './support/happens.ts';
import { startLicenceServer } from './support/licence-server.ts';

const server = await startLicenceServer();
const quick = { leaseSeconds: 5, heartbeatSeconds: 1 };

test.concurrent(
  'a server that is away within the lease degrades the seat, and its return keeps it',
  async () => {
    await using network = await startFaultyNetwork(server);
    const license = await server.givenLicense({ count: 1, leaseSeconds: 15, heartbeatSeconds: 1 });
    await using seat = await acquire({ ...license.options, url: network.url });
    const { sessionId } = seat;
    const degraded = happens(seat, 'degraded');
    network.cut();
    expect(await degraded).toMatchObject({ code: 'unreachable', conclusive: false, status: null });
    expect(seat.state).toBe('degraded');
    await seat.confirm();

    const renewed = happens(seat, 'renewed');
    network.heal();
    expect((await renewed).recovered).toBe(true);
    expect(seat.state).toBe('online');
    expect(seat.sessionId).toBe(sessionId);
  },
);

test.concurrent(
  'a server that says nothing at all is given up on in time for other tries within the lease',
  async () => {
    await using network = await startFaultyNetwork(server);
    const license = await server.givenLicense({ count: 1, leaseSeconds: 6, heartbeatSeconds: 1 });
    await using seat = await acquire({ ...license.options, url: network.url });
    const degraded = happens(seat, 'degraded');
    network.freeze();
    expect(await degraded).toMatchObject({ code: 'unreachable', conclusive: false });
    expect(seat.state).toBe('degraded');
    const renewed = happens(seat, 'renewed');
    network.heal();
    expect((await renewed).recovered).toBe(true);
  },
);

test.concurrent(
  'when the lease is over the seat is expired, not lost, and comes back if nobody took it',
  async () => {
    await using network = await startFaultyNetwork(server);
    const license = await server.givenLicense({ count: 1, ...quick });
    await using seat = await acquire({ ...license.options, url: network.url });
    const expired = happens(seat, 'expired');
    network.cut();
    expect(await expired).toMatchObject({ code: 'unreachable', conclusive: false });
    expect(seat.state).toBe('expired');
    expect(seat.signal.aborted).toBe(false);
    await expect(seat.confirm()).rejects.toMatchObject({ code: 'unreachable', conclusive: false });

    network.heal();
    await confirmed(seat);
    expect(seat.state).toBe('online');
  },
);

test.concurrent(
  'a seat that went to somebody else while its holder was cut off is lost on return',
  async () => {
    await using network = await startFaultyNetwork(server);
    const license = await server.givenLicense({ count: 1, ...quick });
    const cutOff = await acquire({ ...license.options, instanceKey: 'cut-off', url: network.url });
    const lost = happens(cutOff, 'lost');
    network.cut();
    await using _next = await acquire({ ...license.options, instanceKey: 'next', wait: true });
    network.heal();
    await expect(confirmed(cutOff)).rejects.toMatchObject({
      code: 'session_ended',
      reason: 'lapsed',
    });
    expect((await lost).reason).toBe('lapsed');
    expect(await server.seatsOf(license)).toMatchObject({ used: 1 });
  },
);

test.concurrent(
  'a lapsed seat is acquired again where the program chose so and one is free',
  async () => {
    await using network = await startFaultyNetwork(server);
    const license = await server.givenLicense({ count: 1, ...quick });
    await using seat = await acquire({
      ...license.options,
      ...{ instanceKey: 'sleeper', url: network.url, reacquireLapsed: true },
    });
    const { sessionId } = seat;
    network.cut();
    const next = await acquire({ ...license.options, instanceKey: 'next', wait: true });
    await next.release();
    network.heal();
    await confirmed(seat);
    expect(seat.state).toBe('online');
    expect(seat.sessionId).not.toBe(sessionId);
    expect(seat.fence?.counter).toBe(3);
  },
);

test.concurrent('a waiter keeps its place through a short outage', async () => {
  await using network = await startFaultyNetwork(server);
  const license = await server.givenLicense({ count: 1 });
  const holder = await acquire({ ...license.options, instanceKey: 'holder' });
  const queued = Promise.withResolvers<QueueProgress>();
  const waiting = acquire({
    ...license.options,
    ...{ instanceKey: 'waiter', url: network.url, wait: true },
    onQueued: queued.resolve,
  });
  const { sessionId } = await queued.promise;
  network.cut();
  await holder.release();
  network.heal();
  await using seat = await waiting;
  expect(seat.sessionId).toBe(sessionId);
});

test.concurrent(
  'acquire asks again while the server is away, and gives up without a denial',
  async () => {
    await using network = await startFaultyNetwork(server);
    const license = await server.givenLicense({ count: 1 });
    network.cut();
    await expect(
      acquire({ ...license.options, url: network.url, patienceMs: 300 }),
    ).rejects.toMatchObject({ code: 'unreachable', conclusive: false, retryable: true });

    const failed = Promise.withResolvers<LeaseholdError>();
    const onRetry = failed.resolve;
    const patient = acquire({ ...license.options, url: network.url, onRetry });
    expect((await failed.promise).code).toBe('unreachable');
    network.heal();
    await (await patient).release();
  },
);

test.concurrent(
  'releasing through a dead network ends in time and says that the server does not know',
  async () => {
    await using network = await startFaultyNetwork(server);
    const license = await server.givenLicense({ count: 1 });
    const seat = await acquire({ ...license.options, url: network.url });
    const released = happens(seat, 'released');
    network.cut();
    expect(await seat.release()).toBe(false);
    expect(await released).toBe(false);
    network.heal();
  },
);

test.concurrent('a login page of a network is no answer, whatever its status', async () => {
  const license = await server.givenLicense({ count: 1 });
  for (const status of [200, 302, 403, 404, 503]) {
    const portal = createServer((_request, response) => {
      response.writeHead(status, { 'Content-Type': 'text/html', Location: '/login' });
      response.end('<html>Welcome to our Wi-Fi</html>');
    });
    await once(portal.listen(0, '127.0.0.1'), 'listening');
    afterAll(() => portal.closeAllConnections());
    const { port } = portal.address() as AddressInfo;
    const options = { ...license.options, url: `http://127.0.0.1:${port}`, patienceMs: 0 };
    const noAnswer = { code: 'unreachable', conclusive: false };
    await expect(acquire(options), String(status)).rejects.toMatchObject(noAnswer);
    await expect(validateLicense(options), String(status)).rejects.toMatchObject(noAnswer);
    portal.close();
  }
});

test.concurrent('a license is validated without taking a seat', async () => {
  const license = await server.givenLicense({ count: 1 });
  expect(await validateLicense(license.options)).toMatchObject({ valid: true, code: 'valid' });
  expect(await validateLicense({ ...license.options, product: 'other' })).toMatchObject({
    valid: false,
    code: 'product_mismatch',
  });
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });
});
test('a server with new secrets gives the same seat to its holder', async () => {
  await using network = await startFaultyNetwork(server);
  const license = await server.givenLicense({ count: 1, ...quick });
  await using seat = await acquire({ ...license.options, url: network.url });
  const { sessionId } = seat;
  network.reroute(await server.startWithNewSecrets());
  await happens(seat, 'renewed');
  await happens(seat, 'renewed');
  expect(seat).toMatchObject({ sessionId, state: 'online' });
  expect(await server.seatsOf(license)).toMatchObject({ used: 1 });
});

test('a server that lost its seats in Redis says nothing against a holder, who keeps its seat', async () => {
  const license = await server.givenLicense({ count: 1, leaseSeconds: 15, heartbeatSeconds: 1 });
  await using seat = await acquire({ ...license.options, instanceKey: 'holder' });
  const { sessionId, fence } = seat;
  const degraded = happens(seat, 'degraded');
  await server.redis.flush();
  expect(await degraded).toMatchObject({ code: 'restoring', status: 503, conclusive: false });
  expect((await happens(seat, 'renewed')).recovered).toBe(true);
  expect(seat).toMatchObject({ sessionId, fence, state: 'online' });
  await expect(acquire({ ...license.options, instanceKey: 'other' })).rejects.toMatchObject({
    code: 'no_seats_available',
  });
});

/** Asks once more where the first question joined a beat that the cut had caught on its way. */
async function confirmed(seat: Seat): Promise<void> {
  try {
    await seat.confirm();
  } catch (error) {
    if ((error as LeaseholdError).code !== 'unreachable') throw error;
    await seat.confirm();
  }
}
