/**
 * What the scripts answer: a word and, after it, the members of a tuple. Each reader below turns one
 * tuple into the object that callers see; the types of all replies follow from them.
 */
import { z } from 'zod';
import { endReasons } from '../domain/errors.ts';
import { takeoverRefusals, type DroppedSession, type Fence } from '../domain/seat.ts';

const text = z.string();
const whole = z.int();
const instant = z.int().min(0);
const flag = z.union([z.literal(0), z.literal(1)]).transform((bit) => bit === 1);
const reason = z.enum(endReasons);
/** Whose seat a grant was: nobody's, the one that the caller was offered, or that of a session taken over. */
const source = z.enum(['free', 'offer', 'takeover']);
const heldStatus = z.enum(['queued', 'offered', 'active']);

/** `epoch:n`, as Redis keeps fences and tickets. */
const pair = z.templateLiteral([z.int(), ':', z.int()]).transform((packed) => {
  const [epoch = NaN, n = NaN] = packed.split(':').map(Number);
  return { epoch, n };
});
const fence = pair.transform(({ epoch, n }): Fence => ({ epoch, counter: n }));

/** The hash `:ended`: session, then when, under which epoch, why, until when rights stay, and whose. */
const dropped = z.array(text).transform((flat) => inRows(flat, 2).map(parseDropped));

function parseDropped([sessionId = '', packed = '']: string[]): DroppedSession {
  const [, at, epoch, why, hardUntil, instanceKey = ''] =
    /^(\d+) (\d+) (\S+) (\d+|-) (.*)$/s.exec(packed) ?? [];
  return {
    ...{ sessionId, instanceKey, reason: reason.parse(why) },
    ...{ at: Number(at), epoch: Number(epoch) },
    hardUntil: hardUntil === '-' ? null : Number(hardUntil),
  };
}

function inRows<Value>(flat: readonly Value[], width: number): Value[][] {
  return Array.from({ length: Math.ceil(flat.length / width) }, (_, row) =>
    flat.slice(row * width, (row + 1) * width),
  );
}

const noPool = z.tuple([z.literal('NO_POOL')]).transform(([word]) => ({ word }));

export const acquireReplies = {
  GRANTED: z
    .tuple([
      ...([z.literal('GRANTED'), text, fence, instant, instant.nullable(), source] as const),
      ...([whole, whole, whole, whole, instant, dropped] as const),
    ])
    .transform(([word, sessionId, fence, leaseUntil, hardUntil, source, ...rest]) => {
      const [epoch, heartbeatMs, used, limit, now, dropped] = rest;
      return {
        ...{ word, sessionId, fence, leaseUntil, hardUntil, source, epoch, heartbeatMs },
        ...{ usage: { used, limit }, now, dropped },
      };
    }),
  ATTACHED: z
    .tuple([
      ...([z.literal('ATTACHED'), text, fence, instant, instant.nullable(), flag, flag] as const),
      ...([whole.nullable(), whole, whole, whole, whole, instant, dropped] as const),
    ])
    .transform(([word, sessionId, fence, leaseUntil, hardUntil, newHolder, isShared, ...rest]) => {
      const [grantVersion, epoch, heartbeatMs, used, limit, now, dropped] = rest;
      return {
        ...{ word, sessionId, fence, leaseUntil, hardUntil, newHolder, isShared },
        ...{ grantVersion, epoch, heartbeatMs },
        ...{ usage: { used, limit }, now, dropped },
      };
    }),
  QUEUED: z
    .tuple([
      ...([z.literal('QUEUED'), text, pair, whole, whole, instant, instant] as const),
      ...([whole.nullable(), flag, whole, whole, whole, instant, dropped] as const),
    ])
    .transform(
      ([word, sessionId, ticket, position, length, livenessUntil, queueUntil, ...rest]) => {
        const [meanTenureMs, newWaiter, epoch, used, limit, now, dropped] = rest;
        return {
          ...{ word, sessionId, ticket, position, length, livenessUntil, queueUntil },
          ...{ meanTenureMs, newWaiter, epoch, usage: { used, limit }, now, dropped },
        };
      },
    ),
  NO_SEATS: z
    .tuple([
      z.literal('NO_SEATS'),
      z.enum(['no_seats_available', 'queue_full', 'holders_exhausted']),
      ...([whole, whole, whole, instant, dropped] as const),
    ])
    .transform(([word, reason, queueLength, used, limit, now, dropped]) => ({
      ...{ word, reason, queueLength, usage: { used, limit }, now, dropped },
    })),
  TAKEOVER_REFUSED: z
    .tuple([
      z.literal('TAKEOVER_REFUSED'),
      z.enum(takeoverRefusals),
      ...([whole, whole, whole, instant, dropped] as const),
    ])
    .transform(([word, reason, queueLength, used, limit, now, dropped]) => ({
      ...{ word, reason, queueLength, usage: { used, limit }, now, dropped },
    })),
  BLOCKED: z
    .tuple([z.literal('BLOCKED'), z.enum(['suspended', 'revoked', 'expired']), instant, dropped])
    .transform(([word, status, now, dropped]) => ({ word, status, now, dropped })),
  NO_POOL: noPool,
};

