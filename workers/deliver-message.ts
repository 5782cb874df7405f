import {
  WorkflowExecutionAlreadyStartedError,
  isGrpcServiceError,
  type Client,
} from '@temporalio/client';
import { hasSessionEnded, type ClaimedMessage } from '../data/outbox.ts';
import type { Database } from '../data/database.ts';
import type { SessionMessage } from '../workflows/contract.ts';
import { licenseStartOptions } from './license-start.ts';
import { sessionStartOptions } from './session-start.ts';
import { trustStartOptions } from './trust-start.ts';

/** What became of one try to deliver a message. */
export type Delivery =
  | { outcome: 'sent' }
  /** Nothing says that it cannot succeed later. */
  | { outcome: 'later'; error: string }
  /** It can never succeed. */
  | { outcome: 'dead'; error: string };

export interface DeliveryRoute {
  client: Client;
  /** As the system role. */
  db: Database;
  taskQueue: string;
}

/** Longer than a slow server takes, much shorter than a claim. */
const deliveryMs = 5_000;

/** Starts the message's workflow if need be and signals it. Never throws. */
export async function deliverMessage(
  route: DeliveryRoute,
  message: ClaimedMessage,
): Promise<Delivery> {
  try {
    return await withinDeadline(route, () => send(route, message));
  } catch (error) {
    const text = describe(error);
    return isPermanent(error)
      ? { outcome: 'dead', error: text }
      : { outcome: 'later', error: text };
  }
}

function withinDeadline<T>({ client }: DeliveryRoute, work: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + deliveryMs, work);
}

async function send(route: DeliveryRoute, message: ClaimedMessage): Promise<Delivery> {
  const { client, taskQueue } = route;
  if (message.workflowType === 'licenseTerm') {
    await client.workflow.signalWithStart(message.workflowType, {
      ...licenseStartOptions(message, taskQueue),
      signal: message.signal,
      signalArgs: [message.payload],
    });
    return { outcome: 'sent' };
  }
  if (message.workflowType !== 'licenseSession') {
    await client.workflow.signalWithStart(message.workflowType, {
      ...trustStartOptions(message.workflowType, taskQueue),
      signal: message.signal,
      signalArgs: [message.payload],
    });
    return { outcome: 'sent' };
  }
  const options = sessionStartOptions(message, taskQueue);
  try {
    if (message.signal === null) {
      await client.workflow.start(message.workflowType, options);
    } else {
      const { signal, payload } = message;
      await client.workflow.signalWithStart(message.workflowType, {
        ...options,
        signal,
        signalArgs: [payload],
      });
    }
    return { outcome: 'sent' };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return meetClosedRun(route, message);
  }
}

/**
 * The workflow's one run has closed. If it completed, it did all that the message could ask for; if the
 * row has ended, nothing is left that needs a workflow. Otherwise somebody terminated it, or it failed,
 * and its session goes on without one until the sweep starts another: somebody should know why.
 */
async function meetClosedRun(route: DeliveryRoute, message: SessionMessage): Promise<Delivery> {
  const { status } = await route.client.workflow.getHandle(message.workflowId).describe();
  if (status.name === 'COMPLETED') return { outcome: 'sent' };
  if (status.name === 'RUNNING') return { outcome: 'later', error: 'The run was just continued.' };
  if (await hasSessionEnded(route.db, message.start)) return { outcome: 'sent' };
  return { outcome: 'dead', error: `The workflow closed as ${status.name}; its session is open.` };
}

const invalidArgument = 3;
const resourceExhausted = 8;

/**
 * Only what the server says about this very message is permanent. A search attribute that the
 * namespace lacks is refused with the same code, but the operator adds it and all is well.
 */
function isPermanent(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (!isGrpcServiceError(cause)) return false;
  const { details } = cause;
  const code: number = cause.code;
  if (code === invalidArgument) return !/search attribute/i.test(details);
  return code === resourceExhausted && /larger than max/i.test(details);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`.slice(0, 1_000);
}
