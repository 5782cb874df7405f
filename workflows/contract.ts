/**
 * What the rest of the server and the workflows say to each other: ids, inputs, signals, queries and
 * the shape of the outbox rows that carry them. Nothing here may import anything that is not
 * deterministic.
 */
import type { EndReason } from '../domain/errors.ts';
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
  /** The tenant's clock minus the world's; see `deadline.ts`. */
  clockOffsetMs: number;
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

/** Search attributes, registered by the operator of the namespace as Keyword. */
export const searchAttributes = ['TenantId', 'LicenseId', 'ProductId', 'Status', 'EndReason'] as const;

/** One message to a workflow, as the outbox stores it: start it if need be, then signal it. */
export type WorkflowMessage = {
  tenantId: string;
  workflowType: 'licenseSession';
  workflowId: string;
  start: LicenseSessionInput;
} & (
  | { signal: null; payload: null }
  | { signal: 'granted'; payload: GrantedSignal }
  | { signal: 'released' | 'revoked'; payload: ReleasedSignal }
);
