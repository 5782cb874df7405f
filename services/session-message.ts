import type { EndReason } from '../domain/errors.ts';
import { newId } from '../platform/ids.ts';
import { presentTraceparent } from '../platform/tracing.ts';
import { sessionWorkflowId, type SessionMessage } from '../workflows/contract.ts';

/** What a message needs to know of a session to start its workflow if it does not run yet. */
interface MessageSubject {
  id: string;
  licenseId: string;
  productId: string;
  instanceKey: string;
}

type OutboxMessage = SessionMessage & { eventId: string };

/** Tells a session's workflow that its row has ended and that the seat must be confirmed free. */
export function endedMessage(
  tenantId: string,
  session: MessageSubject & { endReason: EndReason },
): OutboxMessage {
  const eventId = newId('evt');
  return {
    ...address(tenantId, session),
    eventId,
    start: startOf(tenantId, session, { status: 'active', until: 0 }),
    signal: endedByOthers.has(session.endReason) ? 'revoked' : 'released',
    payload: { eventId, reason: session.endReason },
  };
}

/** Starts the workflow of a session that waits, or tells it that the session holds a seat. */
export function tenureMessage(
  tenantId: string,
  session: MessageSubject,
  tenure: { status: 'queued' | 'active'; until: number },
): OutboxMessage {
  const eventId = newId('evt');
  const message = {
    ...address(tenantId, session),
    eventId,
    start: startOf(tenantId, session, tenure),
  };
  return tenure.status === 'active'
    ? { ...message, signal: 'granted', payload: { eventId, leaseUntil: tenure.until } }
    : { ...message, signal: null, payload: null };
}

/** Ends that somebody else willed: the signal is `revoked` instead of `released`. */
const endedByOthers: ReadonlySet<EndReason> = new Set([
  'forced',
  'license_suspended',
  'license_revoked',
]);

function address(tenantId: string, session: MessageSubject) {
  return {
    tenantId,
    workflowType: 'licenseSession' as const,
    workflowId: sessionWorkflowId(tenantId, session.id),
  };
}

function startOf(
  tenantId: string,
  session: MessageSubject,
  tenure: { status: 'queued' | 'active'; until: number },
) {
  const traceparent = presentTraceparent();
  return {
    tenantId,
    licenseId: session.licenseId,
    productId: session.productId,
    sessionId: session.id,
    instanceKey: session.instanceKey,
    ...tenure,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
