import { describe, expect, test } from 'vitest';
import { newId } from '../../../platform/ids.ts';
import { startTestApi } from '../../support/api.ts';
import {
  acquire,
  acquireMany,
  changeLicense,
  givenLicense,
  heartbeat,
  historyOf,
  problemOf,
  release,
  show,
  tryAcquire,
  tryHeartbeat,
  type GivenLicense,
} from '../../support/given.ts';
import { expectAgreement, expectSound, readStores } from '../../support/ledger.ts';

const api = await startTestApi();
const mine = { fingerprint: 'mine', name: 'Ada’s laptop' };

/** A license with no free seat, one of them held on the device `mine`. */
async function givenFull(options: { seats?: number } = {}) {
  const { seats = 2 } = options;
  const license = await givenLicense(api, { seats });
  const others = await acquireMany(license, seats - 1);
  const old = await acquire(license, { instance: 'old', device: mine });
  return { license, old, others };
}

function takeOver(license: GivenLicense, takeover: string, options: { wait?: boolean } = {}) {
  return tryAcquire(license, { instance: 'new', device: mine, takeover, ...options });
}

describe('a takeover', () => {
  test('ends the session that the denial offered and grants its seat at once', async () => {
    const { license, old } = await givenFull();
    const denial = problemOf(await tryAcquire(license, { instance: 'new', device: mine }));
    expect(denial).toMatchObject({ takeoverOffered: true });
    expect(denial.detail).toContain('"takeover"');
    const [own] = denial.holders ?? [];
    expect(own).toEqual({
      sessionId: old.id,
      since: old.session.createdAt,
      own: true,
      deviceName: 'Ada’s laptop',
    });
    const next = await acquire(license, {
      ...{ instance: 'new', device: mine },
      takeover: own?.sessionId ?? '',
    });
    expect(next).toMatchObject({ httpStatus: 201, session: { seats: { used: 2, limit: 2 } } });
    expect(next.session.fence?.counter).toBe(3);
    await expectSound(license, 2);
    await expectAgreement(license);
  });

  test('tells the program that lost its seat so at its next beat, and the history where it went', async () => {
    const { license, old } = await givenFull();
    const next = await takeOver(license, old.id);
    const { id } = (next.body as { session: { id: string } }).session;
    const refusal = await tryHeartbeat(old);
    expect(problemOf(refusal)).toMatchObject({ code: 'session_ended', reason: 'superseded' });
    expect(await show(old)).toMatchObject({ status: 'ended', endReason: 'superseded' });
    expect(await historyOf(old)).toEqual(['seat.acquired', 'seat.superseded']);
    const { events, messages } = await readStores(license);
    const detailOf = (sessionId: string, event: string) =>
      events.find((one) => one.sessionId === sessionId && one.event === event)?.detail;
    expect(detailOf(old.id, 'seat.superseded')).toEqual({
      reason: 'superseded',
      note: `Taken over by ${id}`,
    });
    expect(detailOf(id, 'seat.acquired')).toMatchObject({ tookOver: old.id });
    const told = messages.filter(({ workflowId }) => workflowId.endsWith(old.id)).at(-1);
    expect(told).toMatchObject({ signal: 'released', payload: { reason: 'superseded' } });
  });

  test('asked for twice is the same seat', async () => {
    const { license, old } = await givenFull();
    const [first, again] = [await takeOver(license, old.id), await takeOver(license, old.id)];
    expect([first.status, again.status]).toEqual([201, 200]);
    const idOf = ({ body }: typeof first) => (body as { session: { id: string } }).session.id;
    expect(idOf(again)).toBe(idOf(first));
    await expectAgreement(license);
  });

  test('by two instances at once goes to one of them', async () => {
    const { license, old } = await givenFull();
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((instance) =>
        tryAcquire(license, { instance, device: mine, takeover: old.id }),
      ),
    );
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused).toHaveLength(3);
    for (const answer of refused) {
      expect(problemOf(answer)).toMatchObject({ takeoverRefusal: 'ended' });
    }
    await expectSound(license, 2);
    await expectAgreement(license);
  });

  test('ends nothing while a seat is free', async () => {
    const license = await givenLicense(api, { seats: 2 });
    const old = await acquire(license, { device: mine });
    expect((await takeOver(license, old.id)).status).toBe(201);
    expect(await heartbeat(old)).toMatchObject({ seats: { used: 2, limit: 2 } });
  });

  test('ends nothing for an instance that has its seat already', async () => {
    const { license, old } = await givenFull();
    const again = await tryAcquire(license, {
      ...{ instance: 'old', device: mine },
      takeover: old.id,
    });
    expect(again.status).toBe(200);
    expect(await heartbeat(old)).toMatchObject({ status: 'active' });
  });

  test('of a seat that was given back meanwhile is an ordinary grant', async () => {
    const { license, old } = await givenFull();
    await release(old);
    expect((await takeOver(license, old.id)).status).toBe(201);
    expect(await historyOf(old)).toEqual(['seat.acquired', 'seat.released']);
  });

  test('takes an offer that nobody else waits for', async () => {
    const { license, others } = await givenFull();
    const waiter = await acquire(license, { instance: 'waiter', device: mine, wait: true });
    for (const other of others) await release(other);
    expect(await show(waiter)).toMatchObject({ status: 'offered' });
    expect((await takeOver(license, waiter.id)).status).toBe(201);
    expect(await show(waiter)).toMatchObject({ status: 'ended', endReason: 'superseded' });
    await expectSound(license, 2);
  });

  test('lets the first in the queue have its seat at once, under the session that waited', async () => {
    const { license, old } = await givenFull();
    const waiter = await acquire(license, { instance: 'new', device: mine, wait: true });
    await acquire(license, { wait: true });
    const answer = await takeOver(license, old.id);
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ session: { id: waiter.id, status: 'active' } });
    expect(await historyOf(waiter)).toEqual(['seat.queued', 'seat.acquired']);
    await expectSound(license, 2);
    await expectAgreement(license);
  });
});

