/** The judge is judged: histories made by hand, good ones and one or more that break each promise. */
import { describe, expect, test } from 'vitest';
import { ARun } from './a-run.ts';
import { check, isWrongDenial } from './check.ts';
import { fullPeriods, overlapsAny } from './periods.ts';

const released = { deed: 'release' } as const;
const rulesOf = (run: ARun) => [...new Set(check(run.done()).map(({ rule }) => rule))];

/** Two seats that are held and given back one after the other. */
function calm(): ARun {
  return new ARun()
    .grant('a', [1, 1.1], 6.1)
    .deed('release', [2, 2.1], { session: 'a', instance: 'a' })
    .row('a', [1.05, 2.05]);
}

/** A token for offline use that outlasts every run. */
const offline = (device: string) => ({ device, offlineUntil: 100_000 });
const askedBy = (device: string) => ({ device, instance: device });

/** A license file that a device has until it gives it up. */
const fileOf = (device: string) => ({ device, instance: device, file: `chk_${device}` });

describe('a history is accepted', () => {
  test('in which a device takes a seat and a right out with a file, and gives both back', () => {
    const run = new ARun({ seats: 1 })
      .deed('check-out', [1, 1.1], { ...fileOf('t'), offlineUntil: 60_000 })
      .refused('acquire', [2, 2.1], { code: 'no_seats_available', instance: 'a' })
      .deed('check-in', [3, 3.1], fileOf('t'))
      .grant('a', [3, 3.2], 8, offline('a'))
      .row('a', [3.15, 8]);
    expect(check(run.done())).toEqual([]);
  });

  test('in which nobody knows whether a question for a file was heard before it was given up', () => {
    const run = new ARun({ seats: 1 })
      .deed('check-out', [1, 1.1], { ...fileOf('t'), phase: 'info', code: 'unreachable' })
      .deed('check-out', [1.2, 1.3], { ...fileOf('t'), offlineUntil: 60_000 })
      .deed('check-in', [3, 3.1], fileOf('t'))
      .refused('acquire', [4, 4.1], { code: 'no_seats_available', instance: 'a' });
    expect(check(run.done())).toEqual([]);
  });

  test('in which a file had its seat until a suspension overtook it, waiting for its signature', () => {
    const run = new ARun({ seats: 1 })
      .refused('check-out', [1, 3], { ...fileOf('t'), code: 'license_suspended' })
      .refused('acquire', [1.2, 1.3], { code: 'no_seats_available', instance: 'a' })
      .deed('suspend', [2.8, 2.9], { client: 'operator' });
    expect(check(run.done())).toEqual([]);
  });

  test('in which the end of a wait is not signed, as none is', () => {
    const unproven = { phase: 'info', code: 'unproven', instance: 'a' } as const;
    expect(rulesOf(calm().deed('acquire', [3, 3.1], { ...unproven, wait: true }))).toEqual([]);
    expect(rulesOf(calm().deed('acquire', [3, 3.1], unproven))).toEqual(['answer']);
  });

  test('in which a machine that keeps no right gives its own back, and one goes on with two tokens', () => {
    const run = new ARun({ seats: 1 })
      .grant('a', [1, 1.1], 6, { ...offline('one'), keepsRights: false })
      .deed('release', [2, 2.1], { session: 'a', instance: 'a' })
      .grant('b', [3, 3.1], 8, offline('two'))
      .deed('release', [4, 4.1], { session: 'b', instance: 'b' })
      .grant('c', [5, 5.1], 10, offline('two'))
      .row('a', [1, 2.05])
      .row('b', [3, 4.05])
      .row('c', [5, 10]);
    expect(check(run.done())).toEqual([]);
  });

  test('in which rights outlast a lowered limit, and come back to whoever may have had them before it', () => {
    const run = new ARun()
      .deed('acquire', [0.5, 0.9], { phase: 'info', code: 'unreachable', ...askedBy('b') })
      .grant('a', [1, 1.1], 6, offline('a'))
      .deed('release', [1.2, 1.25], { session: 'a', instance: 'a' })
      .deed('seats', [1.3, 1.4], { client: 'operator', seats: 1 })
      .grant('b', [2, 2.1], 7, { ...offline('b'), isGrant: false })
      .row('a', [1, 1.22])
      .row('b', [0.6, 7]);
    expect(check(run.done())).toEqual([]);
  });

  test('in which seats are granted, renewed, given back and granted again', () => {
    const run = calm()
      .grant('b', [2, 2.2], 7)
      .deed('renew', [6, 6.1], {
        session: 'b',
        instance: 'b',
        status: 'active',
        leaseUntil: 11_000,
      })
      .deed('work', [9, 9], { session: 'b', instance: 'b' })
      .deed('release', [10, 10.1], { session: 'b', instance: 'b' })
      .row('b', [2.1, 10.05]);
    expect(check(run.done())).toEqual([]);
  });

  test('in which a third is refused while two hold', () => {
    const run = calm()
      .grant('b', [1.1, 1.2], 6.2)
      .refused('acquire', [1.5, 1.6], { code: 'no_seats_available', instance: 'c' })
      .row('b', [1.15, 7], { events: ['seat.acquired', 'lease.lapsed'] });
    expect(check(run.done())).toEqual([]);
  });

  test('in which a third is refused because an unanswered request may hold a seat', () => {
    const run = calm()
      .deed('acquire', [1.1, 1.2], { phase: 'info', code: 'unreachable', instance: 'b' })
      .refused('acquire', [1.5, 1.6], { code: 'no_seats_available', instance: 'c' });
    expect(check(run.done())).toEqual([]);
  });

  test('in which a seat lapses, goes to another, and its first holder is told', () => {
    const run = new ARun({ seats: 1 })
      .grant('a', [1, 1.1], 6)
      .deed('fault', [2, 3], { client: 'faults', fault: 'x' })
      .grant('b', [7, 7.1], 12)
      .refused('renew', [8, 8.1], {
        session: 'a',
        instance: 'a',
        code: 'session_ended',
        reason: 'lapsed',
      })
      .row('a', [1.05, 7.05])
      .row('b', [7.05, 13]);
    expect(check(run.done())).toEqual([]);
  });

  test('in which a seat that was given back soon after a fault lasts one lease more', () => {
    const run = new ARun({ seats: 1 })
      .grant('a', [1, 1.1], 6.1)
      .deed('fault', [1.2, 1.3], { client: 'faults', fault: 'x' })
      .deed('release', [3, 3.1], { session: 'a', instance: 'a' })
      .refused('acquire', [4, 4.1], { code: 'no_seats_available', instance: 'b' })
      .row('a', [1.05, 7.3], { events: ['seat.acquired', 'lease.lapsed'] });
    expect(check(run.done())).toEqual([]);
  });

  test('in which a waiter stands where its first request put it, whose answer was lost', () => {
    const run = new ARun({ seats: 1 })
      .grant('a', [1, 1.1], 6)
      .deed('acquire', [1.2, 1.3], { instance: 'b', wait: true, phase: 'info' })
      .queued('w', 'acquire', [1.4, 1.5])
      .queued('b', 'acquire', [1.6, 1.7])
      .deed('release', [2, 2.1], { session: 'a', instance: 'a' })
      .grant('b', [2.2, 2.3], 7)
      .queued('w', 'look', [2.4, 2.5])
      .row('a', [1, 2.05])
      .row('b', [1.25, 7], {
        grantedAt: 2_250,
        events: ['seat.queued', 'seat.acquired', 'seat.released'],
      })
      .row('w', [1.45, 8], { grantedAt: null, events: ['seat.queued', 'queue.left'] });
    expect(rulesOf(run)).toEqual([]);
  });

  test('in which the seats are lowered while all are held', () => {
    const run = calm()
      .grant('b', [1, 1.2], 6.2)
      .deed('seats', [1.3, 1.4], { seats: 1, client: 'operator' })
      .deed('renew', [1.5, 1.6], {
        session: 'b',
        instance: 'b',
        status: 'active',
        leaseUntil: 6_500,
      })
      .row('b', [1.1, 6.6]);
    expect(check(run.done())).toEqual([]);
  });

  test('in which a suspension takes the seats, which are granted again after it', () => {
    const withdrawn = {
      endReason: 'license_suspended',
      events: ['seat.acquired', 'seat.withdrawn'],
    };
    const run = new ARun({ seats: 1 })
      .grant('a', [1, 1.1], 6)
      .deed('suspend', [2, 2.1], { client: 'operator' })
      .deed('reinstate', [2.5, 2.6], { client: 'operator' })
      .grant('b', [3, 3.1], 8)
      .refused('renew', [3.2, 3.3], {
        ...{ session: 'a', instance: 'a', code: 'session_ended', reason: 'license_suspended' },
      })
      .row('a', [1.05, 2.05], withdrawn)
      .row('b', [3.05, 8]);
    expect(check(run.done())).toEqual([]);
  });

  test('in which an instance takes over the seat of another', () => {
    const run = new ARun({ seats: 1 })
      .grant('a', [1, 1.1], 6)
      .grant('b', [2, 2.1], 7, { takeover: 'a' })
      .refused('renew', [3, 3.1], {
        ...{ session: 'a', instance: 'a', code: 'session_ended', reason: 'superseded' },
      })
      .row('a', [1.05, 2.05], {
        endReason: 'superseded',
        events: ['seat.acquired', 'seat.superseded'],
      })
      .row('b', [2.05, 7]);
    expect(check(run.done())).toEqual([]);
  });

  test('in which a takeover ended its victim and was lost with the pool', () => {
    const run = new ARun({ seats: 1 })
      .grant('a', [1, 1.1], 6)
      .refused('acquire', [2, 3], { takeover: 'a', instance: 'b', code: 'no_seats_available' })
      .grant('c', [2.5, 2.6], 7)
      .refused('renew', [3.1, 3.2], {
        ...{ session: 'a', instance: 'a', code: 'session_ended', reason: 'superseded' },
      })
      .row('a', [1.05, 2.05], {
        endReason: 'superseded',
        events: ['seat.acquired', 'seat.superseded'],
      })
      .row('c', [2.55, 7]);
    expect(check(run.done())).toEqual([]);
    const untouched = new ARun({ seats: 1 })
      .grant('a', [1, 1.1], 6)
      .refused('acquire', [2, 3], { takeover: 'a', instance: 'b', code: 'no_seats_available' })
      .grant('c', [2.5, 2.6], 7)
      .row('a', [1.05, 6.05])
      .row('c', [2.55, 7]);
    expect(rulesOf(untouched)).toEqual(['I1']);
  });

  test('in which the last of two who share a seat gives it back', () => {
    expect(rulesOf(sharedUntil(5.05).grant('b', [5.2, 5.3], 10).row('b', [5.25, 10]))).toEqual([]);
  });
});

