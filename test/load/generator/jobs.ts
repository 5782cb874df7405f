/** What the generator is asked to do, as messages to its process, and what it answers. */
import type { PoolRef } from '../../../domain/seat.ts';
import type { Call } from './connection.ts';

/** A session that a load holds. */
export interface HeldSession {
  id: string;
  instanceKey: string;
  credential: string;
}

/** How much: lanes that each begin a step when their last one is over, until one bound is met. */
export interface Volume {
  lanes: number;
  durationMs: number;
  stepsMax: number;
}

/** Where sessions are acquired: the API, or a floor that takes the same requests. */
export interface SeatDoor {
  port: number;
  licenseKey: string;
}

export type Step =
  /** The same calls, in turn; each must answer 200. */
  | { kind: 'calls'; port: number; calls: Call[] }
  /** A new instance takes a seat; `release` gives it back in the same step. */
  | { kind: 'acquire'; door: SeatDoor; release: boolean }
  /** Heartbeats of the sessions, in turn, or new seats, straight to the scripts in Redis. */
  | { kind: 'renew-script'; redisUrl: string; pool: PoolRef; sessions: HeldSession[] }
  | { kind: 'acquire-script'; redisUrl: string; pool: PoolRef; config: string; release: boolean };

export type Job =
  | { kind: 'loop'; step: Step; volume: Volume; keep: boolean }
  /** Acquires at a fixed rate, whether or not the answers come: latency counts from when one was due. */
  | { kind: 'burst'; door: SeatDoor; perSecond: number; durationMs: number; connections: number }
  /** Beats each session once in `everyMs`, spread evenly, until `durationMs` is over. */
  | {
      kind: 'hold';
      port: number;
      sessions: HeldSession[];
      everyMs: number;
      durationMs: number;
      connections: number;
    };

export interface JobResult {
  steps: number;
  seconds: number;
  /** Latency of one step. */
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  /** What else was answered, and how often; the first of each kind with its text. */
  faults: Record<string, number>;
  /** The sessions that were acquired, when the job keeps them. */
  sessions: HeldSession[];
}
