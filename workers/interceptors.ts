import type { Info } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { ActivityInterceptors, WorkerInterceptors } from '@temporalio/worker';
import { LicensingError, errorTable } from '../domain/errors.ts';
import { KmsFault } from '../platform/kms-faults.ts';

/** What every activity of a worker goes through. */
export const workerInterceptors = {
  activity: [({ info }: { info: Info }) => activityInterceptors(info)],
} satisfies WorkerInterceptors;

const final = { nonRetryable: true };

function activityInterceptors(info: Info): ActivityInterceptors {
  let ids: Record<string, unknown> = {};
  return {
    inbound: {
      execute: async (input, next) => {
        ids = idsOf(input.args[0]);
        try {
          return await next(input);
        } catch (error) {
          if (error instanceof LicensingError) throw toApplicationFailure(error);
          if (error instanceof KmsFault) throw ApplicationFailure.fromError(error, final);
          throw error;
        }
      },
    },
    outbound: {
      getLogAttributes: (input, next) =>
        next({ ...input, ...ids, workflowId: info.workflowExecution?.workflowId }),
    },
  };
}

/**
 * Says in Temporal's words what the table of failures says: whether trying again can help, and whether
 * it is part of normal business and so neither alarms nor counts as a fault.
 */
export function toApplicationFailure(error: LicensingError): ApplicationFailure {
  const { retryable, expected } = errorTable[error.code];
  return ApplicationFailure.create({
    message: error.detail,
    type: error.code,
    nonRetryable: !retryable,
    ...(error.cause instanceof Error ? { cause: error.cause } : {}),
    ...(expected ? { category: ApplicationFailureCategory.BENIGN } : {}),
  });
}

function idsOf(input: unknown): Record<string, unknown> {
  if (typeof input !== 'object' || input === null) return {};
  const named = Object.entries(input).filter(([name]) => logged.has(name));
  return Object.fromEntries(named);
}

const logged = new Set(['tenantId', 'licenseId', 'sessionId']);