export const renewReplies = {
  RENEWED: z
    .tuple([
      ...([z.literal('RENEWED'), instant, flag, whole, whole, fence, whole] as const),
      ...([instant.nullable(), flag, text.nullable(), whole.nullable()] as const),
      ...([whole.nullable(), whole, instant] as const),
    ])
    .transform(([word, leaseUntil, forward, used, limit, fence, heartbeatMs, ...rest]) => {
      const [hardUntil, mustSign, terms, offeredRightsMs, offeredUnder, epoch, now] = rest;
      return {
        ...{ word, leaseUntil, forward, usage: { used, limit }, fence, heartbeatMs },
        ...{ hardUntil, mustSign, terms, offeredRightsMs, offeredUnder, epoch, now },
      };
    }),
  QUEUED: z
    .tuple([z.literal('QUEUED'), instant, instant])
    .transform(([word, livenessUntil, now]) => ({ word, livenessUntil, now })),
  OFFERED: z
    .tuple([z.literal('OFFERED'), instant, instant])
    .transform(([word, offerUntil, now]) => ({ word, offerUntil, now })),
  ENDED: z
    .tuple([z.literal('ENDED'), reason, whole, instant])
    .transform(([word, reason, epoch, now]) => ({ word, reason, epoch, now })),
  NO_POOL: noPool,
};

export const releaseReplies = {
  RELEASED: z
    .tuple([z.literal('RELEASED'), dropped])
    .transform(([word, dropped]) => ({ word, dropped })),
  LAST: z
    .tuple([z.literal('LAST'), instant.nullable(), dropped])
    .transform(([word, hardUntil, dropped]) => ({ word, hardUntil, dropped })),
  HELD: z
    .tuple([z.literal('HELD'), whole, instant, dropped])
    .transform(([word, holders, leaseUntil, dropped]) => ({ word, holders, leaseUntil, dropped })),
  ENDED: z
    .tuple([z.literal('ENDED'), reason, dropped])
    .transform(([word, reason, dropped]) => ({ word, reason, dropped })),
  NO_POOL: noPool,
};

export const pollReplies = {
  QUEUED: z
    .tuple([
      ...([z.literal('QUEUED'), whole, whole, instant, instant, whole.nullable()] as const),
      ...([instant.nullable(), whole, whole, instant, dropped] as const),
    ])
    .transform(([word, position, length, livenessUntil, queueUntil, meanTenureMs, ...rest]) => {
      const [nextChange, used, limit, now, dropped] = rest;
      return {
        ...{ word, position, length, livenessUntil, queueUntil, meanTenureMs, nextChange },
        ...{ usage: { used, limit }, now, dropped },
      };
    }),
  OFFERED: z
    .tuple([z.literal('OFFERED'), instant, instant.nullable(), whole, whole, instant, dropped])
    .transform(([word, offerUntil, nextChange, used, limit, now, dropped]) => ({
      ...{ word, offerUntil, nextChange, usage: { used, limit }, now, dropped },
    })),
  ACTIVE: z
    .tuple([z.literal('ACTIVE'), instant, fence, whole, whole, whole, instant, dropped])
    .transform(([word, leaseUntil, fence, heartbeatMs, used, limit, now, dropped]) => ({
      ...{ word, leaseUntil, fence, heartbeatMs, usage: { used, limit }, now, dropped },
    })),
  ENDED: z
    .tuple([z.literal('ENDED'), reason, whole, instant, dropped])
    .transform(([word, reason, epoch, now, dropped]) => ({ word, reason, epoch, now, dropped })),
  NO_POOL: noPool,
};