/** One seat, held by two: one leaves after 2 s, the other after 5 s. */
function sharedUntil(endsAt: number): ARun {
  const shared = { session: 'a', instance: 'a' };
  const active = { ...shared, status: 'active' } as const;
  return new ARun({ seats: 1 })
    .grant('a', [1, 1.1], 6, { holder: 'one' })
    .deed('acquire', [1.2, 1.3], { ...active, holder: 'two', leaseUntil: 6_200 })
    .deed('release', [2, 2.1], { ...shared, holder: 'one' })
    .deed('renew', [3, 3.1], { ...active, holder: 'two', leaseUntil: 8_000 })
    .deed('release', [5, 5.1], { ...shared, holder: 'two' })
    .row('a', [1, endsAt]);
}

describe('a history is refused', () => {
  test('I1: in which a seat is granted that one of two holders still has', () => {
    const run = sharedUntil(5.05).grant('b', [3.2, 3.3], 8).row('b', [3.25, 8]);
    expect(rulesOf(run)).toEqual(['I1']);
  });

  test('I9: in which a shared seat ends late after its last holder left', () => {
    expect(rulesOf(sharedUntil(6.5))).toEqual(['I9']);
  });

  test('I1: in which three hold two seats', () => {
    const run = calm().grant('b', [1, 1.2], 6).grant('c', [1, 1.3], 6);
    expect(rulesOf(run.row('b', [1.1, 6]).row('c', [1.2, 6]))).toEqual(['I1']);
  });

  test('I1: in which a seat is granted before one of its lowered number is free', () => {
    const run = calm()
      .deed('seats', [1.2, 1.3], { seats: 1, client: 'operator' })
      .grant('b', [1.4, 1.5], 6)
      .row('b', [1.45, 6]);
    expect(rulesOf(run)).toEqual(['I1']);
  });

  test('I1: in which the ledger has more rows open than there are seats', () => {
    const run = new ARun({ seats: 1 }).row('a', [1, 2]).row('b', [1.9, 3]);
    expect(rulesOf(run)).toEqual(['I1']);
    expect(rulesOf(new ARun({ seats: 1 }).row('a', [1, 2]).row('b', [2, 3]))).toEqual([]);
  });

  test('I2: in which more may work offline than there are seats', () => {
    const run = new ARun({ seats: 1 })
      .grant('a', [1, 1.1], 6, offline('a'))
      .deed('release', [2, 2.1], { session: 'a', instance: 'a' })
      .grant('b', [3, 3.1], 8, offline('b'))
      .row('a', [1, 2.05])
      .row('b', [3, 8]);
    expect(rulesOf(run)).toEqual(['I2']);
  });

  test('I1: in which a seat is given that a license file has taken out', () => {
    const run = new ARun({ seats: 1 })
      .deed('check-out', [1, 1.1], { ...fileOf('t'), offlineUntil: 60_000 })
      .grant('a', [2, 2.1], 7)
      .row('a', [2, 7]);
    expect(rulesOf(run)).toEqual(['I1']);
  });

  test('I2: in which a license file is given although who went home may go on offline', () => {
    const run = new ARun({ seats: 1 })
      .grant('a', [1, 1.1], 6, offline('a'))
      .deed('release', [2, 2.1], { session: 'a', instance: 'a' })
      .deed('check-out', [3, 3.1], { ...fileOf('t'), offlineUntil: 60_000 })
      .row('a', [1, 2.05]);
    expect(rulesOf(run)).toEqual(['I2']);
  });

  test('I6: in which a seat is refused that a license file was to have and has given up', () => {
    const run = new ARun({ seats: 1 })
      .deed('check-out', [1, 1.1], { ...fileOf('t'), offlineUntil: 60_000 })
      .deed('check-in', [2, 2.1], fileOf('t'))
      .refused('acquire', [3, 3.1], { code: 'no_seats_available', instance: 'a' });
    expect(rulesOf(run)).toEqual(['I6']);
  });

  test('I2: in which a beat gives one right too many', () => {
    const beat = { session: 'b', instance: 'b', status: 'active', leaseUntil: 9_000 } as const;
    const run = new ARun({ seats: 2 })
      .grant('a', [1, 1.1], 6, offline('a'))
      .deed('seats', [1.2, 1.3], { client: 'operator', seats: 1 })
      .deed('release', [1.4, 1.5], { session: 'a', instance: 'a' })
      .grant('b', [2, 2.1], 7, { device: 'b', isOnlineOnly: true })
      .deed('renew', [4, 4.1], { ...beat, offlineUntil: 100_000 })
      .row('a', [1, 1.45])
      .row('b', [2, 9]);
    expect(rulesOf(run)).toEqual(['I2']);
  });

  test('I2: in which a session that was ended by another leaves its token, whoever keeps none', () => {
    const run = new ARun({ seats: 1 })
      .grant('a', [1, 1.1], 6, { ...offline('a'), keepsRights: false })
      .deed('force', [2, 2.1], { client: 'operator', session: 'a' })
      .grant('b', [3, 3.1], 8, offline('b'))
      .row('a', [1, 2.05], { endReason: 'forced', events: ['seat.acquired', 'session.forced'] })
      .row('b', [3, 8]);
    expect(rulesOf(run)).toContain('I2');
  });

  test('I3: in which the ledger never heard of a grant', () => {
    expect(rulesOf(new ARun().grant('a', [1, 1.1], 6))).toEqual(['I3']);
  });

  test('I3: in which a grant has two ends', () => {
    const events = ['seat.acquired', 'seat.released', 'lease.lapsed'];
    const run = new ARun().grant('a', [1, 1.1], 6).row('a', [1, 6], { events });
    expect(rulesOf(run)).toEqual(['I3']);
  });

  test('I4: in which an instance holds two seats', () => {
    const run = new ARun()
      .grant('a', [1, 1.1], 6, { instance: 'i' })
      .grant('b', [2, 2.1], 7, { instance: 'i' })
      .row('a', [1, 6], { instance: 'i' })
      .row('b', [2, 7], { instance: 'i' });
    expect(rulesOf(run)).toEqual(['I4']);
  });

  test('I5: in which a fence is given again, or falls', () => {
    const first = calm();
    const again = first.grant('b', [3, 3.1], 8, { fence: { epoch: 1, counter: 1_100 } });
    expect(rulesOf(again.row('b', [3, 8]))).toEqual(['I5']);
    const falls = calm().grant('b', [3, 3.1], 8, { fence: { epoch: 0, counter: 9_000 } });
    expect(rulesOf(falls.row('b', [3, 8]))).toEqual(['I5']);
  });

  test('I6: in which a seat that was given back is not to be had', () => {
    const run = calm().refused('acquire', [2.2, 2.3], {
      code: 'no_seats_available',
      instance: 'b',
    });
    expect(rulesOf(run)).toEqual(['I6']);
    expect(check(run.done()).every(isWrongDenial)).toBe(true);
  });

  test('I7: in which somebody passes a waiter', () => {
    const run = new ARun({ seats: 1 })
      .grant('a', [1, 1.1], 6)
      .queued('w', 'acquire', [1.2, 1.3])
      .deed('release', [2, 2.1], { session: 'a', instance: 'a' })
      .grant('b', [2.2, 2.3], 7)
      .queued('w', 'look', [2.4, 2.5])
      .row('a', [1, 2.05])
      .row('w', [1.25, 8], { grantedAt: null, events: ['seat.queued', 'queue.left'] })
      .row('b', [2.25, 7]);
    expect(rulesOf(run)).toEqual(['I7']);
  });

  test('I8: in which a client is told of a session of another tenant', () => {
    const run = calm();
    expect(rulesOf(run.grant('b', [1, 1.2], 6).row('b', [1.1, 6], { tenantId: 'ten_2' }))).toEqual([
      'I8',
    ]);
  });

  test('I9: in which a seat that was given back ends late', () => {
    const run = new ARun().grant('a', [1, 1.1], 6);
    run.deed('release', [2, 2.1], { session: 'a', instance: 'a' }).row('a', [1, 3.5]);
    expect(rulesOf(run)).toEqual(['I9']);
  });

  test('I9: in which a seat that nobody keeps ends late', () => {
    expect(rulesOf(new ARun().grant('a', [1, 1.1], 6).row('a', [1, 11.5]))).toEqual(['I9']);
  });

  test('I10: in which a client works on without a lease', () => {
    const run = new ARun().grant('a', [1, 1.1], 6).row('a', [1, 6.5]);
    expect(rulesOf(run.deed('work', [7, 7], { session: 'a', instance: 'a' }))).toEqual(['I10']);
  });

  test('I11: in which the stores differ in the end', () => {
    const heldAlone = new ARun({ held: ['x'] });
    const openAlone = new ARun().row('a', [1, null]);
    expect(rulesOf(heldAlone)).toEqual(['I11']);
    expect(rulesOf(openAlone)).toContain('I11');
    expect(rulesOf(new ARun({ owed: ['x'] }))).toEqual(['I11']);
    expect(rulesOf(new ARun().undelivered(1))).toEqual(['I11']);
  });
});

