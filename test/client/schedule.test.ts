import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deadlineAfter, type Clock } from '../../client/deadline.ts';
import { retryAfterMs } from '../../client/problem.ts';
import { beatDelayMs, beatTimeoutMs, retryDelayMs } from '../../client/schedule.ts';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const heartbeatMs = fc.integer({ min: 1_000, max: 3_600_000 });

test('beats spread by a tenth around the pace that the server asked for', () => {
  expect(beatDelayMs(120_000, 0)).toBe(108_000);
  expect(beatDelayMs(120_000, 0.5)).toBe(120_000);
  expect(beatDelayMs(120_000, 0.999_999)).toBe(132_000);
});

test('after a failed beat the tries begin after a second and end at 10 to 15 s apart', () => {
  const delays = [1, 2, 3, 4, 5, 50].map((failures) =>
    retryDelayMs({
      ...{ failures, heartbeatMs: 120_000, leaseLeftMs: 300_000 },
      ...{ retryAfterMs: null, random: 0.5 },
    }),
  );
  expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 12_500, 12_500]);
});

test('two failures in a row and their tries always fit into a lease of three beats', () => {
  fc.assert(
    fc.property(heartbeatMs, random, random, (beatMs, one, other) => {
      const leaseMs = beatMs * 3;
      let spentMs = beatDelayMs(beatMs, one);
      for (const failures of [1, 2]) {
        spentMs += retryDelayMs({
          ...{ failures, heartbeatMs: beatMs, leaseLeftMs: leaseMs - spentMs },
          ...{ retryAfterMs: null, random: other },
        });
      }
      expect(spentMs).toBeLessThan(leaseMs);
    }),
  );
});

test('what the server asked for is honoured as far as another try fits into the lease', () => {
  const input = { failures: 1, heartbeatMs: 120_000, random: 0.5 };
  expect(retryDelayMs({ ...input, leaseLeftMs: 200_000, retryAfterMs: 5_000 })).toBe(5_000);
  expect(retryDelayMs({ ...input, leaseLeftMs: 6_000, retryAfterMs: 5_000 })).toBe(3_000);
});

test('after the lease the tries grow rarer with the time that the client is cut off, up to an hour', () => {
  const after = (offlineMs: number) =>
    retryDelayMs({
      ...{ failures: 9, heartbeatMs: 120_000, leaseLeftMs: -offlineMs },
      ...{ retryAfterMs: null, random: 0.5 },
    });
  expect(after(0)).toBe(12_500);
  expect(after(600_000)).toBe(150_000);
  expect(after(86_400_000)).toBe(3_600_000);
});

test('a beat that hangs leaves time for others within the lease', () => {
  expect(beatTimeoutMs(360_000)).toBe(10_000);
  expect(beatTimeoutMs(15_000)).toBe(3_750);
});

test('Retry-After is read as seconds or as a date, and bounded', () => {
  expect(retryAfterMs('3', 0)).toBe(3_000);
  expect(retryAfterMs('Thu, 01 Jan 1970 00:00:07 GMT', 2_000)).toBe(5_000);
  expect(retryAfterMs('86400', 0)).toBe(60_000);
  expect(retryAfterMs('soon', 0)).toBeUndefined();
  expect(retryAfterMs(null, 0)).toBeUndefined();
});

test('a deadline passes while the machine sleeps, and is not put off by a clock set back', () => {
  const now = { monotonicMs: 1_000, wallMs: 500_000 };
  const clock: Clock = { monotonicMs: () => now.monotonicMs, wallMs: () => now.wallMs };
  const deadline = deadlineAfter({ ...now }, 10_000, clock);
  expect(deadline.leftMs()).toBe(10_000);

  now.wallMs += 60_000;
  expect(deadline.leftMs()).toBe(-50_000);

  now.wallMs -= 3_600_000;
  now.monotonicMs += 4_000;
  expect(deadline.leftMs()).toBe(6_000);
});
