import { Client } from 'pg';
import { afterAll, expect, test } from 'vitest';
import { countConnections } from '../../data/database.ts';
import { startTestApi, type Answer } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import {
  acquire,
  acquireBody,
  acquireMany,
  givenLicense,
  heartbeat,
  problemOf,
  release,
  tryAcquire,
} from '../support/given.ts';

const api = await startTestApi({ environment: { IN_FLIGHT_MAX: '10', DATABASE_POOL_SIZE: '4' } });
const admin = new Client({ connectionString: api.database.adminUrl });
await admin.connect();
afterAll(() => admin.end());

/** Runs `work` while no credential can be read, so that whatever needs Postgres waits. */
async function whilePostgresStalls(work: () => Promise<void>): Promise<void> {
  await admin.query('begin; lock table credentials in access exclusive mode');
  try {
    await work();
  } finally {
    await admin.query('rollback');
  }
}

/** Makes requests at the same time; `answers` grows as they come back. */
function flood(count: number, ask: () => Promise<Answer>) {
  const answers: Answer[] = [];
  const all = Promise.all(
    Array.from({ length: count }, () => ask().then((answer) => answers.push(answer))),
  );
  return { answers, all };
}

test('what cannot be worked on is turned away at once with 503, while every beat is answered', async () => {
  const license = await givenLicense(api, { seats: 100 });
  const sessions = await acquireMany(license, 5);
  const acquires = { answers: [] as Answer[], all: Promise.resolve<unknown>(undefined) };
  const releases: Promise<void>[] = [];
  await whilePostgresStalls(async () => {
    Object.assign(
      acquires,
      flood(50, () => tryAcquire(license)),
    );
    // Four fifths of the room are for acquires; the rest is for who gives back.
    await eventually(() => acquires.answers.length === 42);
    for (const answer of acquires.answers) {
      expect(problemOf(answer)).toMatchObject({ code: 'unavailable', conclusive: false });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const admins = await api.asOperator('GET', '/v1/tenants');
    expect(problemOf(admins)).toMatchObject({ code: 'unavailable' });
    for (let round = 0; round < 10; round += 1) {
      for (const session of sessions) await heartbeat(session);
    }
    // There is room to give back in, where a new seat finds none.
    releases.push(...sessions.slice(0, 2).map(release));
    expect((await api.request('GET', '/health/live')).status).toBe(200);
  });
  await Promise.all([acquires.all, ...releases]);
  const granted = acquires.answers.filter(({ status }) => status === 201);
  expect(granted).toHaveLength(8);
  const metrics = await (await fetch(api.metricsUrl)).text();
  expect(metrics).toMatch(/http_requests_refused_total\{traffic="acquire",why="load".*\} 42/);
});

test('administration is turned away before acquires are', async () => {
  const license = await givenLicense(api);
  const held: Promise<unknown>[] = [];
  await whilePostgresStalls(async () => {
    const admins = flood(10, () => api.asOperator('GET', '/v1/tenants'));
    held.push(admins.all);
    await eventually(() => admins.answers.length === 6);
    const acquires = flood(10, () => tryAcquire(license));
    held.push(acquires.all);
    await eventually(() => acquires.answers.length === 6);
  });
  await Promise.all(held);
  await acquire(license);
});

test('callers that give up leave their room to nobody while what they began goes on, and count as not served', async () => {
  const license = await givenLicense(api);
  const gaveUp = async () => {
    const metrics = await (await fetch(api.metricsUrl)).text();
    const line = /_count\{.*operation="acquireSession".*status="aborted".*\} (\d+)/.exec(metrics);
    return Number(line?.[1] ?? 0);
  };
  await whilePostgresStalls(async () => {
    const hangUp = new AbortController();
    const callers = Array.from({ length: 8 }, () =>
      fetch(`${api.url}/v1/sessions`, {
        method: 'POST',
        headers: { authorization: `License ${license.licenseKey}` },
        body: JSON.stringify(acquireBody(license)),
        signal: hangUp.signal,
      }).catch(() => 'gone'),
    );
    await eventually(() => {
      const { busy, waiting } = countConnections(api.deps.db);
      return busy + waiting === callers.length;
    });
    hangUp.abort();
    expect(await Promise.all(callers)).toEqual(callers.map(() => 'gone'));
    await eventually(async () => (await gaveUp()) === 8);
    expect(problemOf(await tryAcquire(license))).toMatchObject({ code: 'unavailable' });
  });
  await eventually(() => acquire(license));
});

test('a flood of acquires costs nobody a beat and no other customer a seat', async () => {
  const own = await startTestApi({
    environment: { IN_FLIGHT_MAX: '40', RATE_LIMIT_ACQUIRES: '200', DATABASE_POOL_SIZE: '4' },
  });
  const quiet = await givenLicense(own, { seats: 50 });
  const greedy = await givenLicense(own, { seats: 20 });
  const sessions = await acquireMany(quiet, 20);
  const statuses = new Map<number, number>();
  const attacker = async () => {
    for (let time = 0; time < 50; time += 1) {
      const { status } = await tryAcquire(greedy);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  let beats = 0;
  const beater = async () => {
    for (let round = 0; round < 10; round += 1) {
      for (const session of sessions) {
        await heartbeat(session);
        beats += 1;
      }
      await acquire(quiet);
    }
  };
  await Promise.all([...Array.from({ length: 20 }, attacker), beater()]);
  expect(beats).toBe(200);
  const total = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  expect(total).toBe(1_000);
  // Of its thousand requests two hundred are looked at: 20 find a seat, the others none.
  expect(Object.fromEntries(statuses)).toEqual({ 201: 20, 409: 180, 429: 800 });
});
