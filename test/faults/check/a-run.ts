/** Runs of the fleet, made by hand: what happened, at which second, to a pool of two seats. */
import type { HistoryEvent, Deed } from '../history.ts';
import type { LedgerRow, PoolFacts, Run } from './story.ts';

const second = 1_000;
const licenseId = 'lic_1';

type Told = Partial<Omit<HistoryEvent, 'at' | 'phase'>>;

/** Tells a run step by step; every time is in seconds. */
export class ARun {
  readonly #events: HistoryEvent[] = [];
  readonly #rows: LedgerRow[] = [];
  readonly #pool: PoolFacts;
  #ops = 0;
  #undelivered = 0;

  constructor(pool: Partial<PoolFacts> = {}) {
    const empty = { held: [], owed: [], offlineAllowance: 0 };
    this.#pool = { licenseId, tenantId: 'ten_1', seats: 2, ...empty, ...pool };
  }

  /** A deed from its beginning to its end. */
  deed(
    deed: Deed,
    period: [number, number],
    told: Told & { phase?: 'ok' | 'fail' | 'info' } = {},
  ): this {
    const { phase = 'ok', ...rest } = told;
    const op = (this.#ops += 1);
    const event = { client: 'c', instance: 'i', licenseId, op, deed, ...rest };
    this.#events.push({ ...event, at: period[0] * second, phase: 'invoke' });
    this.#events.push({ ...event, at: period[1] * second, phase });
    return this;
  }

  /** A grant to an instance that is called like its session, whose lease ends at `until`. */
  grant(session: string, period: [number, number], until: number, told: Told = {}): this {
    const seat = { session, instance: session, status: 'active', isGrant: true } as const;
    const fence = { epoch: 1, counter: Math.round(period[1] * second) };
    return this.deed('acquire', period, { ...seat, fence, leaseUntil: until * second, ...told });
  }

  /** A place in the queue, or a look that shows it. */
  queued(session: string, deed: 'acquire' | 'look', period: [number, number]): this {
    return this.deed(deed, period, { session, instance: session, status: 'queued', wait: true });
  }

  /** A no. */
  refused(deed: Deed, period: [number, number], told: Told): this {
    return this.deed(deed, period, { phase: 'fail', ...told });
  }

  /** A row of the ledger, with the events that belong to it. */
  row(id: string, period: [number, number | null], changes: Partial<LedgerRow> = {}): this {
    const [from, to] = period;
    const times = { createdAt: from * second, grantedAt: from * second };
    const events = ['seat.acquired', ...(to === null ? [] : ['seat.released'])];
    const end = { endedAt: to === null ? null : to * second, endReason: 'released', events };
    const owner = { licenseId, tenantId: 'ten_1', instance: id };
    this.#rows.push({ id, ...owner, ...times, ...end, ...changes });
    return this;
  }

  undelivered(count: number): this {
    this.#undelivered = count;
    return this;
  }

  done(): Run {
    return {
      leaseMs: 5 * second,
      livenessMs: 5 * second,
      offerMs: 5 * second,
      queueWaitMs: 60 * second,
      machineMs: 0,
      pools: [this.#pool],
      events: this.#events.toSorted((one, other) => one.at - other.at),
      ledger: this.#rows,
      undelivered: this.#undelivered,
    };
  }
}
