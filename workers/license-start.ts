import type { WorkflowOptions } from '@temporalio/client';
import type { LicenseMessage, LicenseTermInput } from '../workflows/contract.ts';
import { searchKeys } from './session-start.ts';

/**
 * How a license's workflow is started: whenever something of the license is to be done and none runs; found
 * by tenant, license, product and status, with a fair share of the workers for each tenant, and without any
 * timeout. Behind what a session needs.
 */
export function licenseStartOptions(
  { workflowId, start }: Pick<LicenseMessage, 'workflowId' | 'start'>,
  taskQueue: string,
) {
  const { traceparent: _ofMessage, ...input } = start;
  return {
    workflowId,
    taskQueue,
    args: [input] as [LicenseTermInput],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    typedSearchAttributes: [
      { key: searchKeys.TenantId, value: input.tenantId },
      { key: searchKeys.LicenseId, value: input.licenseId },
      { key: searchKeys.ProductId, value: input.productId },
      { key: searchKeys.Status, value: input.status },
    ],
    staticSummary: `License files of ${input.licenseId}`,
    priority: { priorityKey: 3, fairnessKey: input.tenantId },
  } satisfies WorkflowOptions & { args: [LicenseTermInput] };
}
