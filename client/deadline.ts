/**
 * Deadlines that neither a sleeping laptop nor a changed clock can stretch. The monotonic clock of most
 * systems stands still during sleep and the wall clock may be set back, so whichever says that less
 * time is left is believed.
 */

/** Two clocks, in milliseconds. */
export interface Clock {
  monotonicMs: () => number;
  wallMs: () => number;
}

const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
};

/** A reading of both clocks. */
export interface Instant {
  monotonicMs: number;
  wallMs: number;
}

export interface Deadline {
  /** Milliseconds until it, negative once it is over. */
  leftMs: () => number;
}

export function readClock(clock: Clock = systemClock): Instant {
  return { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
}

/** The deadline `ms` after `start`. */
export function deadlineAfter(start: Instant, ms: number, clock: Clock = systemClock): Deadline {
  return {
    leftMs: () =>
      ms - Math.max(clock.monotonicMs() - start.monotonicMs, clock.wallMs() - start.wallMs),
  };
}

/** Timers stand still during sleep too: look again at least this often. */
const sliceMs = 10_000;

/**
 * Calls back once the deadline is over, also when that happens while the machine sleeps.
 *
 * @param keepAlive whether the wait may keep the program alive.
 * @returns cancels it.
 */
export function callAt(
  deadline: Deadline,
  callback: () => void,
  options: { keepAlive: boolean },
): () => void {
  let timer: NodeJS.Timeout;
  const wait = () => {
    timer = setTimeout(look, Math.min(Math.max(deadline.leftMs(), 0), sliceMs));
    if (!options.keepAlive) timer.unref();
  };
  const look = () => {
    if (deadline.leftMs() > 0) wait();
    else callback();
  };
  wait();
  return () => {
    clearTimeout(timer);
  };
}
