import { TemporalFailure, isCancellation } from '@temporalio/workflow';

/**
 * Asks through a local activity, which costs one event and no round trip. When that fails (Redis or
 * Postgres is away) it asks through a regular one, which Temporal repeats until it succeeds without
 * adding to the history, and without holding up the workflow's task meanwhile.
 */
export async function locallyFirst<T>(
  local: () => Promise<T>,
  regular: () => Promise<T>,
): Promise<T> {
  try {
    return await local();
  } catch (error) {
    if (isCancellation(error) || !(error instanceof TemporalFailure)) throw error;
    return regular();
  }
}
