import type { LicenseEvent } from '../domain/events.ts';
import { inBatches } from './batches.ts';
import type { TenantTransaction } from './database.ts';

export interface NewLicenseEvent {
  id: string;
  tenantId: string;
  licenseId: string;
  sessionId: string | null;
  event: LicenseEvent;
  detail: Record<string, unknown>;
}

/** Appends to the history of licenses; rows are never changed. */
export async function insertLicenseEvents(
  tx: TenantTransaction,
  events: readonly NewLicenseEvent[],
): Promise<void> {
  for (const batch of inBatches(events)) {
    await tx
      .insertInto('licenseEvents')
      .values(batch.map((event) => ({ ...event, detail: JSON.stringify(event.detail) })))
      .execute();
  }
}

export interface HistoryItem {
  at: Date;
  event: string;
  detail: unknown;
}

/** What happened to one session, oldest first. A session has few events; 1,000 bounds a fault. */
export async function listSessionEvents(
  tx: TenantTransaction,
  session: { tenantId: string; sessionId: string },
): Promise<HistoryItem[]> {
  return tx
    .selectFrom('licenseEvents')
    .select(['at', 'event', 'detail'])
    .where('tenantId', '=', session.tenantId)
    .where('sessionId', '=', session.sessionId)
    .orderBy('at')
    .orderBy('id')
    .limit(1_000)
    .execute();
}
