/**
 * Asks again until `look` neither throws nor answers false, and returns its answer. For what another
 * process or a background step brings about; the last failure is thrown after `withinMs`, its message
 * beginning with `Not within`, by which `vitest.config.ts` knows that it ran out of time.
 */
export async function eventually<T>(
  look: () => T | false | Promise<T | false>,
  { withinMs = 10_000, everyMs = 20 }: { withinMs?: number; everyMs?: number } = {},
): Promise<T> {
  const until = performance.now() + withinMs;
  for (;;) {
    const outcome = await attempt(look);
    if (outcome.isDone) return outcome.value;
    if (performance.now() > until) {
      const { failure } = outcome;
      failure.message = `Not within ${withinMs} ms: ${failure.message}`;
      throw failure;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

type Attempt<T> = { isDone: true; value: T } | { isDone: false; failure: Error };

async function attempt<T>(look: () => T | false | Promise<T | false>): Promise<Attempt<T>> {
  try {
    const value = await look();
    if (value !== false) return { isDone: true, value };
    return { isDone: false, failure: new Error('what was waited for did not come true') };
  } catch (error) {
    return { isDone: false, failure: error instanceof Error ? error : new Error(String(error)) };
  }
}
