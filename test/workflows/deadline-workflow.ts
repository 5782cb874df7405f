/** A workflow that does nothing but wait, to watch a deadline at work. */
import { defineSignal, setHandler } from '@temporalio/workflow';
import { Deadline } from '../../workflows/deadline.ts';

export interface WaitInput {
  /** Relative to the start, on the tenant's clock. */
  inMs: number;
  clockOffsetMs?: number;
}

export interface WaitResult {
  isReached: boolean;
  /** After the start, in the world's time. */
  afterMs: number;
  /** What each timer was set for, relative to the start, on the tenant's clock. */
  armedForMs: number[];
}

export const move = defineSignal<[{ inMs: number }]>('move');
export const interrupt = defineSignal('interrupt');

export async function waitForDeadline(input: WaitInput): Promise<WaitResult> {
  const startedAt = Date.now();
  const clockOffsetMs = input.clockOffsetMs ?? 0;
  const zero = startedAt + clockOffsetMs;
  const deadline = new Deadline(zero + input.inMs, {
    clockOffsetMs,
    describe: (at) => `until ${String(at)}`,
  });
  const armedForMs: number[] = [];
  let isInterrupted = false;
  setHandler(move, ({ inMs }) => {
    deadline.move(zero + inMs);
  });
  setHandler(interrupt, () => {
    isInterrupted = true;
  });
  const isReached = await deadline.reached(
    () => isInterrupted,
    (at) => armedForMs.push(at - zero),
  );
  return { isReached, afterMs: Date.now() - startedAt, armedForMs };
}
