import fc from 'fast-check';
import { test } from 'vitest';
import type { LoadOptions } from '../../lua/load.ts';
import { startSeatStage } from './given-seats.ts';
import { beginRun, endOfRun, steps } from './model-steps.ts';
import { World } from './model-world.ts';

const stage = await startSeatStage();

/** Runs random stories with fixed seeds. @throws when Redis, the model and the invariants disagree. */
async function runStories(options: { seed: number; runs: number; length: number } & LoadOptions) {
  const door = stage.door(options);
  await fc.assert(
    fc.asyncProperty(
      fc.commands(steps, { maxCommands: options.length, size: 'max' }),
      async (story) => {
        const world = new World({ door, redis: stage.redis(), clock: stage.clock });
        await beginRun(world);
        await fc.asyncModelRun(() => ({ model: {}, real: world }), story);
        await endOfRun(world);
      },
    ),
    { seed: options.seed, numRuns: options.runs, endOnFailure: true },
  );
}

test('does what the model does through any story', { timeout: 120_000 }, async () => {
  await runStories({ seed: 1, runs: 100, length: 80 });
});
