import { expect, test } from 'vitest';
import { givenPool, startSeatStage, type Seats } from './given-seats.ts';

const { door, clock } = await startSeatStage();
const scripts = door();

function takeOver(seats: Seats, instance: string, [sessionId, owner]: [string, string | null]) {
  return seats.acquire(instance, { takeover: { sessionId, instanceKey: owner } });
}

test('a takeover trades one seat for another, and reports the session that lost it', async () => {
  const seats = await givenPool(scripts, { limit: 1 });
  const old = await seats.seatOf('old');
  const reply = await takeOver(seats, 'new', [old, 'old']);
  expect(reply).toMatchObject({
    ...{ word: 'GRANTED', source: 'takeover', usage: { used: 1, limit: 1 } },
    ...{ fence: { counter: 2 } },
    dropped: [{ sessionId: old, instanceKey: 'old', reason: 'superseded', at: clock.now }],
  });
  expect(await seats.beat('old', old)).toMatchObject({ word: 'ENDED', reason: 'superseded' });
});

test('asked for again, also with a takeover of what is gone, it is the same seat', async () => {
  const seats = await givenPool(scripts, { limit: 1 });
  const old = await seats.seatOf('old');
  const first = await takeOver(seats, 'new', [old, 'old']);
  const again = await takeOver(seats, 'new', [old, 'old']);
  if (first.word !== 'GRANTED') throw new Error(first.word);
  expect(again).toMatchObject({ word: 'ATTACHED', sessionId: first.sessionId, newHolder: false });
});

test('a session that is not the caller’s is never ended, whatever instance has it', async () => {
  const seats = await givenPool(scripts, { limit: 1 });
  const other = await seats.seatOf('other');
  expect(await takeOver(seats, 'new', [other, null])).toMatchObject({ word: 'TAKEOVER_REFUSED' });
  expect(await takeOver(seats, 'new', [other, 'elsewhere'])).toMatchObject({
    ...{ word: 'TAKEOVER_REFUSED', reason: 'ended' },
  });
  expect(await seats.beat('other', other)).toMatchObject({ word: 'RENEWED' });
});

test('a newer session of the instance is not ended in the place of the one that was named', async () => {
  const seats = await givenPool(scripts, { limit: 1 });
  const first = await seats.seatOf('old');
  await seats.free('old', first);
  const second = await seats.seatOf('old');
  expect(await takeOver(seats, 'new', [first, 'old'])).toMatchObject({ reason: 'ended' });
  expect(await seats.beat('old', second)).toMatchObject({ word: 'RENEWED' });
});

test('a session whose last process has left ends as released, and its seat is had at once', async () => {
  const seats = await givenPool(scripts, { limit: 1 });
  const old = await seats.seatOf('old');
  await seats.leave('old', old);
  expect(await takeOver(seats, 'new', [old, 'old'])).toMatchObject({
    ...{ word: 'GRANTED', source: 'takeover' },
    dropped: [{ sessionId: old, reason: 'released' }],
  });
});

test('a session that has lapsed leaves a free seat, which needs no takeover', async () => {
  const seats = await givenPool(scripts, { limit: 1 });
  const old = await seats.seatOf('old');
  clock.now += seats.config.leaseMs;
  expect(await takeOver(seats, 'new', [old, 'old'])).toMatchObject({
    ...{ word: 'GRANTED', source: 'free' },
    dropped: [{ sessionId: old, reason: 'lapsed' }],
  });
});

test('an overdraft seat is taken over like any other, and none is added', async () => {
  const seats = await givenPool(scripts, { limit: 1, overdraft: 1 });
  const [one, two] = [await seats.seatOf('one'), await seats.seatOf('two')];
  expect(await takeOver(seats, 'new', [two, 'two'])).toMatchObject({
    ...{ word: 'GRANTED', usage: { used: 2, limit: 1 } },
  });
  await seats.configure({ overdraft: 0 });
  expect(await takeOver(seats, 'newer', [one, 'one'])).toMatchObject({ reason: 'over_limit' });
  expect(await seats.beat('one', one)).toMatchObject({ word: 'RENEWED' });
});

test('after the license has expired nothing is taken over', async () => {
  const seats = await givenPool(scripts, { limit: 1 });
  const old = await seats.seatOf('old');
  await seats.configure({ validUntil: clock.now });
  expect(await takeOver(seats, 'new', [old, 'old'])).toMatchObject({ word: 'BLOCKED' });
  expect(await seats.beat('old', old)).toMatchObject({ word: 'RENEWED' });
});

test('a pool that is lost answers NO_POOL, and takes nothing over', async () => {
  const seats = await givenPool(scripts, { limit: 1 });
  const old = await seats.seatOf('old');
  const lost = { tenantId: 'ten_none', licenseId: 'lic_none' };
  const reply = await scripts.acquireSeat(lost, {
    ...{ config: seats.config, sessionId: 'ses_n', instanceKey: 'new', holderId: 'x', wait: false },
    ...{ terms: '', device: 'new', keepsRights: true, signer: '' },
    takeover: { sessionId: old, instanceKey: 'old' },
  });
  expect(reply).toEqual({ word: 'NO_POOL' });
});
