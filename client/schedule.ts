/** When to beat. Pure: what is random is passed in, from 0 up to 1. */

const jitterOfBeats = 0.1;
const jitterOfRetries = 0.2;
const firstRetryMs = 1_000;
/** Between two tries within a lease: 10 to 15 s with its jitter. */
const retryMaxMs = 12_500;
/** Between two tries of a client that has long been cut off. */
const offlineRetryMaxMs = 3_600_000;

/** The pause before the next beat: ± 10 %, so that a fleet started together spreads out. */
export function beatDelayMs(heartbeatMs: number, random: number): number {
  return jittered(heartbeatMs, jitterOfBeats, random);
}

/**
 * The pause before trying again after a beat failed. Within the lease it doubles from one second up to
 * 10–15 s, or half a beat where that is shorter; after it, it grows with the time that the client has
 * been cut off, up to an hour.
 */
export function retryDelayMs(input: {
  /** Failures in a row, from 1 on. */
  failures: number;
  heartbeatMs: number;
  /** Negative once the lease is over. */
  leaseLeftMs: number;
  /** What the server asked for; honoured as far as it leaves another try within the lease. */
  retryAfterMs: number | null;
  random: number;
}): number {
  const { failures, heartbeatMs, leaseLeftMs, retryAfterMs, random } = input;
  if (leaseLeftMs <= 0) {
    const pauseMs = Math.min(Math.max(-leaseLeftMs / 4, retryMaxMs), offlineRetryMaxMs);
    return Math.max(jittered(pauseMs, jitterOfRetries, random), retryAfterMs ?? 0);
  }
  const doubledMs = firstRetryMs * 2 ** Math.min(failures - 1, 10);
  const pauseMs = Math.min(doubledMs, retryMaxMs, heartbeatMs / 2);
  const askedMs = Math.min(retryAfterMs ?? 0, leaseLeftMs / 2);
  return Math.max(jittered(pauseMs, jitterOfRetries, random), askedMs);
}

/** How long one beat may take, so that a server that hangs still leaves tries within the lease. */
export function beatTimeoutMs(leaseMs: number): number {
  return Math.min(10_000, Math.max(1_000, leaseMs / 4));
}

function jittered(ms: number, share: number, random: number): number {
  return Math.round(ms * (1 - share + 2 * share * random));
}
