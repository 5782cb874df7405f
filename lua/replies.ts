/** What the scripts answer, as they answer it, and what it is called from there on. */
import { z } from 'zod';
import { endReasons, type EndReason } from '../domain/errors.ts';
import type { DroppedSession } from '../domain/seat.ts';

const text = z.string();
const number = z.coerce.number();
const flag = z.coerce.number().transform((value) => value === 1);
const reason = z.enum(endReasons);
const noneBelowZero = number.transform((value) => (value < 0 ? null : value));

/** `session, report, session, report …`, a report being `reason|at|instance`. */
const dropped = z.array(text).transform((flat): DroppedSession[] => {
  const sessions: DroppedSession[] = [];
  for (let index = 0; index < flat.length; index += 2) {
    const [sessionId = '', report = ''] = flat.slice(index, index + 2);
    const [why = '', at = '', ...instance] = report.split('|');
    sessions.push({
      sessionId,
      instanceKey: instance.join('|'),
      reason: why as EndReason,
      at: Number(at),
    });
  }
  return sessions;
});

const usageOf = (used: number, limit: number) => ({ usage: { used, limit } });
const noPool = z.tuple([z.literal('NO_POOL')]).transform(([word]) => ({ word }));

export const acquireReply = z.union([
  noPool,
  z
    .tuple([z.literal('BLOCKED'), z.enum(['suspended', 'revoked', 'expired']), number, dropped])
    .transform(([word, status, now, drops]) => ({ word, status, now, dropped: drops })),
  z
    .tuple([
      z.literal('NO_SEATS'),
      z.enum(['no_seats_available', 'queue_full', 'holders_exhausted']),
      number,
      number,
      number,
      number,
      dropped,
    ])
    .transform(([word, why, used, limit, queueLength, now, drops]) => ({
      word,
      reason: why,
      ...usageOf(used, limit),
      queueLength,
      now,
      dropped: drops,
    })),
  z
    .tuple([
      z.literal('GRANTED'),
      text,
      number,
      number,
      number,
      number,
      number,
      flag,
      number,
      number,
      number,
      dropped,
    ])
    .transform(
      ([
        word,
        sessionId,
        fenceEpoch,
        counter,
        leaseUntil,
        used,
        limit,
        fromOffer,
        epoch,
        heartbeatMs,
        now,
        drops,
      ]) => ({
        word,
        sessionId,
        fence: { epoch: fenceEpoch, counter },
        leaseUntil,
        ...usageOf(used, limit),
        fromOffer,
        epoch,
        heartbeatMs,
        now,
        dropped: drops,
      }),
    ),
  z
    .tuple([
      z.literal('ATTACHED'),
      text,
      number,
      number,
      number,
      number,
      number,
      flag,
      number,
      number,
      number,
      dropped,
    ])
    .transform(
      ([
        word,
        sessionId,
        fenceEpoch,
        counter,
        leaseUntil,
        used,
        limit,
        newHolder,
        epoch,
        heartbeatMs,
        now,
        drops,
      ]) => ({
        word,
        sessionId,
        fence: { epoch: fenceEpoch, counter },
        leaseUntil,
        ...usageOf(used, limit),
        newHolder,
        epoch,
        heartbeatMs,
        now,
        dropped: drops,
      }),
    ),
  z
    .tuple([
      z.literal('QUEUED'),
      text,
      number,
      number,
      number,
      number,
      number,
      number,
      noneBelowZero,
      flag,
      number,
      number,
      number,
      number,
      dropped,
    ])
    .transform(
      ([
        word,
        sessionId,
        ticketEpoch,
        n,
        position,
        length,
        livenessUntil,
        queueUntil,
        meanTenureMs,
        newWaiter,
        used,
        limit,
        epoch,
        now,
        drops,
      ]) => ({
        word,
        sessionId,
        ticket: { epoch: ticketEpoch, n },
        position,
        length,
        livenessUntil,
        queueUntil,
        meanTenureMs,
        newWaiter,
        ...usageOf(used, limit),
        epoch,
        now,
        dropped: drops,
      }),
    ),
]);

