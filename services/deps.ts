import type { Database } from '../data/database.ts';
import type { SeatScripts } from '../lua/scripts.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';

/** What use cases work with, put together once per process. */
export interface Deps {
  /** Postgres as the app role: rows only inside `withTenant`. */
  db: Database;
  /** Postgres as the system role: relay, sweeps, operator work. */
  systemDb: Database;
  seats: SeatScripts;
  log: Logger;
  metrics: Metrics;
  /**
   * Called at each named point between two effects. Does nothing in production; crash tests throw
   * here to see that every half-done step heals.
   */
  reached: (point: StepPoint) => void;
}

/** The points between the effects of a step, where a process may die. */
export type StepPoint =
  | 'acquire:granted-in-redis'
  | 'acquire:recorded'
  | 'acquire:acknowledged'
  | 'release:left-in-redis'
  | 'release:ended-in-ledger'
  | 'settle:ended-in-ledger'
  | 'restore:epoch-raised'
  | 'restore:first-chunk'
  | 'force-release:ended-in-ledger'
  | 'license:applied'
  | 'idempotency:answer-kept';
