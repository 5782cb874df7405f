import type { Redis } from 'ioredis';
import { LicensingError } from '../domain/errors.ts';

/** What must be safe on more than one server before anybody hears of it. */
export interface Replicated {
  /** A connection for these calls alone: WAIT holds up everything behind it. */
  redis: Redis;
  replicasMin: number;
  /** Longest wait for the replicas. */
  waitMs: number;
  onShortfall: () => void;
}

/** Replies that gave the caller something. */
const gifts: ReadonlySet<string> = new Set(['GRANTED', 'ATTACHED', 'QUEUED']);

/**
 * Makes a script whose gifts are told only when enough replicas have them. WAIT counts what its own
 * connection wrote before, so it is sent once the script's reply is there: then the write is done
 * whichever way it took (a script that the server did not know is sent a second time), and is known
 * to have gone over a connection that still stands. One WAIT is on its way at a time and answers
 * for all whose replies came before it was sent, so that many callers cost one round trip.
 *
 * @throws LicensingError `unavailable` when there are too few: the seat may be lost with this server or
 * not, so nothing is undone, and whoever asks again is attached to it.
 */
export function untilReplicated<Args extends unknown[], Reply extends { word: string }>(
  script: (...args: Args) => Promise<Reply>,
  options: Replicated,
): (...args: Args) => Promise<Reply> {
  const { redis, replicasMin } = options;
  const connection = countConnections(redis);
  const wait = sharedWait(options, connection);
  return async (...args) => {
    const reply = await script(...args);
    if (!gifts.has(reply.word)) return reply;
    const writtenOn = connection();
    const { replicas, askedOn } = await wait().catch(unknownReplicas);
    if (replicas >= replicasMin && askedOn === writtenOn) return reply;
    options.onShortfall();
    throw new LicensingError(
      'unavailable',
      'The seat is not yet safe on a second server. Ask again in a moment: it is kept for you.',
    );
  };
}

interface Acknowledged {
  replicas: number;
  /** The connection that was asked, and -1 when another took its place before the answer. */
  askedOn: number;
}

function unknownReplicas(): Acknowledged {
  return { replicas: 0, askedOn: -1 };
}

/** Each caller gets the answer to a WAIT that is sent after its call. */
function sharedWait({ redis, replicasMin, waitMs }: Replicated, connection: () => number) {
  let underWay: Promise<unknown> = Promise.resolve();
  let next: Promise<Acknowledged> | null = null;
  return (): Promise<Acknowledged> => {
    if (next !== null) return next;
    const asked = underWay.then(async () => {
      next = null;
      const askedOn = connection();
      const replicas = await redis.wait(replicasMin, waitMs);
      return { replicas, askedOn: connection() === askedOn ? askedOn : -1 };
    });
    next = asked;
    underWay = asked.catch(() => undefined);
    return asked;
  };
}

/** Tells which connection of a client is the present one: another number after each reconnect. */
function countConnections(redis: Redis): () => number {
  let connections = 0;
  redis.on('connect', () => (connections += 1));
  return () => connections;
}
