import { callAt, deadlineAfter, readClock } from './deadline.ts';
import { LeaseholdError, unreachable } from './errors.ts';
import { beatDelayMs, retryDelayMs } from './schedule.ts';
import type { Tenure } from './tenure.ts';

/** What becomes of the beats. Each is called after everything else is in its new state. */
export interface BeatListener {
  renewed: (recovered: boolean) => void;
  /** The first beat that got no answer. */
  failing: (error: LeaseholdError) => void;
  /** Beats fail and the lease is over; once, until one is answered. */
  leaseOver: (error: LeaseholdError) => void;
  /** The server said no. No more beats follow. */
  refused: (error: LeaseholdError) => void;
}

/**
 * Beats for one seat: regularly while answers come, sooner while they do not, never again once the
 * server said no.
 */
export class Heartbeats {
  readonly #renew: (tenure: Tenure) => Promise<Tenure>;
  readonly #listener: BeatListener;
  readonly #timers: { keepAlive: boolean };
  #tenure: Tenure;
  #failures = 0;
  #wasLeaseOver = false;
  #lastError: LeaseholdError | null = null;
  #isStopped = false;
  #underWay: Promise<void> | null = null;
  #cancelBeat: (() => void) | null = null;
  #cancelExpiry: (() => void) | null = null;

  constructor(
    tenure: Tenure,
    options: {
      renew: (tenure: Tenure) => Promise<Tenure>;
      listener: BeatListener;
      keepAlive: boolean;
    },
  ) {
    this.#tenure = tenure;
    this.#renew = options.renew;
    this.#listener = options.listener;
    this.#timers = { keepAlive: options.keepAlive };
    this.#beatIn(beatDelayMs(tenure.heartbeatMs, Math.random()));
  }

  get tenure(): Tenure {
    return this.#tenure;
  }

  /** Why the last beat failed; null after one that was answered. */
  get lastError(): LeaseholdError | null {
    return this.#lastError;
  }

  /** Beats now, or joins the beat under way. Never rejects: the listener is told. */
  beat(): Promise<void> {
    this.#underWay ??= this.#beat().finally(() => {
      this.#underWay = null;
    });
    return this.#underWay;
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelBeat?.();
    this.#cancelExpiry?.();
  }

  async #beat(): Promise<void> {
    this.#cancelBeat?.();
    let renewed: Tenure;
    try {
      renewed = await this.#renew(this.#tenure);
    } catch (error) {
      if (!this.#isStopped) this.#failed(asLeaseholdError(error));
      return;
    }
    if (!this.#isStopped) this.#succeeded(renewed);
  }

  #succeeded(renewed: Tenure): void {
    const isNew = renewed.session.id !== this.#tenure.session.id;
    const recovered = isNew || this.#failures > 0;
    this.#tenure = renewed;
    this.#failures = 0;
    this.#wasLeaseOver = false;
    this.#lastError = null;
    this.#cancelExpiry?.();
    this.#beatIn(beatDelayMs(renewed.heartbeatMs, Math.random()));
    this.#listener.renewed(recovered);
  }

  #failed(error: LeaseholdError): void {
    this.#lastError = error;
    if (error.conclusive) {
      this.stop();
      this.#listener.refused(error);
      return;
    }
    this.#failures += 1;
    const { lease, heartbeatMs } = this.#tenure;
    this.#beatIn(
      retryDelayMs({
        failures: this.#failures,
        heartbeatMs,
        leaseLeftMs: lease.leftMs(),
        retryAfterMs: error.retryAfterMs,
        random: Math.random(),
      }),
    );
    if (this.#failures > 1) return;
    this.#cancelExpiry = callAt(lease, () => this.#leaseIsOver(), this.#timers);
    this.#listener.failing(error);
  }

  #leaseIsOver(): void {
    if (this.#wasLeaseOver || this.#lastError === null) return;
    this.#wasLeaseOver = true;
    this.#listener.leaseOver(this.#lastError);
  }

  #beatIn(delayMs: number): void {
    this.#cancelBeat?.();
    this.#cancelBeat = callAt(
      deadlineAfter(readClock(), delayMs),
      () => void this.beat(),
      this.#timers,
    );
  }
}

function asLeaseholdError(error: unknown): LeaseholdError {
  if (error instanceof LeaseholdError) return error;
  return unreachable('The heartbeat could not be sent.', error);
}