describe('a takeover is refused, and changes nothing,', () => {
  /** Refused as is said, with the old session as it was and nobody new. */
  async function expectRefused(
    { license, old }: Pick<Awaited<ReturnType<typeof givenFull>>, 'license' | 'old'>,
    { takeover, because }: { takeover: string; because: string },
  ) {
    const before = await readStores(license);
    const answer = await takeOver(license, takeover, { wait: true });
    expect(answer.status).toBe(403);
    expect(problemOf(answer)).toMatchObject({
      code: 'takeover_refused',
      takeoverRefusal: because,
      conclusive: true,
      retryable: false,
      holders: [{ sessionId: old.id, own: true }],
    });
    const { rows, pool } = await readStores(license);
    expect(rows).toEqual(before.rows);
    expect(pool?.waiters).toEqual(before.pool?.waiters);
    return answer;
  }

  test('when the session runs on another device, just as if there were none', async () => {
    const { license, old, others } = await givenFull();
    const elsewhere = await acquire(await givenLicense(api), { device: mine });
    const sibling = await givenLicense(api, { tenantId: license.tenantId });
    const siblings = await acquire(sibling, { device: mine });
    const ids = [others[0]?.id ?? '', elsewhere.id, siblings.id, newId('ses')];
    const bodies = [];
    for (const takeover of ids) {
      const { body } = await expectRefused({ license, old }, { takeover, because: 'not_own' });
      bodies.push({ ...(body as object), requestId: '' });
    }
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    for (const session of [elsewhere, siblings, ...others]) {
      expect(await heartbeat(session)).toMatchObject({ status: 'active' });
    }
  });

  test('when somebody waits before the caller', async () => {
    const { license, old } = await givenFull();
    await acquire(license, { wait: true });
    await expectRefused({ license, old }, { takeover: old.id, because: 'others_wait' });
    expect(await heartbeat(old)).toMatchObject({ status: 'active' });
  });

  test('when somebody waits before the caller, who waits too and goes on waiting', async () => {
    const { license, old } = await givenFull();
    await acquire(license, { wait: true });
    const waiter = await acquire(license, { instance: 'new', device: mine, wait: true });
    await expectRefused({ license, old }, { takeover: old.id, because: 'others_wait' });
    expect(await show(waiter)).toMatchObject({ status: 'queued', queue: { position: 2 } });
  });

  test('when the session has ended and somebody else has its seat', async () => {
    const { license, old } = await givenFull();
    await release(old);
    const next = await acquire(license, { instance: 'next', device: mine });
    await expectRefused({ license, old: next }, { takeover: old.id, because: 'ended' });
  });

  test('when the session waits itself', async () => {
    const { license, old } = await givenFull();
    const waiter = await acquire(license, { instance: 'w', device: mine, wait: true });
    await expectRefused({ license, old }, { takeover: waiter.id, because: 'is_waiting' });
  });

  test('when the license has fewer seats than are in use', async () => {
    const { license, old } = await givenFull({ seats: 3 });
    await changeLicense(license, { seats: 2 });
    const denial = problemOf(await tryAcquire(license, { instance: 'new', device: mine }));
    expect(denial).toMatchObject({ takeoverOffered: false, holders: [{ own: true }] });
    expect(denial.detail).not.toContain('"takeover"');
    await expectRefused({ license, old }, { takeover: old.id, because: 'over_limit' });
    expect(await heartbeat(old)).toMatchObject({ status: 'active' });
  });
});

test('refuses a takeover of what is no id of a session', async () => {
  const { license } = await givenFull();
  const answer = await takeOver(license, 'lic_01h455vb4pex5vsknk084sn02q');
  expect(answer.status).toBe(422);
  expect(problemOf(answer).errors?.map(({ path }) => path)).toEqual(['takeover']);
});

test('a takeover needs a license key', async () => {
  const { license, old } = await givenFull();
  const answer = await takeOver({ ...license, licenseKey: 'LH-WRONG' }, old.id);
  expect(answer.status).toBe(401);
  expect(await heartbeat(old)).toMatchObject({ status: 'active' });
});

test('of a license that does not allow the use the answer is that, and nothing ends', async () => {
  const { license, old } = await givenFull();
  const answer = await tryAcquire(license, {
    ...{ instance: 'new', device: mine },
    ...{ takeover: old.id, product: 'another' },
  });
  expect(problemOf(answer).code).toBe('product_mismatch');
  expect(await heartbeat(old)).toMatchObject({ status: 'active' });
});
