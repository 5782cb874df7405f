import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LicenseSessionInput } from '../../workflows/contract.ts';
import {
  afterEndSignal,
  afterGrant,
  afterHeartbeat,
  afterLook,
  beginProgress,
  describeDeadline,
  describeProgress,
} from '../../workflows/session-progress.ts';

const input: LicenseSessionInput = {
  tenantId: 'ten_1',
  licenseId: 'lic_1',
  productId: 'prd_1',
  sessionId: 'ses_1',
  instanceKey: 'an instance',
  status: 'queued',
  until: 50_000,
};

type News =
  | { kind: 'heartbeat'; seenAt: number; leaseUntil: number }
  | { kind: 'granted'; eventId: string; leaseUntil: number }
  | { kind: 'released' };

const instant = fc.integer({ min: 0, max: 100_000 });
const heartbeat = fc.record({
  kind: fc.constant('heartbeat' as const),
  seenAt: instant,
  leaseUntil: instant,
});
const granted = fc.record({
  kind: fc.constant('granted' as const),
  eventId: fc.constant('evt_1'),
  leaseUntil: instant,
});
const newsOfLease = fc.array(fc.oneof(heartbeat, granted), { minLength: 1, maxLength: 8 });

function learn(news: readonly News[]) {
  return news.reduce((progress, piece) => {
    if (piece.kind === 'heartbeat') return afterHeartbeat(progress, piece);
    if (piece.kind === 'granted') return afterGrant(progress, piece);
    return afterEndSignal(progress, 'released');
  }, beginProgress(input));
}

describe('what a workflow knows of its session', () => {
  test('is the same in whatever order and however often its signals come', () => {
    fc.assert(
      fc.property(
        newsOfLease.chain((news) =>
          fc.tuple(fc.constant(news), fc.shuffledSubarray([...news, ...news], { minLength: 0 })),
        ),
        ([news, repeated]) => {
          const { status, until, lastSeenAt } = learn(news);
          const again = learn([...repeated, ...news]);
          expect(again).toMatchObject({ status, until, lastSeenAt });
          expect(until).toBe(Math.max(...news.map(({ leaseUntil }) => leaseUntil)));
        },
      ),
    );
  });

  test('does not change any more once the session has ended', () => {
    fc.assert(
      fc.property(newsOfLease, newsOfLease, (before, after) => {
        const ended = learn([...before, { kind: 'released' }]);
        const later = learn([...before, { kind: 'released' }, ...after, { kind: 'released' }]);
        expect(later).toMatchObject({ status: 'ended', endReason: 'released', until: ended.until });
      }),
    );
  });

  test('keeps the first reason when the session ends twice', () => {
    const forced = afterEndSignal(beginProgress(input), 'forced');
    expect(afterEndSignal(forced, 'lapsed').endReason).toBe('forced');
  });

  test('takes a heartbeat for proof of a seat while the grant is still on its way', () => {
    const beat = { seenAt: 10_000, leaseUntil: 20_000 };
    expect(afterHeartbeat(beginProgress(input), beat)).toMatchObject({
      status: 'active',
      until: 20_000,
    });
  });

  test('forgets the limit of the queue when an offer or a seat replaces it', () => {
    const offered = afterLook(beginProgress(input), { status: 'offered', until: 40_000 });
    expect(offered.until).toBe(40_000);
    expect(afterGrant(offered, { eventId: 'evt_1', leaseUntil: 30_000 }).until).toBe(30_000);
  });

  test('reads like a sentence', () => {
    const at = Date.UTC(2026, 0, 1, 12, 5, 10);
    const active = afterGrant(beginProgress(input), { eventId: 'evt_1', leaseUntil: at });
    expect(describeDeadline(active, at)).toBe('lease until 12:05:10Z');
    expect(describeProgress(active)).toBe('active: lease until 12:05:10Z.');
    expect(describeProgress(afterEndSignal(active, 'forced'))).toBe('Ended: forced.');
  });
});
