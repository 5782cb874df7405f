import { expect, test } from 'vitest';
import { faultNames, partOf } from './faults.ts';
import { readOptions } from './options.ts';
import { createRandom } from './random.ts';
import { planFaults } from './schedule.ts';

const plan = { lengthMs: 5_000, only: [] };
const seeds = Array.from({ length: 200 }, (_, seed) => seed + 1);

test('the same seed always gives the same schedule, and another one another', () => {
  expect(planFaults(7, plan)).toEqual(planFaults(7, plan));
  expect(planFaults(7, plan)).not.toEqual(planFaults(8, plan));
});

test('200 seeds break every part in every way, several times', () => {
  const times = new Map(faultNames.map((name) => [name, 0]));
  for (const seed of seeds) {
    for (const { name } of planFaults(seed, plan)) times.set(name, (times.get(name) ?? 0) + 1);
  }
  expect([...times].filter(([, count]) => count < 3)).toEqual([]);
});

test('a part is never broken twice at once', () => {
  for (const seed of seeds) {
    const faults = planFaults(seed, plan);
    const overlapping = faults.filter((fault) =>
      faults.some(
        (other) =>
          other !== fault &&
          partOf(other.name) === partOf(fault.name) &&
          other.atMs <= fault.atMs &&
          other.atMs + other.forMs >= fault.atMs,
      ),
    );
    expect(overlapping).toEqual([]);
  }
});

test('only those faults happen that were asked for', () => {
  const only = readOptions(['--only', 'redis-flush,api']).only;
  expect(only).toEqual(['redis-flush', 'api-kill', 'api-pause']);
  const happened = seeds.flatMap((seed) => planFaults(seed, { ...plan, only }));
  expect(new Set(happened.map(({ name }) => name))).toEqual(new Set(only));
});

test('what one part of the fleet draws changes nothing for another', () => {
  const [one, other] = [createRandom(1), createRandom(1)];
  one.next();
  expect(one.fork('a').next()).toBe(other.fork('a').next());
  expect(one.fork('a').next()).not.toBe(one.fork('b').next());
});

test.each([
  ['--seeds', '1-3'],
  ['--seeds', '3..1'],
  ['--seed', 'x'],
  ['--seconds', '0'],
  ['--minutes', '61'],
  ['--only', 'moon'],
  ['--mutant', 'moon'],
  ['--moon'],
])('%s %s is wrong usage', (...args) => {
  expect(() => readOptions(args)).toThrow();
});

test('seeds may be one or a range', () => {
  expect(readOptions([]).seeds).toEqual([1]);
  expect(readOptions(['--seed', '4']).seeds).toEqual([4]);
  expect(readOptions(['--seeds', '2..4']).seeds).toEqual([2, 3, 4]);
});