export const renewReply = z.union([
  noPool,
  z
    .tuple([z.literal('ENDED'), reason, number])
    .transform(([word, why, now]) => ({ word, reason: why, now })),
  z
    .tuple([z.literal('RENEWED'), number, flag, number, number, number, number, number, number])
    .transform(([word, leaseUntil, forward, used, limit, epoch, counter, heartbeatMs, now]) => ({
      word,
      leaseUntil,
      forward,
      ...usageOf(used, limit),
      fence: { epoch, counter },
      heartbeatMs,
      now,
    })),
  z
    .tuple([z.literal('QUEUED'), number, number])
    .transform(([word, livenessUntil, now]) => ({ word, livenessUntil, now })),
  z
    .tuple([z.literal('OFFERED'), number, number])
    .transform(([word, offerUntil, now]) => ({ word, offerUntil, now })),
]);

export const releaseReply = z.union([
  noPool,
  z
    .tuple([z.enum(['RELEASED', 'LAST']), dropped])
    .transform(([word, drops]) => ({ word, dropped: drops })),
  z
    .tuple([z.literal('HELD'), number, dropped])
    .transform(([word, holders, drops]) => ({ word, holders, dropped: drops })),
  z
    .tuple([z.literal('ENDED'), reason, dropped])
    .transform(([word, why, drops]) => ({ word, reason: why, dropped: drops })),
]);

export const pollReply = z.union([
  noPool,
  z
    .tuple([z.literal('ENDED'), reason, number, dropped])
    .transform(([word, why, now, drops]) => ({ word, reason: why, now, dropped: drops })),
  z
    .tuple([
      z.literal('QUEUED'),
      number,
      number,
      number,
      number,
      noneBelowZero,
      noneBelowZero,
      number,
      number,
      number,
      dropped,
    ])
    .transform(
      ([
        word,
        position,
        length,
        livenessUntil,
        queueUntil,
        meanTenureMs,
        nextChange,
        used,
        limit,
        now,
        drops,
      ]) => ({
        word,
        position,
        length,
        livenessUntil,
        queueUntil,
        meanTenureMs,
        nextChange,
        ...usageOf(used, limit),
        now,
        dropped: drops,
      }),
    ),
  z
    .tuple([z.literal('OFFERED'), number, noneBelowZero, number, number, number, dropped])
    .transform(([word, offerUntil, nextChange, used, limit, now, drops]) => ({
      word,
      offerUntil,
      nextChange,
      ...usageOf(used, limit),
      now,
      dropped: drops,
    })),
  z
    .tuple([z.literal('ACTIVE'), number, number, number, number, number, number, number, dropped])
    .transform(([word, leaseUntil, epoch, counter, used, limit, heartbeatMs, now, drops]) => ({
      word,
      leaseUntil,
      fence: { epoch, counter },
      ...usageOf(used, limit),
      heartbeatMs,
      now,
      dropped: drops,
    })),
]);

export const lapseReply = z.union([
  noPool,
  z
    .tuple([
      z.literal('LAPSED'),
      z.enum(['', 'queued', 'offered', 'active', 'ended']),
      number,
      z.union([reason, z.literal('')]),
      noneBelowZero,
      number,
      number,
      number,
      dropped,
    ])
    .transform(([word, status, until, why, nextChange, used, limit, now, drops]) => ({
      word,
      state: stateOf(status, until, why),
      nextChange,
      ...usageOf(used, limit),
      now,
      dropped: drops,
    })),
]);

function stateOf(
  status: '' | 'queued' | 'offered' | 'active' | 'ended',
  until: number,
  why: EndReason | '',
) {
  if (status === '') return null;
  if (status === 'ended') return { status, reason: why === '' ? ('lapsed' as const) : why };
  return { status, until };
}

export const configureReply = z.union([
  noPool,
  z
    .tuple([z.enum(['CONFIGURED', 'STALE']), dropped])
    .transform(([word, drops]) => ({ word, dropped: drops })),
]);

export const restoreReply = z
  .tuple([z.enum(['RESTORED', 'STALE_EPOCH'])])
  .transform(([word]) => ({ word }));
