import { expect, test } from 'vitest';
import { createAdmission } from '../../platform/admission.ts';
import { createStrangers, networkOf } from '../../platform/strangers.ts';
import { createWindowCounter } from '../../platform/window-counter.ts';
import { trafficClasses } from '../../domain/traffic.ts';

test('a counter keeps as many keys as it may and forgets the window that began first', () => {
  const counter = createWindowCounter({ keysMax: 3 });
  for (const key of ['a', 'b', 'c', 'a', 'd']) counter.add(key);
  expect(counter.look('a').used).toBe(0);
  expect(['b', 'c', 'd'].map((key) => counter.look(key).used)).toEqual([1, 1, 1]);
  for (let n = 0; n < 10_000; n += 1) counter.add(`flood-${n}`);
  expect(counter.look('d').used).toBe(0);
});

test('looking counts nothing', () => {
  const counter = createWindowCounter({ keysMax: 3 });
  for (let time = 0; time < 5; time += 1) expect(counter.look('a').used).toBe(0);
  expect(counter.add('a').used).toBe(1);
});

test.each([
  ['198.51.100.7', '198.51.100.7'],
  ['::ffff:198.51.100.7', '::ffff:198.51.100.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::', 'fe80:0:0:0'],
  ['', ''],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test('addresses of one IPv6 network are one stranger', () => {
  const strangers = createStrangers({ failuresMax: 2 });
  strangers.refused('2001:db8::1');
  strangers.refused('2001:db8::2');
  expect(strangers.mustWait('2001:db8::3', 'x')).toBeGreaterThan(0);
  expect(strangers.mustWait('2001:db8:0:1::3', 'x')).toBeNull();
});

test('the fuller the house, the fewer kinds of traffic are let in', () => {
  const admission = createAdmission({ inFlightMax: 10 });
  const admitted = () =>
    trafficClasses.filter((traffic) => {
      const isIn = admission.enter(traffic);
      if (isIn) admission.leave(traffic);
      return isIn;
    });
  const seen = Array.from({ length: 11 }, () => {
    const kinds = admitted();
    admission.enter('release');
    return kinds.length;
  });
  expect(seen).toEqual([6, 6, 6, 6, 5, 5, 4, 4, 3, 3, 2]);
  expect(admitted()).toEqual(['heartbeat', 'wait']);
});
