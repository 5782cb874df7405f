import { tableError, unproven, type LeaseholdError } from './errors.ts';
import { giveBack } from './give-back.ts';
import type { PinOptions } from './pins.ts';
import { withPatience } from './patience.ts';
import { askerOf } from './proven.ts';
import { progressOf, waitForSeat, type QueueProgress } from './queue.ts';
import { createSeatMemory } from './seat-memory.ts';
import { Seat } from './seat.ts';
import {
  resolvePlace,
  resolveProgram,
  resolveServer,
  type PlaceOptions,
  type ProgramOptions,
  type ServerOptions,
} from './settings.ts';
import {
  createTransport,
  type AcquireRequest,
  type SessionAnswer,
  type Transport,
} from './transport.ts';
import { createVerifier } from './verifier.ts';

export interface AcquireOptions extends ServerOptions, ProgramOptions, PlaceOptions, PinOptions {
  /** Queue when all seats are in use, instead of failing with `no_seats_available`. Default: false. */
  wait?: boolean | undefined;
  /**
   * A session to end for its seat when no seat is free: one of `holders` in the denial that are `own`,
   * of this device. Refused (`takeover_refused`) while others wait.
   */
  takeover?: string | undefined;
  /** Names of features without which the program is of no use: refused with `feature_not_granted`. */
  features?: string[] | undefined;
  /** Told of the place in the queue whenever it changes. */
  onQueued?: ((progress: QueueProgress) => void) | undefined;
  /** Told of each failure of the network or the server that is about to be tried again. */
  onRetry?: ((error: LeaseholdError) => void) | undefined;
  /** Ends the attempt; a place in the queue is given up. Later, the seat is not affected by it. */
  signal?: AbortSignal | undefined;
  /** Up to 20 flat members of your own, for the vendor's eyes. */
  metadata?: AcquireRequest['metadata'] | undefined;
  /** How long a server that is away is asked again before `acquire` fails. Default: 15,000. */
  patienceMs?: number | undefined;
  /**
   * Give the seat back when the program has nothing left to do, or ends by SIGINT, SIGTERM or SIGHUP
   * that nobody else listens to. Default: true.
   */
  releaseOnExit?: boolean | undefined;
  /** Whether the seat alone keeps the program running. Default: false. */
  keepAlive?: boolean | undefined;
  /**
   * Write down on disk, for this user only, which seat this program holds, so that `leasehold status`
   * and `leasehold release` find it, also after a crash. Default: false.
   */
  remember?: boolean | undefined;
  /** Acquire again, once each time, when the lease lapsed (after a long sleep, say). Default: false. */
  reacquireLapsed?: boolean | undefined;
}

const requestTimeoutMs = 10_000;
/** An aborted request may still be granting: its answer is waited for, to give the seat back. */
const abortGraceMs = 2_000;

/**
 * Takes a seat for this program, or attaches to the one that its instance holds, and keeps it with
 * heartbeats until it is released:
 *
 *     await using seat = await acquire({ product: 'acme-cad', version: '1.4.0' });
 *
 * @throws LeaseholdError A denial is `conclusive` and says who holds the seats; `unreachable`,
 * `unavailable`, `restoring` and, with pinned roots, `unproven` are not, and must not lock a user out. The
 * signal's reason when aborted.
 */
export async function acquire(options: AcquireOptions = {}): Promise<Seat> {
  const { signal, wait = false, patienceMs = 15_000, releaseOnExit = true, onRetry } = options;
  signal?.throwIfAborted();
  const server = resolveServer(options, process.env);
  const body = {
    ...resolveProgram(options, process.env),
    ...resolvePlace(options, process.env),
    ...(options.features === undefined ? {} : { features: options.features }),
    metadata: options.metadata ?? {},
  };
  const creating = createVerifier(options, { ...server, product: body.product }, process.env);
  const verifier = creating === null ? null : await creating;
  const transport = createTransport(server, askerOf(verifier, body.instanceKey));
  const ask = (how: Pick<AcquireRequest, 'wait' | 'takeover'>, signal?: AbortSignal) =>
    transport.acquireSession({ ...body, ...how }, { timeoutMs: requestTimeoutMs, signal });
  const request = (how: Pick<AcquireRequest, 'takeover'> = {}) =>
    withPatience(() => askUntilAborted(transport, (late) => ask({ wait, ...how }, late), signal), {
      patienceMs,
      signal,
      onRetry,
    });

  const { takeover } = options;
  let answer = await request(takeover === undefined ? {} : { takeover });
  if (answer.session.status !== 'active') {
    if (!wait) throw alreadyWaiting(answer, verifier !== null);
    const { onQueued = () => undefined } = options;
    answer = await waitForSeat(answer, {
      ...{ transport, onQueued, onRetry, signal, releaseOnExit, isPinned: verifier !== null },
      // Who waits takes the seat that is offered, and nobody else's.
      request: () => request(),
    });
  }
  return new Seat(answer, {
    ...{ transport, verifier },
    proven: verifier === null ? null : await verifier.prove(answer),
    request: ask,
    reacquireLapsed: options.reacquireLapsed ?? false,
    keepAlive: options.keepAlive ?? false,
    releaseOnExit,
    memory: options.remember === true ? createSeatMemory({ ...server, ...body }) : null,
  });
}

/**
 * Asks once. When the caller aborts meanwhile, the answer is waited for a little, so that what it
 * granted can be given back.
 */
async function askUntilAborted(
  transport: Transport,
  ask: (signal?: AbortSignal) => Promise<SessionAnswer>,
  signal: AbortSignal | undefined,
): Promise<SessionAnswer> {
  if (signal === undefined) return ask();
  const late = new AbortController();
  const abortLater = () => {
    setTimeout(() => {
      late.abort();
    }, abortGraceMs).unref();
  };
  signal.addEventListener('abort', abortLater, { once: true });
  try {
    const answer = await ask(late.signal);
    if (signal.aborted) await giveBack(transport, answer);
    signal.throwIfAborted();
    return answer;
  } finally {
    signal.removeEventListener('abort', abortLater);
  }
}

/** Another process of this instance waits; its place is not ours to give up. */
function alreadyWaiting({ session }: SessionAnswer, isPinned: boolean): Error {
  const { position } = progressOf(session);
  const place = position === null ? '' : ` (place ${position})`;
  const denial = tableError(
    'no_seats_available',
    `All seats are in use, and another process of this instance waits for one${place}. Wait too.`,
    { seats: session.seats, queueLength: session.queue?.length },
  );
  return isPinned ? unproven(denial, 'what is said of a place is not signed') : denial;
}
