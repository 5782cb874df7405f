/**
 * A process may die between any two effects of a step. Each test lets one step die at one named point
 * and then lets one of three things happen: the caller tries again, nobody does and a lease's time
 * passes, or Redis is wiped. Whatever happens, no seat is lost or granted twice, and every grant that was
 * recorded has one end.
 */
import { describe, expect, test } from 'vitest';
import type { StepPoint } from '../../services/deps.ts';
import { startTestApi, type Answer } from '../support/api.ts';
import {
  acquire,
  acquireMany,
  afterLeaseLapses,
  changeLicense,
  forceRelease,
  givenLicense,
  release,
  tryAcquire,
  tryHeartbeat,
  tryRelease,
  tryShow,
  type GivenLicense,
} from '../support/given.ts';
import {
  afterEverythingLapses,
  expectAgreement,
  expectSound,
  givenRows,
} from '../support/ledger.ts';

const api = await startTestApi();
const seats = 2;

interface Step {
  name: string;
  points: StepPoint[];
  /** Brings the license where the step can be taken, and says how to take it, as often as one likes. */
  prepare: (license: GivenLicense) => Promise<() => Promise<Answer>>;
}

const steps: Step[] = [
  {
    name: 'granting a free seat',
    points: ['acquire:granted-in-redis', 'acquire:recorded', 'acquire:acknowledged'],
    async prepare(license) {
      await acquire(license);
      return () => tryAcquire(license, { instance: 'i' });
    },
  },
  {
    name: 'granting the seat of somebody who lapsed',
    points: ['acquire:granted-in-redis', 'acquire:recorded', 'acquire:acknowledged'],
    async prepare(license) {
      const [first] = await acquireMany(license, seats);
      if (first !== undefined) await afterLeaseLapses(first);
      return () => tryAcquire(license, { instance: 'i' });
    },
  },
  {
    name: 'queueing',
    points: ['acquire:granted-in-redis', 'acquire:recorded', 'acquire:acknowledged'],
    async prepare(license) {
      await acquireMany(license, seats);
      return () => tryAcquire(license, { instance: 'i', wait: true });
    },
  },
  {
    name: 'taking an offer',
    points: ['acquire:granted-in-redis', 'acquire:recorded', 'acquire:acknowledged'],
    async prepare(license) {
      const [first] = await acquireMany(license, seats);
      await acquire(license, { instance: 'i', wait: true });
      if (first !== undefined) await release(first);
      return () => tryAcquire(license, { instance: 'i' });
    },
  },
  {
    name: 'taking over a session of the same device',
    points: ['acquire:granted-in-redis', 'acquire:recorded', 'acquire:acknowledged'],
    async prepare(license) {
      const device = { fingerprint: 'mine' };
      await acquire(license);
      const old = await acquire(license, { device });
      return () => tryAcquire(license, { instance: 'i', device, takeover: old.id });
    },
  },
  {
    name: 'attaching another process',
    points: ['acquire:granted-in-redis', 'acquire:recorded', 'acquire:acknowledged'],
    async prepare(license) {
      await acquire(license, { instance: 'i', holderId: 'p1' });
      return () => tryAcquire(license, { instance: 'i', holderId: 'p2' });
    },
  },
  {
    name: 'releasing',
    points: ['release:left-in-redis', 'release:ended-in-ledger'],
    async prepare(license) {
      const session = await acquire(license);
      return () => tryRelease(session);
    },
  },
  {
    name: 'releasing while others wait',
    points: ['release:left-in-redis', 'release:ended-in-ledger'],
    async prepare(license) {
      const [first] = await acquireMany(license, seats);
      await acquire(license, { wait: true });
      if (first === undefined) throw new Error('No seat');
      return () => tryRelease(first);
    },
  },
  {
    name: 'forcing a release',
    points: ['force-release:ended-in-ledger'],
    async prepare(license) {
      const session = await acquire(license);
      return () => forceRelease(session);
    },
  },
  {
    name: 'settling what a look at the queue dropped',
    points: ['settle:ended-in-ledger'],
    async prepare(license) {
      const [first] = await acquireMany(license, seats);
      const waiter = await acquire(license, { wait: true });
      if (first !== undefined) await afterLeaseLapses(first);
      return () => tryShow(waiter);
    },
  },
  {
    name: 'settling what a refused request dropped',
    points: ['settle:ended-in-ledger'],
    async prepare(license) {
      const [first] = await acquireMany(license, seats);
      await acquire(license, { wait: true });
      if (first !== undefined) await afterLeaseLapses(first);
      return () => tryAcquire(license, { instance: 'i' });
    },
  },
  {
    name: 'restoring',
    points: ['restore:epoch-raised', 'restore:first-chunk'],
    async prepare(license) {
      await acquire(license);
      await acquire(license, { instance: 'i' });
      await api.redis.flush();
      return () => tryAcquire(license, { instance: 'i' });
    },
  },
  {
    name: 'changing the seats',
    points: ['license:applied'],
    async prepare(license) {
      await acquireMany(license, seats);
      const path = `/v1/licenses/${license.licenseId}`;
      return () => api.asOperator('PATCH', path, { body: { seats: 1 } });
    },
  },
  {
    name: 'suspending',
    points: ['license:applied'],
    async prepare(license) {
      await acquireMany(license, seats);
      const path = `/v1/licenses/${license.licenseId}/suspend`;
      return () => api.asOperator('POST', path, { body: { reason: 'x' } });
    },
  },
];