describe('a refusal of a seat is wrong', () => {
  const noSeats = { code: 'no_seats_available', instance: 'b' };

  test('that comes while exactly one seat is free', () => {
    const run = new ARun()
      .grant('a', [1, 1.1], 6.1)
      .deed('release', [4, 4.1], { session: 'a', instance: 'a' })
      .refused('acquire', [2, 2.1], noSeats)
      .row('a', [1.05, 4.05]);
    expect(rulesOf(run)).toEqual(['I6']);
  });

  test('that comes while one holds one of two seats, however often it asked for it', () => {
    const run = new ARun()
      .deed('acquire', [0.5, 0.8], { instance: 'a', phase: 'info', code: 'unreachable' })
      .grant('a', [1, 1.6], 6.1)
      .deed('release', [4, 4.1], { session: 'a', instance: 'a' })
      .refused('acquire', [1.2, 1.3], noSeats)
      .row('a', [1.05, 4.05]);
    expect(rulesOf(run)).toEqual(['I6']);
  });

  test('that two are told at a time, while one seat is free', () => {
    const run = new ARun({ seats: 1 })
      .refused('acquire', [1, 1.2], noSeats)
      .refused('acquire', [1.1, 1.3], { ...noSeats, instance: 'c' });
    expect(check(run.done())).toHaveLength(2);
  });

  test('that comes right after the only seat has lapsed', () => {
    const run = new ARun({ seats: 1 })
      .grant('a', [1, 1.1], 6)
      .row('a', [1.05, 6.1], { endReason: 'lapsed', events: ['seat.acquired', 'lease.lapsed'] })
      .refused('acquire', [6.3, 6.4], noSeats);
    expect(rulesOf(run)).toEqual(['I6']);
  });

  test('that sends away who would wait', () => {
    const run = new ARun({ seats: 1 })
      .grant('a', [1, 1.1], 6)
      .refused('acquire', [2, 2.1], { ...noSeats, wait: true })
      .row('a', [1.05, 6.1]);
    expect(rulesOf(run)).toEqual(['denial']);
  });

  test('but not while a seat is being taken away that one of its two processes left just before', () => {
    const run = new ARun({ seats: 1 })
      .grant('a', [1, 1.1], 6)
      .deed('release', [1.9, 2], { session: 'a', instance: 'a' })
      .deed('force', [1.95, 2.4], { session: 'a', instance: 'a', client: 'operator' })
      .refused('acquire', [2.1, 2.2], noSeats)
      .row('a', [1.05, 2.02], { endReason: 'forced', events: ['seat.acquired', 'seat.forced'] });
    expect(rulesOf(run)).toEqual([]);
  });

  test('that counts the seats as they were before more were sold', () => {
    const run = new ARun({ seats: 1 })
      .grant('a', [1, 1.1], 6)
      .deed('seats', [1.2, 1.3], { seats: 2, client: 'operator' })
      .refused('acquire', [2, 2.1], noSeats)
      .row('a', [1.05, 6.1]);
    expect(rulesOf(run)).toEqual(['I6']);
  });

  test('that calls the license suspended after it was reinstated', () => {
    const run = new ARun()
      .deed('suspend', [1, 1.1], { client: 'operator' })
      .refused('acquire', [1.2, 1.3], { ...noSeats, code: 'license_suspended' })
      .deed('reinstate', [2, 2.1], { client: 'operator' });
    expect(rulesOf(run)).toEqual([]);
    run.refused('acquire', [2.2, 2.3], { ...noSeats, code: 'license_suspended' });
    expect(rulesOf(run)).toEqual(['denial']);
  });

  test('that denies a takeover of a session of its own, or one that was not needed', () => {
    const taken = (reason: string, seats: number) =>
      new ARun({ seats })
        .grant('a', [1, 1.1], 6)
        .refused('acquire', [2, 2.1], {
          ...{ code: 'takeover_refused', reason, instance: 'b', takeover: 'a' },
        })
        .row('a', [1.05, 6.1]);
    expect(rulesOf(taken('over_limit', 1))).toEqual([]);
    expect(rulesOf(taken('not_own', 1))).toEqual(['denial']);
    expect(rulesOf(taken('over_limit', 2))).toEqual(['I6']);
  });
});

