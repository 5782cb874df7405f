import { expect, test } from 'vitest';
import { sharedWhileRunning } from '../../platform/shared-while-running.ts';

/** Work that ends when it is told to, and counts how often it was begun. */
function givenWork() {
  const begun: PromiseWithResolvers<number>[] = [];
  const ask = sharedWhileRunning(() => {
    const one = Promise.withResolvers<number>();
    begun.push(one);
    return one.promise;
  });
  return { ask, begun };
}

test('a thousand who ask at once are answered by one piece of work', async () => {
  const { ask, begun } = givenWork();
  const answers = Array.from({ length: 1_000 }, () => ask());
  expect(begun).toHaveLength(1);
  begun[0]?.resolve(7);
  expect(new Set(await Promise.all(answers))).toEqual(new Set([7]));
});

test('who asks after it has ended is answered anew, also when it failed', async () => {
  const { ask, begun } = givenWork();
  const first = ask();
  begun[0]?.reject(new Error('down'));
  await expect(first).rejects.toThrow('down');
  const second = ask();
  expect(begun).toHaveLength(2);
  begun[1]?.resolve(8);
  await expect(second).resolves.toBe(8);
});
