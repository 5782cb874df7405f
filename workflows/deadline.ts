import { condition } from '@temporalio/workflow';

/**
 * A point in time that can be moved while a workflow waits for it.
 *
 * Moving it later costs nothing: the timer that is set fires at the old time and is set again. So a
 * lease that is renewed a hundred times needs one timer for each lease, not a hundred. Moving it
 * earlier wakes the waiter and shortens the timer.
 *
 * A test tenant may have a clock that runs ahead of the world's by `clockOffsetMs`; deadlines of
 * terms, trials and grace are instants on that clock. Seat leases never follow it (Redis decides them
 * by its own clock), so `licenseSession` leaves it at 0.
 */
export class Deadline {
  #at: number;
  readonly #clockOffsetMs: number;
  readonly #describe: (at: number) => string;

  /**
   * @param at unix milliseconds on the tenant's clock.
   * @param options.describe the timer's summary in Temporal's UI, e.g. "lease until 12:05:10Z".
   */
  constructor(at: number, options: { describe: (at: number) => string; clockOffsetMs?: number }) {
    this.#at = at;
    this.#clockOffsetMs = options.clockOffsetMs ?? 0;
    this.#describe = options.describe;
  }

  get at(): number {
    return this.#at;
  }

  /** Unix milliseconds on the tenant's clock; stands still within one workflow task. */
  now(): number {
    return Date.now() + this.#clockOffsetMs;
  }

  /** Changes the deadline, whether or not somebody waits for it. */
  move(at: number): void {
    this.#at = at;
  }

  /**
   * Waits for the deadline, wherever it is moved meanwhile.
   *
   * @param interrupted looked at whenever the workflow wakes; true ends the wait.
   * @param armed called each time before a timer is set, with the instant it is set for.
   * @returns true when the deadline was reached, false when the wait was interrupted before.
   */
  async reached(
    interrupted: () => boolean = () => false,
    armed: (at: number) => void = () => undefined,
  ): Promise<boolean> {
    while (!interrupted()) {
      const armedFor = this.#at;
      const waitMs = armedFor - this.now();
      if (waitMs <= 0) return true;
      armed(armedFor);
      await condition(() => interrupted() || this.#at < armedFor, waitMs, {
        summary: this.#describe(armedFor),
      });
    }
    return false;
  }
}
