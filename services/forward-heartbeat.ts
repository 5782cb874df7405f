import type { HeartbeatSignal } from '../workflows/contract.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';

/** Sends one signal to a workflow; rejects when it cannot be delivered. */
export type SendSignal = (workflowId: string, payload: HeartbeatSignal) => Promise<void>;

export interface HeartbeatForwarder {
  /** Takes the signal and returns at once; a full queue drops it. */
  forward(workflowId: string, payload: HeartbeatSignal): void;
  /** Waits for what is under way, drops what is queued. */
  close(): Promise<void>;
}

/** Signals waiting beside those under way; about two seconds' worth on a small machine. */
const queuedMax = 1_000;
const underWayMax = 16;

/**
 * Forwards heartbeats to the sessions' workflows without anybody waiting. Lossy by design: a lost
 * signal costs its workflow one extra look at Redis, whereas a heartbeat that waits for Temporal would
 * make an outage of Temporal one of the customer's.
 */
export function createHeartbeatForwarder(
  send: SendSignal,
  options: { metrics: Metrics; log: Logger },
): HeartbeatForwarder {
  const queue: { workflowId: string; payload: HeartbeatSignal; since: number }[] = [];
  const underWay = new Set<Promise<void>>();

  function pump(): void {
    while (underWay.size < underWayMax) {
      const next = queue.shift();
      if (next === undefined) return;
      const delivery = deliver(next).finally(() => {
        underWay.delete(delivery);
        pump();
      });
      underWay.add(delivery);
    }
  }

  async function deliver({ workflowId, payload, since }: (typeof queue)[number]): Promise<void> {
    try {
      await send(workflowId, payload);
      options.metrics.heartbeatSignals.inc({ outcome: 'sent' });
      options.metrics.heartbeatSignalSeconds.observe((performance.now() - since) / 1_000);
    } catch (error) {
      options.metrics.heartbeatSignals.inc({ outcome: 'failed' });
      options.log.debug({ err: error, workflowId }, 'Heartbeat signal not delivered');
    }
  }

  return {
    forward(workflowId, payload) {
      if (queue.length >= queuedMax) {
        options.metrics.heartbeatSignals.inc({ outcome: 'dropped' });
        return;
      }
      queue.push({ workflowId, payload, since: performance.now() });
      pump();
    },
    async close() {
      queue.length = 0;
      await Promise.allSettled(underWay);
    },
  };
}
