import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/global-setup.ts',
    setupFiles: 'test/support/own-state.ts',
    // Temporal's native core does not survive vitest's worker threads.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    // A test that ran out of time, and only that, has a second try: a machine that others share stands
    // still for seconds now and then. Whoever needed it is named at the end of the run. An expectation
    // that is not waited for and a counterexample to a property, whatever is in it, fail at once.
    retry: {
      count: 1,
      condition:
        /^(?!Property failed)(?:Not within \d+ ms|.*timed out in \d+ms|[^]*DEADLINE_EXCEEDED)/,
    },
    reporters: process.env['CI'] === undefined ? ['default'] : ['dot'],
  },
});
