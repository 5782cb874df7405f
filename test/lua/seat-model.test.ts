import { test } from 'vitest';
import { startSeatStage } from './given-seats.ts';
import { runStories } from './stories.ts';

const stage = await startSeatStage();

test.each([1, 2, 3])(
  'two pools do what the model does and break no invariant through any story (seed %i)',
  { timeout: 120_000 },
  async (seed) => {
    await runStories(stage, { seed, runs: 40, length: 100 });
  },
);
