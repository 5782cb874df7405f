import { setTimeout as delay } from 'node:timers/promises';

/** Resolves early when the fleet is told to stop. */
export async function pause(ms: number, stopping: AbortSignal): Promise<void> {
  await delay(Math.max(0, ms), undefined, { signal: stopping }).catch(() => undefined);
}
