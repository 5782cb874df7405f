/**
 * One run of the model test: two tenants' pools in a real Redis, the model and the ledger of each, and
 * the invariants of design I1–I8, which are checked on what Redis and the ledger say, without
 * the model, after every step.
 */
import { expect } from 'vitest';
import type { Redis } from 'ioredis';
import { rightsMsOf, type DroppedSession, type Fence, type PoolConfig } from '../../domain/seat.ts';
import type { PoolContents } from '../../lua/read-pool.ts';
import type { AcquireReply, RenewReply, SeatScripts } from '../../lua/scripts.ts';
import { clockStart, figures, Seats, type Clock } from './given-seats.ts';
import { ModelLedger, type Tenure } from './model-ledger.ts';
import { ModelPool, type Caller } from './model-pool.ts';
import { Tokens } from './model-tokens.ts';

/** A process of an instance. */
export type Holder = Caller & { instance: string; holder: string };

/** One tenant's pool. */
export class Tenant {
  readonly seats: Seats;
  readonly model: ModelPool;
  readonly ledger: ModelLedger;
  readonly tokens: Tokens;
  readonly #ids = new Map<string, string[]>();
  #lastFence: Fence = { epoch: 0, counter: 0 };
  /** Seats and offers at the last step: what may exceed a lowered limit, but never grow. */
  #held = new Set<string>();
  #positions = new Map<string, number>();
  #before: PoolContents | null = null;

  constructor(door: SeatScripts, redis: Redis, clock: Clock, config: Partial<PoolConfig>) {
    this.ledger = new ModelLedger(clock);
    this.tokens = new Tokens(redis, clock);
    this.seats = new Seats(door, config);
    this.model = new ModelPool(this.seats.config);
  }

  /** Ids that the instance was ever given, newest first. `age` 0 is the present one. */
  idOf(instance: string, age: number): string {
    const ids = this.#ids.get(instance) ?? [];
    return ids[Math.min(age, ids.length - 1)] ?? `ses_unknown_${instance}`;
  }

  /** What a caller does with a reply: records it, acknowledges, and frees an id that had ended. */
  async settle(recipient: Holder, reply: AcquireReply): Promise<void> {
    if (!('dropped' in reply)) return;
    if ('sessionId' in reply) {
      const rightsMs = rightsMsOf(this.seats.config);
      const isRecorded = this.ledger.record({ ...recipient, rightsMs }, reply);
      expect(isRecorded, 'no ended session is given again').toBe(true);
      this.#expectLedgerWithinLimit(reply);
      this.#noteRights(recipient, reply, true);
    }
    await this.acknowledge(reply.dropped);
  }

  /** A token is made when it is answered that one must be. */
  noteBeat(holder: Holder & { id: string }, reply: RenewReply): void {
    if (reply.word !== 'RENEWED' || !reply.mustSign) return;
    // Nobody has the credential of a session that was never recorded.
    const isOut = this.ledger.rows.has(holder.id);
    this.#noteToken(holder, holder.id, { until: reply.hardUntil, isOut });
  }

