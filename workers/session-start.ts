import type { WorkflowOptions } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import {
  sessionMemo,
  type LicenseSessionInput,
  type SessionMemo,
  type SessionMessage,
} from '../workflows/contract.ts';

/** By what the workflows of sessions and licenses are found. */
export const searchKeys = {
  TenantId: defineSearchAttributeKey('TenantId', 'KEYWORD'),
  LicenseId: defineSearchAttributeKey('LicenseId', 'KEYWORD'),
  ProductId: defineSearchAttributeKey('ProductId', 'KEYWORD'),
  Status: defineSearchAttributeKey('Status', 'KEYWORD'),
};

/** The part of an instance key that fits into a summary of 200 bytes whatever its letters are. */
const summaryKeyChars = 32;

/**
 * How a session's workflow is started: once in its life, unless the sweep found it lost; found by tenant, license, product and status,
 * with a fair share of the workers for each tenant, and without any timeout.
 */
export function sessionStartOptions(
  { workflowId, start }: Pick<SessionMessage, 'workflowId' | 'start'>,
  taskQueue: string,
) {
  const { traceparent: _ofMessage, ...input } = start;
  const instance = input.instanceKey.slice(0, summaryKeyChars);
  return {
    workflowId,
    taskQueue,
    args: [input] as [LicenseSessionInput],
    workflowIdReusePolicy: input.restart === true ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    typedSearchAttributes: [
      { key: searchKeys.TenantId, value: input.tenantId },
      { key: searchKeys.LicenseId, value: input.licenseId },
      { key: searchKeys.ProductId, value: input.productId },
      { key: searchKeys.Status, value: input.status },
    ],
    memo: { ...memoOf(input) },
    staticSummary: `Seat of ${input.licenseId} for ${instance}`,
    priority: { priorityKey: 2, fairnessKey: input.tenantId },
  } satisfies WorkflowOptions & { args: [LicenseSessionInput] };
}

/** A message about a session that has ended already knows no deadline. */
function memoOf(input: LicenseSessionInput): SessionMemo {
  return input.until > 0 ? sessionMemo(input) : {};
}