class Crash extends Error {}

const cases = steps.flatMap((step) => step.points.map((point) => ({ ...step, point })));

describe.each(cases)('$name, dying at $point', ({ name, point, prepare }) => {
  async function crashedOnce(): Promise<{
    license: GivenLicense;
    again: () => Promise<Answer>;
    limit: number;
  }> {
    const license = await givenLicense(api, { seats });
    const act = await prepare(license);
    let reached = 0;
    const stop = api.whenReached(point, () => {
      reached += 1;
      throw new Crash('The process died here');
    });
    await act();
    stop();
    expect(reached).toBeGreaterThan(0);
    return { license, again: act, limit: name === 'changing the seats' ? 1 : seats };
  }

  test('the caller who tries again succeeds, and both stores agree', async () => {
    const { license, again } = await crashedOnce();
    const answer = await again();
    const isRefusal = name === 'settling what a refused request dropped';
    expect(answer.status, answer.text).toBeLessThan(isRefusal ? 410 : 300);
    await expectSound(license, seats);
    await expectAgreement(license);
  });

  test('when nobody tries again, every seat is free after a lease', async () => {
    const { license, limit } = await crashedOnce();
    await afterEverythingLapses(license);
    await expectAllGrantable(license, limit);
  });

  test('after a wipe no seat is granted twice, and none is lost for longer than a lease', async () => {
    const { license, limit } = await crashedOnce();
    await api.redis.flush();
    const before = await openSessions(license);
    let granted = 0;
    while ((await tryAcquire(license)).status === 201) granted += 1;
    expect(granted + before).toBeLessThanOrEqual(Math.max(seats, before));
    await expectSound(license, seats);
    await afterEverythingLapses(license);
    await expectAllGrantable(license, limit);
  });
});

/** A withdrawn license is reinstated first; then as many seats as there are must be had, and no more. */
async function expectAllGrantable(license: GivenLicense, limit: number): Promise<void> {
  const path = `/v1/licenses/${license.licenseId}/reinstate`;
  await api.asOperator('POST', path, { body: {} });
  const sessions = await acquireMany(license, limit);
  expect(sessions.map(({ httpStatus }) => httpStatus)).toEqual(sessions.map(() => 201));
  expect((await tryAcquire(license)).status).toBe(409);
  for (const session of sessions) expect((await tryHeartbeat(session)).status).toBe(200);
  await expectSound(license, limit);
  await expectAgreement(license);
}

async function openSessions({ licenseId }: GivenLicense): Promise<number> {
  const rows = await api.deps.systemDb
    .selectFrom('sessions')
    .select('id')
    .where('licenseId', '=', licenseId)
    .where('endedAt', 'is', null)
    .where('status', '=', 'active')
    .execute();
  return rows.length;
}

test('a restore that dies between two chunks begins anew and loses nobody', async () => {
  const license = await givenLicense(api, { seats: 600 });
  await givenRows(license, { count: 600, status: 'active' });
  const stop = api.whenReached('restore:first-chunk', () => {
    throw new Crash('The process died here');
  });
  expect((await tryAcquire(license)).status).toBe(500);
  stop();
  const refused = await tryAcquire(license);
  expect(refused.status).toBe(409);
  expect(refused.body).toMatchObject({ seats: { used: 600, limit: 600 } });
  expect((await acquire(license, { instance: 'i599' })).httpStatus).toBe(200);
  await changeLicense(license, { seats: 601 });
  expect((await acquire(license)).httpStatus).toBe(201);
});
