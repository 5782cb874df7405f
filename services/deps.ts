import type { Database } from '../data/database.ts';
import type { SeatScripts } from '../lua/scripts.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { DelegateSource } from '../signing/delegate.ts';

/** What use cases work with, put together once per process. */
export interface Deps {
  /** Postgres as the app role: rows only inside `withTenant`. */
  db: Database;
  /** Postgres as the system role: relay, sweeps, operator work. */
  systemDb: Database;
  seats: SeatScripts;
  /** Signs leases and denials, where it is there. */
  delegate: DelegateSource;
  log: Logger;
  metrics: Metrics;
  /**
   * Called at each named point between two effects. Does nothing in production; crash tests throw
   * here to see that every half-done step heals.
   */
  reached: (point: StepPoint) => void;
}

/** The points between the effects of a step, where a process may die. */
export const stepPoints = [
  'acquire:granted-in-redis',
  'acquire:recorded',
  'acquire:acknowledged',
  'acquire:not-recorded',
  'undo:left-in-redis',
  'acquire:undone',
  'heartbeat:renewed',
  'release:left-in-redis',
  'release:ended-in-ledger',
  'force-release:ended-in-ledger',
  'settle:dropped-in-redis',
  'settle:ended-in-ledger',
  'lapse:settled',
  'restore:epoch-raised',
  'restore:first-chunk',
  'license:applied',
  'sweep:rows-ended',
  'sweep:strangers-dropped',
  'idempotency:answer-kept',
  'relay:claimed',
  'relay:sent',
  'relay:marked',
] as const;
export type StepPoint = (typeof stepPoints)[number];
