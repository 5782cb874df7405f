/** Several processes that find one pool lost rebuild it in finite time, however often they are asked. */
import { expect, test, vi } from 'vitest';
import type { Deps } from '../../services/deps.ts';
import { startTestApi } from '../support/api.ts';
import { givenLicense } from '../support/given.ts';
import { givenRows } from '../support/ledger.ts';

const api = await startTestApi();
/** What two processes have loaded, each for itself. */
const one = await import('../../services/restore-pool.ts');
vi.resetModules();
const other = await import('../../services/restore-pool.ts');

test('two processes that beats of a lost pool reach in turn do not overtake each other for ever', async () => {
  const license = await givenLicense(api, { seats: 1_000 });
  await givenRows(license, { count: 1_000, status: 'active' });
  const { seats } = api.deps;
  const restores = [one.restorePool, other.restorePool];
  const latest = restores.map(() => Promise.resolve());
  const askedMax = 20;
  let asked = 0;

  /** A beat that meets NO_POOL at a process; returns once its restore has cleared the pool, or is over. */
  async function beatAt(process: number): Promise<void> {
    await latest[process];
    if (asked === askedMax) return;
    asked += 1;
    const { promise: hasBegun, resolve: begin } = Promise.withResolvers<undefined>();
    const watched: Deps['seats'] = {
      ...seats,
      async restorePool(pool, chunk) {
        if (!chunk.first) await beatAt(1 - process);
        const reply = await seats.restorePool(pool, chunk);
        begin(undefined);
        return reply;
      },
    };
    const restoring = restores[process]?.({ ...api.deps, seats: watched }, license);
    latest[process] = (restoring ?? Promise.resolve()).catch(() => undefined);
    await Promise.race([hasBegun, latest[process]]);
  }

  await beatAt(0);
  // Each may have led to another.
  for (let round = 0; round <= askedMax; round += 1) await Promise.all(latest);
  expect(asked).toBeLessThan(askedMax);
  expect((await seats.readPool(license))?.seats).toHaveLength(1_000);
});
