import { LeaseholdError, passing } from './errors.ts';
import { giveBack } from './give-back.ts';
import { waitForSeat } from './queue.ts';
import type { SessionAnswer, Transport } from './transport.ts';

interface Means {
  transport: Transport;
  /** Asks for a seat again. */
  request: (how: { wait: boolean }) => Promise<SessionAnswer>;
  /** Aborted: the program needs no seat any more. */
  over: AbortSignal;
  releaseOnExit: boolean;
}

/**
 * The way back of a client whose seat was given up while it was cut off: it goes on by the right that its
 * lease token proves, and waits in the queue for another seat meanwhile. One at a time.
 */
export class Landing {
  readonly #means: Means;
  #seat: Promise<SessionAnswer> | null = null;
  #isOver = false;

  constructor(means: Means) {
    this.#means = means;
  }

  get isUnderWay(): boolean {
    return this.#seat !== null && !this.#isOver;
  }

  /** @param over called when {@link take} has what came of it. */
  begin(over: () => void): void {
    if (this.#seat !== null) return;
    this.#seat = queueForSeat(this.#means);
    const end = () => {
      this.#isOver = true;
      over();
    };
    this.#seat.then(end, end);
  }

  /** What came of it, once: the new seat, or why there is none. Null while nothing did. */
  take(): Promise<SessionAnswer> | null {
    if (!this.#isOver) return null;
    const seat = this.#seat;
    this.#seat = null;
    this.#isOver = false;
    return seat;
  }
}

async function queueForSeat({
  transport,
  request,
  over,
  releaseOnExit,
}: Means): Promise<SessionAnswer> {
  const queue = () => request({ wait: true });
  try {
    const first = await queue();
    const answer =
      first.session.status === 'active'
        ? first
        : await waitForSeat(first, {
            ...{ transport, request: queue, signal: over, releaseOnExit, isPinned: true },
            ...{ onQueued: () => undefined, onRetry: undefined },
          });
    if (over.aborted) await giveBack(transport, answer);
    return answer;
  } catch (error) {
    throw isForWantOfSeats(error) ? passing(error) : error;
  }
}

/** The right to go on does not end because nobody else gives up a seat. */
function isForWantOfSeats(error: unknown): error is LeaseholdError {
  return (
    error instanceof LeaseholdError &&
    ['no_seats_available', 'queue_full', 'session_ended'].includes(error.code)
  );
}
