import type { LicenseStatus } from '../domain/license.ts';
import { newId } from '../platform/ids.ts';
import { presentTraceparent } from '../platform/tracing.ts';
import { licenseWorkflowId, type LicenseMessage } from '../workflows/contract.ts';

interface MessageSubject {
  id: string;
  tenantId: string;
  productId: string;
  status: LicenseStatus;
}

/** Tells a license's workflow that the license was issued or changed. */
export function factsChangedMessage(license: MessageSubject): LicenseMessage & { eventId: string } {
  const eventId = newId('evt');
  return { ...address(license), eventId, signal: 'factsChanged', payload: { eventId } };
}

/** Tells a license's workflow of a check-out: its file is to be signed, or its device gave it up. */
export function checkOutMessage(
  license: MessageSubject,
  checkOutId: string,
): LicenseMessage & { eventId: string } {
  const eventId = newId('evt');
  const payload = { eventId, checkOutId };
  return { ...address(license), eventId, signal: 'checkOutRequested', payload };
}

function address({ id: licenseId, tenantId, productId, status }: MessageSubject) {
  const traceparent = presentTraceparent();
  const start = { tenantId, licenseId, productId, status };
  return {
    tenantId,
    workflowType: 'licenseTerm' as const,
    workflowId: licenseWorkflowId(tenantId, licenseId),
    start: { ...start, ...(traceparent === undefined ? {} : { traceparent }) },
  };
}
