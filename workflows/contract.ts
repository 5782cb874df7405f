/**
 * What the rest of the server and the workflows say to each other: ids, inputs, signals, queries and
 * the shape of the outbox rows that carry them. Nothing here may import anything that is not
 * deterministic.
 */
import type { Counts } from '../domain/counts.ts';
import type { EndReason } from '../domain/errors.ts';
import type { LicenseStatus } from '../domain/license.ts';
import type { SessionStatus } from '../domain/seat.ts';

/** The id of a session's workflow: one session, one life, one id. */
export function sessionWorkflowId(tenantId: string, sessionId: string): string {
  return `session/${tenantId}/${sessionId}`;
}

/** Input of `licenseSession`. Instants are unix milliseconds. */
export interface LicenseSessionInput {
  tenantId: string;
  licenseId: string;
  productId: string;
  sessionId: string;
  instanceKey: string;
  /** What is known when the workflow is asked for; the first step reads the truth from the ledger. */
  status: 'queued' | 'active';
  /** When that state ends unless something renews it. */
  until: number;
  /** The session was found without its workflow: a run of this id that has closed is followed by another. */
  restart?: true;
  /** Present after continue-as-new: where the former run stood. */
  carried?: SessionProgress;
}

/** What a session's workflow knows; the `state` query answers it. */
export interface SessionProgress {
  status: SessionStatus;
  until: number;
  endReason: EndReason | null;
  /** Newest heartbeat that was forwarded, or null. */
  lastSeenAt: number | null;
  /** Signals taken so far, over all runs. */
  signals: number;
}

/** What names a session in both stores. */
export interface SessionRef {
  tenantId: string;
  licenseId: string;
  sessionId: string;
  instanceKey: string;
}

/** Where a session stands that is still there, and when that ends unless something renews it. */
export interface OpenState {
  status: Exclude<SessionStatus, 'ended'>;
  /** Unix milliseconds: the lease, the offer, or the nearer of a waiter's liveness and queue limit. */
  until: number;
}

/** How a session's workflow closed. `endReason` is null when no such session was ever recorded. */
export interface LicenseSessionResult {
  endReason: EndReason | null;
}

/** Newest heartbeat of a session, both in unix milliseconds of Redis. */
export interface HeartbeatSignal {
  seenAt: number;
  leaseUntil: number;
}
export interface GrantedSignal {
  eventId: string;
  leaseUntil: number;
}
/** The session's row has ended; the seat must be confirmed free. */
export interface ReleasedSignal {
  eventId: string;
  reason: EndReason;
}

/** Signal names. `revoked` is `released` by somebody else's will: operator, suspension, revocation. */
export const sessionSignals = {
  heartbeat: 'heartbeat',
  granted: 'granted',
  released: 'released',
  revoked: 'revoked',
} as const;

export const stateQuery = 'state';

/**
 * Search attributes, registered by the operator of the namespace as Keyword. `Status` is a word of
 * Temporal's query language, too: put it in backquotes there.
 */
export const searchAttributes = [
  'TenantId',
  'LicenseId',
  'ProductId',
  'Status',
  'EndReason',
] as const;

/**
 * Shown with a session's workflow in lists: until when its lease runs, or until when it waits at
 * most if nothing renews it. ISO 8601; one of the two is absent. A running lease may run longer than
 * shown: heartbeats move it, and it is shown anew once a lease.
 */
export interface SessionMemo {
  leaseUntil?: string | undefined;
  waitsUntil?: string | undefined;
}

/** Where a session stands, as its workflow's memo tells it. */
export function sessionMemo(state: { status: SessionStatus; until: number }): SessionMemo {
  const until = new Date(state.until).toISOString();
  if (state.status === 'active') return { leaseUntil: until };
  return state.status === 'ended' ? {} : { waitsUntil: until };
}

/** The id of the workflow that compares the ledger with Redis, and of the Schedule that starts it. */
export const reconcilePoolsId = 'reconcile-pools';

/** The id of the workflow that makes the next delegate, and of the Schedule that starts it. */
export const renewDelegateId = 'renew-delegate';

