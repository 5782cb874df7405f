/**
 * A process may die between any two effects of a step. Each test lets one step die at one named point
 * and then lets one of five things happen: the caller tries again, nobody does and a lease's time
 * passes, only the sweep goes on, only the workflows go on, or Redis is wiped. Whatever happens, no seat
 * is lost or granted twice, and every grant that was recorded has one end.
 */
import { sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import { createSessionActivities } from '../../activities/sessions.ts';
import type { EndReason } from '../../domain/errors.ts';
import { stepPoints } from '../../services/deps.ts';
import type { SessionRef } from '../../workflows/contract.ts';
import { startTestApi } from '../support/api.ts';
import {
  acquire,
  acquireMany,
  changeLicense,
  givenLicense,
  tryAcquire,
  tryHeartbeat,
  type GivenLicense,
} from '../support/given.ts';
import {
  afterEverythingLapses,
  expectAgreement,
  expectSound,
  givenRows,
  readStores,
} from '../support/ledger.ts';
import { filePoints } from '../support/file-points.ts';
import { relayPoints } from '../support/relay-points.ts';
import { signingPoints } from '../support/signing-points.ts';
import { seats, steps, sweep, type Outcome } from './crash-steps.ts';
import { afterSettling } from './disagreements.ts';

const api = await startTestApi();

// A sweep looks at every pool there is: what a test leaves behind would be swept by all that follow.
afterEach(async () => {
  await api.redis.flush();
  await sql`update sessions set status = 'ended', ended_at = now(), end_reason = 'lapsed'
    where ended_at is null`.execute(api.deps.systemDb);
});

test('every named point is died at', () => {
  const covered = [
    ...steps.flatMap(({ points }) => points),
    ...relayPoints,
    ...signingPoints,
    ...filePoints,
  ];
  expect([...new Set(covered)].sort()).toEqual([...stepPoints].sort());
});

class Crash extends Error {}

const cases = steps.flatMap((step) => step.points.map((point) => ({ ...step, point })));

describe.each(cases)('$name, dying at $point', (step) => {
  const { point, prepare, again, seatsAfter = seats } = step;
  const ends = { endedByWorkflow: step.endsAsWorkflow === true };
  async function crashedOnce(): Promise<{
    license: GivenLicense;
    tryAgain: () => Promise<Outcome>;
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
    return { license, tryAgain: act };
  }

  test('whoever tries again succeeds, and both stores agree', async () => {
    const { license, tryAgain } = await crashedOnce();
    const outcome = await tryAgain();
    if (again === undefined) expect(outcome.status, outcome.text).toBeLessThan(300);
    else expect(outcome.status, outcome.text).toBe(again);
    await expectSound(license, seats, ends);
    await expectAgreement(license);
  });

  test('when nobody tries again, every seat is free after a lease', async () => {
    const { license } = await crashedOnce();
    await afterEverythingLapses(license);
    if (step.isRepair === true) await sweepTwice(license);
    await expectAllGrantable(license, seatsAfter, ends);
  });

  test('two sweeps alone bring the stores together, and a third finds nothing', async () => {
    const { license } = await crashedOnce();
    await afterEverythingLapses(license);
    await sweepTwice(license);
    expect(await sweep(license)).toEqual({});
    await expectSound(license, seats, ends);
    await expectAgreement(license);
    await expectAllGrantable(license, seatsAfter, ends);
  });

  test('the workflows alone give back whatever was recorded', async () => {
    const { license } = await crashedOnce();
    await afterEverythingLapses(license);
    await runWorkflows(license);
    await expectSound(license, seats, { endedByWorkflow: true });
    const { rows } = await readStores(license);
    expect(rows.filter(({ endedAt }) => endedAt === null)).toEqual([]);
    await expectAllGrantable(license, seatsAfter, { endedByWorkflow: true });
  });

  test('after a wipe no seat is granted twice, and none is lost for longer than a lease', async () => {
    const { license } = await crashedOnce();
    await api.redis.flush();
    const before = await openSessions(license);
    let granted = 0;
    while ((await tryAcquire(license)).status === 201) granted += 1;
    expect(granted + before).toBeLessThanOrEqual(Math.max(seats, before));
    await expectSound(license, seats, ends);
    await afterEverythingLapses(license);
    await expectAllGrantable(license, seatsAfter, ends);
  });
});

async function sweepTwice(license: GivenLicense): Promise<void> {
  await afterSettling(license);
  await sweep(license);
  await sweep(license);
}

/** What the workflows of a license's sessions do when each is due: the outbox says which there are. */
async function runWorkflows(license: GivenLicense): Promise<void> {
  const { confirmRelease, lapseLease } = createSessionActivities(api.deps);
  const { messages } = await readStores(license);
  for (const { startInput, payload, workflowType } of messages) {
    if (workflowType !== 'licenseSession') continue;
    const ref = startInput as unknown as SessionRef;
    const { reason } = (payload ?? {}) as { reason?: EndReason };
    if (reason === undefined) await lapseLease(ref);
    else await confirmRelease({ ...ref, reason });
  }
}

/** A withdrawn license is reinstated first; then as many seats as there are must be had, and no more. */
async function expectAllGrantable(
  license: GivenLicense,
  limit: number,
  ends: { endedByWorkflow: boolean },
): Promise<void> {
  const path = `/v1/licenses/${license.licenseId}/reinstate`;
  await api.asOperator('POST', path, { body: {} });
  const sessions = await acquireMany(license, limit);
  expect(sessions.map(({ httpStatus }) => httpStatus)).toEqual(sessions.map(() => 201));
  expect((await tryAcquire(license)).status).toBe(409);
  for (const session of sessions) expect((await tryHeartbeat(session)).status).toBe(200);
  await expectSound(license, limit, ends);
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
