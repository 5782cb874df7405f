import type { Database } from '../data/database.ts';
import type { SeatScripts } from '../lua/scripts.ts';
import type { Kms } from '../platform/kms.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { DelegateSource } from '../signing/delegate.ts';
import type { ListSource } from '../signing/lists.ts';
import type { SealingSecret } from '../signing/sealed-delegate.ts';
import type { TokenSigner } from '../signing/tokens/jws.ts';

/** What use cases work with, put together once per process. */
export interface Deps {
  /** Postgres as the app role: rows only inside `withTenant`. */
  db: Database;
  /** Postgres as the system role: relay, sweeps, operator work. */
  systemDb: Database;
  seats: SeatScripts;
  /** Signs leases and denials, where it is there. */
  delegate: DelegateSource;
  /** Keeps the root key: for activities and the first start, never for a request. Null: nothing is signed. */
  kms: Kms | null;
  signing: SigningSettings;
  /** The signed lists that clients get. */
  lists: ListSource;
  log: Logger;
  metrics: Metrics;
  /**
   * Called at each named point between two effects. Does nothing in production; crash tests throw
   * here to see that every half-done step heals.
   */
  reached: (point: StepPoint) => void;
}

/** What is in what this server signs, and how its private keys are stored. */
export interface SigningSettings {
  /** Who signs: the claim `iss` of every token, the address of the API. */
  issuer: string;
  /** The first seals, all open; empty where nothing is signed. */
  sealKeys: readonly SealingSecret[];
}

/** Where the root comes from that signs, and what it says of the server. */
export interface FileSigning {
  /** What its signer signs is recorded through `tx`. */
  root: (tx: Database) => Promise<{ signer: TokenSigner }>;
  /** The address of the API. */
  issuer: string;
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
  'heartbeat:rights-offered',
  'heartbeat:rights-recorded',
  'release:left-in-redis',
  'release:ended-in-ledger',
  'force-release:ended-in-ledger',
  'settle:dropped-in-redis',
  'settle:ended-in-ledger',
  'lapse:settled',
  'restore:epoch-raised',
  'restore:first-chunk',
  'license:applied',
  'check-out:recorded',
  'check-in:recorded',
  'file:signed',
  'file:kept',
  'sweep:rows-ended',
  'sweep:strangers-dropped',
  'idempotency:answer-kept',
  'delegate:certified',
  'revocations:signed',
  'root:version-created',
  'root:published',
  'root:list-signed',
  'root:activated',
  'root:delegate-certified',
  'relay:claimed',
  'relay:sent',
  'relay:marked',
] as const;
export type StepPoint = (typeof stepPoints)[number];
