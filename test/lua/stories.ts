import fc from 'fast-check';
import type { LoadOptions } from '../../lua/load.ts';
import type { SeatStage } from './given-seats.ts';
import { beginRun, endOfRun } from './model-restore.ts';
import { steps } from './model-steps.ts';
import { World } from './model-world.ts';

export interface Stories {
  seed: number;
  runs: number;
  /** Most steps of one story. */
  length: number;
  /** Another text of the scripts: a mutant. */
  load?: LoadOptions | undefined;
}

/**
 * Runs random stories, the same ones for the same seed.
 *
 * @throws Error with the story in which Redis, the model and the invariants disagree, and as its cause
 * what they disagree about.
 */
export async function runStories(stage: SeatStage, stories: Stories): Promise<void> {
  const door = stage.door(stories.load);
  const redis = stage.redis();
  const commands = fc.commands(steps, { maxCommands: stories.length, size: 'max' });
  const property = fc.asyncProperty(commands, async (story) => {
    const world = new World({ door, redis, clock: stage.clock });
    await beginRun(world);
    await fc.asyncModelRun(() => ({ model: {}, real: world }), story);
    await endOfRun(world);
  });
  await fc.assert(property, { seed: stories.seed, numRuns: stories.runs, endOnFailure: true });
}