/** A session's state in two members: where it stands and until when, or why it ended; or neither. */
const state = {
  held: [heldStatus, instant] as const,
  ended: [z.literal('ended'), reason] as const,
  none: [z.null(), z.null()] as const,
};
const afterState = [instant.nullable(), whole, whole, whole, instant, dropped] as const;
const lapsed = z.literal('LAPSED');

export const lapseReplies = {
  LAPSED: z.union([
    z.tuple([lapsed, ...state.held, ...afterState]).transform(([word, status, until, ...rest]) => ({
      ...{ word, state: { status, until }, ...lapseFacts(rest) },
    })),
    z.tuple([lapsed, ...state.ended, ...afterState]).transform(([word, status, why, ...rest]) => ({
      ...{ word, state: { status, reason: why }, ...lapseFacts(rest) },
    })),
    z.tuple([lapsed, ...state.none, ...afterState]).transform(([word, , , ...rest]) => ({
      ...{ word, state: null, ...lapseFacts(rest) },
    })),
  ]),
  NO_POOL: noPool,
};

function lapseFacts(rest: [number | null, number, number, number, number, DroppedSession[]]) {
  const [nextChange, used, limit, epoch, now, dropped] = rest;
  return { nextChange, usage: { used, limit }, epoch, now, dropped };
}

export const configureReplies = {
  CONFIGURED: z
    .tuple([z.literal('CONFIGURED'), dropped])
    .transform(([word, dropped]) => ({ word, dropped })),
  STALE: z.tuple([z.literal('STALE'), dropped]).transform(([word, dropped]) => ({ word, dropped })),
  NO_POOL: noPool,
};

export const restoreReplies = {
  RESTORED: z
    .tuple([z.literal('RESTORED'), instant])
    .transform(([word, until]) => ({ word, until })),
  STALE_EPOCH: z.tuple([z.literal('STALE_EPOCH')]).transform(([word]) => ({ word })),
};

export const countReplies = {
  COUNTED: z
    .tuple([z.literal('COUNTED'), whole, whole])
    .transform(([word, used, queued]) => ({ word, used, queued })),
  NO_POOL: noPool,
};

const seatEntry = z
  .tuple([text, text, instant, flag])
  .transform(([sessionId, instanceKey, until, offer]) => ({
    sessionId,
    instanceKey,
    until,
    offer,
  }));
const waiterEntry = z
  .tuple([text, text])
  .transform(([sessionId, instanceKey]) => ({ sessionId, instanceKey }));

export const readReplies = {
  POOL: z
    .tuple([
      z.literal('POOL'),
      z
        .array(z.union([text, whole]))
        .transform((flat) => inRows(flat, 4))
        .pipe(z.array(seatEntry)),
      z
        .array(text)
        .transform((flat) => inRows(flat, 2))
        .pipe(z.array(waiterEntry)),
      whole.nullable(),
      whole,
    ])
    .transform(([word, seats, waiters, nextPage, rights]) => ({
      ...{ word, seats, waiters, nextPage, rights },
    })),
  NO_POOL: noPool,
};

/** The readers of one script's replies by their words. */
export type ReplyReaders = Record<string, z.ZodType>;
/** Any of the replies that the readers of a script can make. */
export type ReplyOf<Table extends ReplyReaders> = z.output<Table[keyof Table]>;

/**
 * Makes what reads a script's raw replies by their words. The readers are compiled, once: each heartbeat
 * comes through here.
 *
 * @returns a function that throws when the script answers what this version of the server does not know.
 */
export function replyParser<Table extends ReplyReaders>(
  readers: Table,
): (raw: unknown) => ReplyOf<Table> {
  const compiled = new Map(
    Object.entries(readers).map(([word, reader]) => [word, z.compile(reader)]),
  );
  return (raw) => {
    const word: unknown = Array.isArray(raw) ? raw[0] : undefined;
    if (typeof word !== 'string') throw new Error('A seat script answered no word');
    const reader = compiled.get(word);
    if (reader === undefined) {
      throw new Error(`A seat script answered ${word}, which is unknown here`);
    }
    return reader.parse(raw) as ReplyOf<Table>;
  };
}