describe('a denial is wrong', () => {
  const end = { session: 'a', instance: 'a', code: 'session_ended' };

  test.each([
    ['lapsed', 'while the lease ran'],
    ['released', 'although nobody released it'],
    ['forced', 'although nobody forced it'],
    ['superseded', 'although its instance asked for no other'],
    ['license_suspended', 'although nobody suspended the license'],
  ])('that calls a session %s %s', (reason) => {
    const run = new ARun().grant('a', [1, 1.1], 6).row('a', [1, 6.5]);
    expect(rulesOf(run.refused('renew', [3, 3.1], { ...end, reason }))).toEqual(['denial']);
  });

  test('that calls a session superseded by what its instance asked for before it', () => {
    const superseded = { ...end, reason: 'superseded' };
    const asked = (at: number) =>
      new ARun()
        .grant('a', [1, 1.1], 6)
        .deed('acquire', [at, at + 1.4], { instance: 'a', phase: 'info', code: 'unreachable' })
        .refused('renew', [3, 3.1], superseded)
        .row('a', [1, 2.5]);
    expect(rulesOf(asked(0.5))).toEqual(['denial']);
    expect(rulesOf(asked(1.2))).toEqual([]);
  });

  test('that calls a session released when only one of its holders has left', () => {
    const shared = { session: 'a', instance: 'a' };
    const leaves = (holder: string) =>
      new ARun()
        .grant('a', [1, 1.1], 6, { holder: 'one' })
        .deed('acquire', [1.2, 1.3], {
          ...{ ...shared, holder: 'two', status: 'active', leaseUntil: 6_200 },
        })
        .deed('release', [2, 2.1], { ...shared, holder })
        .refused('renew', [3, 3.1], { ...end, holder: 'two', reason: 'released' })
        .row('a', [1, 2.05]);
    expect(rulesOf(leaves('one'))).toEqual(['denial']);
    expect(rulesOf(leaves('two'))).toEqual([]);
  });

  test('that answers a late beat while a seat is free and nobody else asked', () => {
    const late = (run: ARun) =>
      run
        .grant('a', [1, 1.1], 6)
        .refused('renew', [6.5, 6.6], { ...end, reason: 'lapsed' })
        .row('a', [1, 8]);
    expect(rulesOf(late(new ARun()))).toEqual(['denial']);
    const other = new ARun().refused('look', [6.2, 6.3], { session: 'x', code: 'not_found' });
    expect(check(late(other).done()).some(({ text }) => text.includes('late beat'))).toBe(false);
  });

  test('that is a fault: one that nobody foresaw, or any while nothing is broken', () => {
    const told = (code: string) =>
      new ARun()
        .refused('look', [1, 1], { session: 'x', code: 'not_found' })
        .deed('acquire', [20, 20.1], { phase: 'info', code })
        .deed('work', [30, 30]);
    expect(rulesOf(told('internal'))).toContain('answer');
    expect(rulesOf(told('unavailable'))).toContain('answer');
    const broken = told('restoring').deed('fault', [19, 20.05], { client: 'faults', fault: 'x' });
    expect(rulesOf(broken)).not.toContain('answer');
  });

  test('whose session the ledger never ended', () => {
    const run = new ARun({ held: ['a'] }).grant('a', [1, 1.1], 6).row('a', [1, null]);
    const refused = run.refused('renew', [8, 8.1], { ...end, reason: 'lapsed' });
    expect(rulesOf(refused)).toContain('denial');
  });

  test('that says unauthenticated, forbidden or not found of what is valid', () => {
    for (const code of ['unauthenticated', 'forbidden', 'not_found']) {
      const run = calm().refused(released.deed, [1.5, 1.6], { code, session: 'a', instance: 'a' });
      expect(rulesOf(run)).toEqual(['denial']);
    }
  });
});

describe('periods', () => {
  test('are full when enough of them go on at a time', () => {
    const periods = [
      { from: 1, to: 5 },
      { from: 2, to: 3 },
      { from: 3, to: 4 },
    ];
    expect(fullPeriods(periods, 2)).toEqual([{ from: 2, to: 4 }]);
    expect(fullPeriods(periods, 4)).toEqual([]);
  });

  test('are found by whoever touches one of them', () => {
    const apart = [
      { from: 1, to: 2 },
      { from: 4, to: 5 },
      { from: 7, to: 8 },
    ];
    expect(
      [0, 1, 2.5, 3, 5, 6].map((at) => overlapsAny(apart, { from: at, to: at + 0.9 })),
    ).toEqual([false, true, false, false, true, false]);
    expect(overlapsAny(apart, { from: 0, to: 9 })).toBe(true);
    expect(overlapsAny([], { from: 0, to: 9 })).toBe(false);
  });
});
