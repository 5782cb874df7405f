/** The ledger as the scripts' callers keep it, by the rules of Postgres, and what must hold for it. */
import { expect } from 'vitest';
import type { EndReason } from '../../domain/errors.ts';
import type { DroppedSession, Fence } from '../../domain/seat.ts';
import type { AcquireReply } from '../../lua/scripts.ts';
import type { Clock, Offered } from './given-seats.ts';
import type { LeftRights } from './model-pool.ts';

export interface Row {
  id: string;
  instance: string;
  /** Who was given it: the seat, or a place until then. */
  holder: string;
  fence: Fence | null;
  ticket: { epoch: number; n: number } | null;
  /** Several holders have had it at a time. */
  isShared: boolean;
  endReason: EndReason | null;
  device: string;
  keepsRights: boolean;
  /** How long its rights may last after a beat; null for none. */
  rightsMs: number | null;
  /** Until when rights stay after its end; null for none. */
  hardUntil: number | null;
}

/** An end, and until when rights stay by it; left out where nobody knows. */
export interface End {
  reason: EndReason;
  hardUntil?: number | null;
}

/** Who was given a session, and how long rights may last after a beat. */
export interface Recipient {
  instance: string;
  holder: string;
  device: string;
  keepsRights: boolean;
  rightsMs: number;
}

export type Tenure = Extract<AcquireReply, { word: 'GRANTED' | 'ATTACHED' | 'QUEUED' }>;

export class ModelLedger {
  readonly rows = new Map<string, Row>();
  epoch = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get open(): Row[] {
    return [...this.rows.values()].filter(({ endReason }) => endReason === null);
  }

  /**
   * Ends what was dropped and upserts the session, in one transaction.
   *
   * @returns false when the row has ended already: the id must be freed.
   */
  record({ rightsMs, ...recipient }: Recipient, tenure: Tenure): boolean {
    const { instance } = recipient;
    this.endDropped(tenure.dropped);
    const present = this.rows.get(tenure.sessionId);
    if (present && present.endReason !== null) return false;
    const rivals = this.open.filter(
      (row) => row.instance === instance && row.id !== tenure.sessionId,
    );
    expect(rivals, 'an instance has one open session').toEqual([]);
    const row = present ?? blankRow(tenure.sessionId, recipient);
    if (tenure.word === 'ATTACHED' && tenure.isShared) row.isShared = true;
    if (tenure.word === 'QUEUED') row.ticket = tenure.ticket;
    else {
      if (row.fence === null) {
        row.holder = recipient.holder;
        row.rightsMs = tenure.hardUntil === null ? null : rightsMs;
      }
      row.fence = tenure.fence;
    }
    this.rows.set(row.id, row);
    return true;
  }

  endDropped(dropped: readonly DroppedSession[]): void {
    for (const { sessionId, reason, hardUntil } of dropped) {
      this.end(sessionId, { reason, hardUntil });
    }
  }

  /** Only the first end counts: `where ended_at is null`. */
  end(id: string, { reason, hardUntil }: End): void {
    const row = this.rows.get(id);
    if (!row || row.endReason !== null) return;
    row.endReason = reason;
    const bound = row.rightsMs === null ? null : this.#clock.now + row.rightsMs;
    row.hardUntil = hardUntil === undefined ? bound : hardUntil;
  }

  endAll(reason: EndReason): void {
    for (const { id } of this.open) this.end(id, { reason });
  }

  /** Notes that an online-only session gets rights, unless the license changed since they were reserved. */
  recordRights(id: string, offer: { rightsMs: number; isOfVersion: boolean }): Offered {
    const row = this.rows.get(id);
    if (!row || row.endReason !== null) return undefined;
    if (row.rightsMs === null && !offer.isOfVersion) return 'refused';
    row.rightsMs ??= offer.rightsMs;
    return 'recorded';
  }

  /** What a restore loads besides the open rows. */
  get leftRights(): LeftRights[] {
    return [...this.rows.values()].flatMap(({ device, hardUntil }) =>
      hardUntil !== null && hardUntil > this.#clock.now ? [{ device, hardUntil }] : [],
    );
  }
}

function blankRow(id: string, recipient: Omit<Recipient, 'rightsMs'>): Row {
  return {
    ...{ id, ...recipient, fence: null, ticket: null, isShared: false },
    ...{ endReason: null, rightsMs: null, hardUntil: null },
  };
}