  #noteRights(holder: Holder, reply: Tenure, isOut: boolean): void {
    if (reply.word === 'QUEUED') return;
    this.#noteToken(holder, reply.sessionId, { until: reply.hardUntil, isOut });
  }

  #noteToken(
    { holder, device, keepsRights }: Holder,
    sessionId: string,
    { until, isOut }: { until: number | null; isOut: boolean },
  ): void {
    if (until === null) return;
    this.tokens.add({ sessionId, holder, device, keepsRights, until, isOut });
  }

  /** Who may leave a session: of one that nobody shares, only the holder that was given it. */
  leaverOf(instance: string, id: string, holder: string): string {
    const isAlone = this.model.sessions.get(instance)?.isAlone;
    return (isAlone ? this.ledger.rows.get(id)?.holder : undefined) ?? holder;
  }

  /** A holder that leaves takes its token along, unless it keeps it for its next start. */
  noteLeave(sessionId: string, holder: string, isLast: boolean): void {
    this.tokens.giveBack({ sessionId, holder, isLast });
  }

  async acknowledge(dropped: readonly DroppedSession[]): Promise<void> {
    this.ledger.endDropped(dropped);
    for (const { sessionId } of dropped) {
      this.model.unacknowledged.delete(sessionId);
    }
    await this.seats.door.acknowledgeDropped(
      this.seats.pool,
      dropped.map(({ sessionId }) => sessionId),
    );
  }

  /** What every caller may rely on when it is given a session. */
  noteTenure(holder: Holder, reply: AcquireReply): void {
    // So may one that its waiter had instead of the seat that it wanted to take over.
    if (reply.word === 'TAKEOVER_REFUSED') this.#positions.clear();
    if (!('sessionId' in reply)) return;
    this.#noteRights(holder, reply, false);
    const { instance } = holder;
    const ids = this.#ids.get(instance) ?? [];
    if (ids[0] !== reply.sessionId) this.#ids.set(instance, [reply.sessionId, ...ids]);
    // An offer that a lowered limit took back returns to its place, ahead of later ones.
    const { sessionId } = reply;
    const hadOffer = this.#before?.seats.some((seat) => seat.offer && seat.sessionId === sessionId);
    if (reply.word === 'QUEUED' && hadOffer === true) this.#positions.clear();
    if (reply.word !== 'GRANTED') return;
    const { fence } = reply;
    const last = this.#lastFence;
    const hasRisen =
      fence.epoch > last.epoch || (fence.epoch === last.epoch && fence.counter > last.counter);
    expect(hasRisen, 'I5: fences rise').toBe(true);
    this.#lastFence = fence;
    // One whose offer a lowered limit took back stands in line before the takeover that it asks for.
    const offers = this.#before?.seats.filter(({ offer }) => offer) ?? [];
    const inLine = [...(this.#before?.waiters ?? []), ...offers];
    const isNewcomer =
      reply.source !== 'offer' && !inLine.some(({ instanceKey }) => instanceKey === instance);
    if (isNewcomer) this.#expectNobodyWaits();
  }

  /** Compares Redis with the model, and both with the invariants. */
  async check(clock: Clock): Promise<void> {
    const contents = await this.seats.contents();
    this.#expectModel(contents, clock.now);
    if (contents !== null) {
      this.#expectWithinLimit(contents, clock.now);
      this.#expectOrder(contents);
      this.#expectNothingForgotten(contents);
      await this.tokens.check(this.seats, this.model.rights(clock.now));
      this.#held = new Set(contents.seats.map(({ sessionId }) => sessionId));
    }
    this.#before = contents;
  }

  #expectModel(contents: PoolContents | null, now: number): void {
    const { model } = this;
    const seats = model.seats.map(([instanceKey, { id, due, stage }]) => {
      return { sessionId: id, instanceKey, until: due, offer: stage === 'offered' };
    });
    const waiters = model.queue.map(([instanceKey, { id }]) => ({ sessionId: id, instanceKey }));
    const bySession = (a: { sessionId: string }, b: { sessionId: string }) =>
      a.sessionId < b.sessionId ? -1 : 1;
    const sorted = contents && { ...contents, seats: contents.seats.sort(bySession) };
    const rights = model.rights(now).size;
    const expected = model.isLost ? null : { seats: seats.sort(bySession), waiters, rights };
    expect(sorted, 'Redis holds what the model holds').toEqual(expected);
  }

  /** I1: no seat or offer is added beyond the capacity, and lowering it takes none away. */
  #expectWithinLimit({ seats }: PoolContents, now: number): void {
    const { limit, overdraft } = this.seats.config;
    const live = seats.filter(({ until }) => until > now);
    const added = live.filter(({ sessionId }) => !this.#held.has(sessionId));
    if (added.length > 0 && !this.#isRestored) {
      expect(live.length, 'I1: seats and offers within the limit').toBeLessThanOrEqual(
        limit + overdraft,
      );
    }
    this.#isRestored = false;
    const instances = new Set(seats.map(({ instanceKey }) => instanceKey));
    expect(instances.size, 'I4: one seat for an instance').toBe(seats.length);
  }
  #isRestored = false;

  /** A restore brings open rows back whatever the limit is by now. */
  noteRestore(): void {
    this.#isRestored = true;
    this.#positions.clear();
    this.tokens.noteRestore(this.ledger.open);
  }

  /** I7: a waiter only moves forward, and is passed by nobody who came later. */
  #expectOrder({ waiters }: PoolContents): void {
    const positions = new Map(waiters.map(({ sessionId }, index) => [sessionId, index]));
    for (const [sessionId, position] of positions) {
      const last = this.#positions.get(sessionId);
      if (last !== undefined) {
        expect(position, 'I7: no place goes backwards').toBeLessThanOrEqual(last);
      }
    }
    this.#positions = positions;
  }

  /** I3: an open row is held in Redis or reported as dropped, so that each gets its end. */
  #expectNothingForgotten({ seats, waiters }: PoolContents): void {
    const known = new Set([...seats, ...waiters].map(({ sessionId }) => sessionId));
    const lost = this.ledger.open.filter(
      ({ id }) => !known.has(id) && !this.model.unacknowledged.has(id) && !this.#owed.has(id),
    );
    expect(lost, 'I3: no session ends unheard').toEqual([]);
  }
  readonly #owed = new Set<string>();

  /** Rule 2: at the moment of a grant the open rows fit the limit, so a restore cannot over-grant. */
  #expectLedgerWithinLimit(tenure: Tenure): void {
    if (tenure.word !== 'GRANTED') return;
    const { limit, overdraft } = this.seats.config;
    const granted = this.ledger.open.filter(({ fence }) => fence !== null);
    expect(granted.length, 'open rows within the limit').toBeLessThanOrEqual(limit + overdraft);
  }

  #expectNobodyWaits(): void {
    const waiting = this.model.queue.length;
    expect(waiting, 'I7: nobody is granted a seat past those who wait').toBe(0);
  }
}

export class World {
  readonly clock: Clock;
  readonly redis: Redis;
  readonly tenants: readonly [Tenant, Tenant];
  sessions = 0;

  constructor(options: { door: SeatScripts; redis: Redis; clock: Clock }) {
    const { door, redis, clock } = options;
    Object.assign(clock, { now: clockStart });
    this.clock = clock;
    this.redis = redis;
    this.tenants = [
      new Tenant(door, redis, clock, { ...figures, limit: 2 }),
      new Tenant(door, redis, clock, {
        ...{ ...figures, limit: 1, overdraft: 1, offlineAllowance: 0 },
      }),
    ];
  }

  /** I8: both tenants are compared after every step, whichever of them it was for. */
  async check(): Promise<void> {
    await Promise.all(this.tenants.map((tenant) => tenant.check(this.clock)));
  }
}