/** Input of `reconcilePools`: how far a sweep has come. */
export interface ReconcilePoolsInput {
  /** Where to go on; null: with the first pool, or, as an answer, the sweep is complete. */
  cursor: string | null;
  /** What earlier runs of the same sweep found, by kind. */
  found: Counts;
  /** And put right. */
  repaired: Counts;
  /** What the pools so far hold. */
  totals: Counts;
}

/** The id of a license's workflow. It may live again: a run ends when nothing of the license is pending. */
export function licenseWorkflowId(tenantId: string, licenseId: string): string {
  return `license/${tenantId}/${licenseId}`;
}

/** What names a license. */
export interface LicenseRef {
  tenantId: string;
  licenseId: string;
}

/** Input of `licenseTerm`. */
export interface LicenseTermInput extends LicenseRef {
  productId: string;
  /** What is known when the workflow is asked for; the first step reads the truth. */
  status: LicenseStatus;
  /** Present after continue-as-new: where the former run stood. */
  carried?: LicenseTermProgress;
}

/** What a license's workflow knows; the `state` query answers it. */
export interface LicenseTermProgress {
  status: LicenseStatus;
  /** Check-outs that are not over: each is a file that is believed somewhere, or is to be signed. */
  open: number;
  /** Those that wait for their signature. */
  pending: readonly string[];
  /** When the next one ends or must be renewed, in unix milliseconds; null: none is open. */
  nextAt: number | null;
  /** Signals taken so far, over all runs. */
  signals: number;
}

/** What `loadFacts` says: where a license stands after its check-outs were brought in line with that. */
export type LicenseTermFacts = Omit<LicenseTermProgress, 'signals'>;

/** How a license's workflow closed. */
export interface LicenseTermResult {
  status: LicenseStatus;
}

/** The license was issued or changed: status, terms or end. */
export interface FactsChangedSignal {
  eventId: string;
}
/** A file is to be signed, or a device gave one up. */
export interface CheckOutRequestedSignal {
  eventId: string;
  checkOutId: string;
}

/** Signal names of `licenseTerm`. */
export const licenseSignals = {
  factsChanged: 'factsChanged',
  checkOutRequested: 'checkOutRequested',
} as const;

/** What a license's workflow is told. */
export type LicenseMessage = {
  tenantId: string;
  workflowType: 'licenseTerm';
  workflowId: string;
  /** With it the trace of the request that wrote the message, which the workflow's input leaves out. */
  start: LicenseTermInput & { traceparent?: string };
} & (
  | { signal: 'factsChanged'; payload: FactsChangedSignal }
  | { signal: 'checkOutRequested'; payload: CheckOutRequestedSignal }
);
/** Workflows of which there is one in a deployment; the id of each is its Schedule's, too. */
export const trustWorkflowIds = {
  publishRevocations: 'publish-revocations',
  rotateRoot: 'rotate-root',
} as const;

/** What is to be done anew, because something was revoked. */
export interface ChangedSignal {
  eventId: string;
}
/** Name of that signal. */
export const changedSignal = 'changed';

/** Has keys or what they signed looked at anew. */
export interface TrustMessage {
  /** The keys are every tenant's. */
  tenantId: null;
  workflowType: keyof typeof trustWorkflowIds;
  workflowId: string;
  start: { traceparent?: string };
  signal: typeof changedSignal;
  payload: ChangedSignal;
}

/** One message to a workflow, as the outbox stores it: start it if need be, then signal it. */
export type WorkflowMessage = SessionMessage | LicenseMessage | TrustMessage;

/** What a session's workflow is told. */
export type SessionMessage = {
  tenantId: string;
  workflowType: 'licenseSession';
  workflowId: string;
  /** With it the trace of the request that wrote the message, which the workflow's input leaves out. */
  start: LicenseSessionInput & { traceparent?: string };
} & (
  | { signal: null; payload: null }
  | { signal: 'granted'; payload: GrantedSignal }
  | { signal: 'released' | 'revoked'; payload: ReleasedSignal }
);
