/** When seats were surely held, by one clock: from the answer that granted to the request that gave back. */
export interface HeldInterval {
  from: number;
  /** Infinity while it is held. */
  to: number;
}

/**
 * The most that were surely held at any instant. At one instant an end counts before a beginning, since
 * a request that gives back may be answered by a grant within the clock's resolution.
 */
export function mostHeldAtOnce(intervals: readonly HeldInterval[]): number {
  const changes = intervals
    .flatMap(({ from, to }) => [
      { at: from, by: 1 },
      { at: to, by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by);
  let held = 0;
  let most = 0;
  for (const { by } of changes) {
    held += by;
    most = Math.max(most, held);
  }
  return most;
}
