import { setTimeout as delay } from 'node:timers/promises';
import {
  claimMessages,
  markDead,
  markSent,
  measureOutbox,
  postponeMessages,
  pruneSent,
  type ClaimedMessage,
} from '../data/outbox.ts';
import type { Logger } from '../platform/logger.ts';
import { continueTrace } from '../platform/tracing.ts';
import type { Deps } from '../services/deps.ts';
import { deliverMessage, type Delivery, type DeliveryRoute } from './deliver-message.ts';

/** What the relay works with; `db` is the system role. */
export interface RelayDeps extends DeliveryRoute, Pick<Deps, 'log' | 'metrics' | 'reached'> {}

/** Batches at a time: while one is being settled the other is on its way. */
const lanes = 2;
/** Messages that one lane sends at the same time, each to another workflow. */
const batchSize = 32;
/** Above a delivery's deadline, so that nobody sends what is still being sent. */
const claimMs = 15_000;
/** How often settling is tried while the claims last: what was sent must not wait for them to run out. */
const settleTriesMax = 6;
const pollMs = 150;
const idlePollMaxMs = 500;
/** The pause after a batch of which nothing could be delivered grows up to this. */
const outagePauseMaxMs = 5_000;
const postponeMinMs = 250;
const postponeMaxMs = 10_000;

const measureEveryMs = 5_000;
const pruneEveryMs = 60_000;
const keepSentMs = 24 * 3_600_000;
const pruneBatch = 1_000;

/**
 * Carries the outbox to Temporal: claims, commits, sends, marks. No lock is held while it sends. A
 * message is sent again whenever it is not known to have arrived, so receivers get it at least once.
 * Any number of relays may run.
 *
 * Temporal or Postgres being away never costs a message: it is tried again, ever more slowly, without
 * limit. What can never be delivered is set aside as dead, which alarms.
 *
 * @returns after `stopping` was aborted and what was claimed is settled: a delivery's deadline at most.
 */
export async function runOutboxRelay(deps: RelayDeps, stopping: AbortSignal): Promise<void> {
  const steps = [
    ...Array.from({ length: lanes }, () => lane(deps)),
    () => measure(deps),
    () => prune(deps),
  ];
  await Promise.all(steps.map((step) => repeat(deps.log, stopping, step)));
}

/** Runs a step, waits as long as it says, and so on. A step that fails is tried again. */
async function repeat(
  log: Logger,
  stopping: AbortSignal,
  step: () => Promise<number>,
): Promise<void> {
  for (let failures = 0; !stopping.aborted;) {
    let pauseMs: number;
    try {
      pauseMs = await step();
      failures = 0;
    } catch (error) {
      failures += 1;
      pauseMs = growing(pollMs, failures, outagePauseMaxMs);
      log.warn({ err: error, failures }, 'Outbox is not answering');
    }
    await delay(pauseMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}

/** One batch after another; the answer is the pause before the next. */
function lane(deps: RelayDeps): () => Promise<number> {
  let empty = 0;
  let undelivered = 0;
  return async () => {
    const claimed = await claimMessages(deps.db, { limit: batchSize, claimMs });
    if (claimed.length === 0) {
      empty += 1;
      return growing(pollMs, empty, idlePollMaxMs);
    }
    empty = 0;
    deps.reached('relay:claimed');
    const isThrough = await relayBatch(deps, claimed);
    undelivered = isThrough ? 0 : undelivered + 1;
    if (!isThrough) return growing(postponeMinMs, undelivered, outagePauseMaxMs);
    return claimed.length === batchSize ? 0 : pollMs;
  };
}

/** @returns whether Temporal took, or refused for good, any message of the batch. */
async function relayBatch(deps: RelayDeps, claimed: readonly ClaimedMessage[]): Promise<boolean> {
  const tries = await Promise.all(
    claimed.map(async (message) => {
      const { traceparent } = message.start;
      const delivery = await continueTrace({ name: 'outboxRelay', traceparent }, () =>
        deliverMessage(deps, message),
      );
      return { message, delivery };
    }),
  );
  deps.reached('relay:sent');
  await settlePatiently(deps, tries);
  return tries.some(({ delivery }) => delivery.outcome !== 'later');
}

interface Try {
  message: ClaimedMessage;
  delivery: Delivery;
}

/** A connection to Postgres that broke meanwhile is soon replaced; each part of settling may be repeated. */
async function settlePatiently(deps: RelayDeps, tries: readonly Try[]): Promise<void> {
  for (let failures = 1; ; failures += 1) {
    try {
      await settle(deps, tries);
      return;
    } catch (error) {
      if (failures === settleTriesMax) throw error;
      deps.log.warn({ err: error, failures }, 'Outbox is not answering');
      await delay(growing(pollMs, failures, outagePauseMaxMs));
    }
  }
}

async function settle(deps: RelayDeps, tries: readonly Try[]): Promise<void> {
  const { db, log, metrics } = deps;
  const sent = tries.filter(({ delivery }) => delivery.outcome === 'sent');
  await markSent(
    db,
    sent.map(({ message }) => message.id),
  );
  deps.reached('relay:marked');

  const later = tries.flatMap(({ message, delivery }) =>
    delivery.outcome === 'later' ? [postponement(message, delivery.error)] : [],
  );
  await postponeMessages(db, later);
  metrics.outboxSent.inc(sent.length);
  const [first] = later;
  if (first !== undefined) log.warn({ ...first, postponed: later.length }, 'Messages are waiting');

  for (const { message, delivery } of tries) {
    if (delivery.outcome !== 'dead') continue;
    const { id, eventId, tenantId, workflowId, signal } = message;
    await markDead(db, id, delivery.error);
    metrics.outboxDead.inc();
    log.error(
      { outboxId: id, eventId, tenantId, workflowId, signal, reason: delivery.error },
      'Message can never be delivered',
    );
  }
}

function postponement({ id, attempts }: ClaimedMessage, error: string) {
  return { id, delayMs: growing(postponeMinMs, attempts + 1, postponeMaxMs), error };
}

/** Doubles with each time, up to the maximum. */
function growing(baseMs: number, times: number, maxMs: number): number {
  return Math.min(baseMs * 2 ** Math.min(times - 1, 20), maxMs);
}

async function measure({ db, metrics }: RelayDeps): Promise<number> {
  const { unsent, oldestSeconds } = await measureOutbox(db);
  metrics.outboxUnsent.set(unsent);
  metrics.outboxOldestSeconds.set(oldestSeconds);
  return measureEveryMs;
}

async function prune({ db }: RelayDeps): Promise<number> {
  const pruned = await pruneSent(db, { keepMs: keepSentMs, limit: pruneBatch });
  return pruned < pruneBatch ? pruneEveryMs : 0;
}
