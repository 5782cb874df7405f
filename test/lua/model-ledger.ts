/** The ledger as the scripts' callers keep it, by the rules of Postgres, and what must hold for it. */
import { expect } from 'vitest';
import type { EndReason } from '../../domain/errors.ts';
import type { DroppedSession, Fence } from '../../domain/seat.ts';
import type { AcquireReply } from '../../lua/scripts.ts';

export interface Row {
  id: string;
  instance: string;
  fence: Fence | null;
  ticket: { epoch: number; n: number } | null;
  /** Several holders have had it at a time. */
  isShared: boolean;
  endReason: EndReason | null;
}

export type Tenure = Extract<AcquireReply, { word: 'GRANTED' | 'ATTACHED' | 'QUEUED' }>;

export class ModelLedger {
  readonly rows = new Map<string, Row>();
  epoch = 0;

  get open(): Row[] {
    return [...this.rows.values()].filter(({ endReason }) => endReason === null);
  }

  /**
   * Ends what was dropped and upserts the session, in one transaction.
   *
   * @returns false when the row has ended already: the id must be freed.
   */
  record(instance: string, tenure: Tenure): boolean {
    this.endDropped(tenure.dropped);
    const present = this.rows.get(tenure.sessionId);
    if (present && present.endReason !== null) return false;
    const rivals = this.open.filter(
      (row) => row.instance === instance && row.id !== tenure.sessionId,
    );
    expect(rivals, 'an instance has one open session').toEqual([]);
    const row = present ?? blankRow(tenure.sessionId, instance);
    if (tenure.word === 'ATTACHED' && tenure.isShared) row.isShared = true;
    if (tenure.word === 'QUEUED') row.ticket = tenure.ticket;
    else row.fence = tenure.fence;
    this.rows.set(row.id, row);
    return true;
  }

  endDropped(dropped: readonly DroppedSession[]): void {
    for (const { sessionId, reason } of dropped) this.end(sessionId, reason);
  }

  /** Only the first end counts: `where ended_at is null`. */
  end(id: string, reason: EndReason): void {
    const row = this.rows.get(id);
    if (row && row.endReason === null) row.endReason = reason;
  }

  endAll(reason: EndReason): void {
    for (const row of this.open) row.endReason = reason;
  }
}

function blankRow(id: string, instance: string): Row {
  return { id, instance, fence: null, ticket: null, isShared: false, endReason: null };
}
