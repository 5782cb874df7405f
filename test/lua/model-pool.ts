/**
 * What a pool should do, told as simply as possible: one map of sessions and loops over it. It shares
 * no idea of keys, scores or bounds with the scripts. `now` is passed to each step.
 */
import type { EndReason } from '../../domain/errors.ts';
import type { DroppedSession, Fence, PoolConfig } from '../../domain/seat.ts';

export interface ModelSession {
  id: string;
  stage: 'queued' | 'offered' | 'active';
  closing: boolean;
  /** When the seat, the offer or the sign of life runs out. */
  due: number;
  queueUntil: number;
  ticket: { epoch: number; n: number };
  fence: Fence;
  holders: Map<string, number>;
  /** The synthetic holder of a restored seat; it holds nothing for a session that never was shared. */
  adoptUntil: number;
  isAlone: boolean;
  forwardedAt: number;
}

interface Remembered {
  id: string;
  reason: EndReason | null;
}

interface RestoredRow {
  id: string;
  instance: string;
  fence: Fence | null;
  ticket: ModelSession['ticket'] | null;
  isShared: boolean;
}

type Source = 'free' | 'offer' | 'takeover';

type Take = {
  instance: string;
  id: string;
  holder: string;
  wait: boolean;
  takeover?: { id: string; instance: string } | undefined;
};

export class ModelPool {
  isLost = true;
  epoch = 0;
  config: PoolConfig;
  sessions = new Map<string, ModelSession>();
  unacknowledged = new Map<string, DroppedSession>();
  /** The last session of an instance that ended one by one, and the last that ended with its pool. */
  ended = new Map<string, Remembered>();
  cleared = new Map<string, Remembered>();
  #fence = 0;
  #ticket = 0;

  constructor(config: PoolConfig) {
    this.config = config;
  }

  get capacity(): number {
    return this.config.limit + this.config.overdraft;
  }
  get seats(): [string, ModelSession][] {
    return [...this.sessions].filter(([, { stage }]) => stage !== 'queued');
  }
  get queue(): [string, ModelSession][] {
    const waiting = [...this.sessions].filter(([, { stage }]) => stage === 'queued');
    return waiting.sort(([, a], [, b]) => a.ticket.n - b.ticket.n);
  }
  get #usage() {
    return { used: this.seats.length, limit: this.config.limit };
  }
  #live(now: number, of: [string, ModelSession][]) {
    return of.filter(([, { due }]) => due > now);
  }

  acquire(now: number, { instance, id, holder, wait, takeover }: Take) {
    if (this.isLost) return { word: 'NO_POOL' };
    this.drop(now);
    const told = () => ({ now, dropped: this.dropped });
    if (this.config.status !== 'open')
      return { word: 'BLOCKED', status: this.config.status, ...told() };
    if (!this.#isGranting(now)) return { word: 'BLOCKED', status: 'expired', ...told() };
    let session = this.sessions.get(instance);
    if (session?.closing) {
      this.#report(instance, 'released', now);
      session = undefined;
    }
    if (session?.stage === 'queued') this.#showLife(now, session);
    this.promote(now);
    const length = this.queue.length;
    const refuse = (reason: string) => {
      return { word: 'NO_SEATS', reason, queueLength: length, usage: this.#usage, ...told() };
    };
    if (session?.stage === 'active')
      return this.#attach(now, session, holder) ?? refuse('holders_exhausted');
    if (session?.stage === 'offered' && this.seats.length <= this.capacity) {
      return this.#grant(now, instance, session.id, holder, 'offer');
    }
    if (session?.stage === 'offered') {
      session.stage = 'queued';
      session.due = now + this.config.livenessMs;
      session.queueUntil = Math.max(session.queueUntil, session.due);
    }
    if (!session && length === 0 && this.seats.length < this.capacity) {
      return this.#grant(now, instance, id, holder, 'free');
    }
    if (takeover) {
      const reason = this.#whyNotTaken(instance, takeover);
      if (reason !== null) return { ...refuse(reason), word: 'TAKEOVER_REFUSED' };
      const isLeaving = this.sessions.get(takeover.instance)?.closing;
      this.#report(takeover.instance, isLeaving ? 'released' : 'superseded', now);
      return this.#grant(now, instance, session?.id ?? id, holder, 'takeover');
    }
    if (session?.stage === 'queued') return this.#place(now, instance, session, false);
    if (!wait) return refuse('no_seats_available');
    if (length >= this.config.queueMax) return refuse('queue_full');
    this.#ticket += 1;
    const queued = blankSession(id, 'queued');
    queued.queueUntil = now + this.config.queueWaitMs;
    queued.ticket = { epoch: this.epoch, n: this.#ticket };
    this.#showLife(now, queued);
    this.#begin(instance, queued);
    return this.#place(now, instance, queued, true);
  }

  beat(now: number, instance: string, id: string, holder: string) {
    if (this.isLost) return { word: 'NO_POOL' };
    const session = this.sessions.get(instance);
    const over = this.#over(now, instance, id);
    const renew = (kept: ModelSession) => {
      const forward = now - kept.forwardedAt >= this.config.signalEveryMs;
      if (forward) kept.forwardedAt = now;
      kept.holders.set(holder, now + this.config.leaseMs);
      kept.due = Math.max(kept.due, now + this.config.leaseMs);
      const usage = { used: this.#live(now, this.seats).length, limit: this.config.limit };
      const leaseUntil = now + this.config.leaseMs;
      return { word: 'RENEWED', leaseUntil, forward, usage, fence: kept.fence, now };
    };
    if (over !== null || session === undefined) {
      const isOwnLapsed =
        session?.id === id &&
        session.stage === 'active' &&
        !session.closing &&
        session.holders.has(holder);
      const isSpare =
        this.#live(now, this.queue).length === 0 &&
        this.#live(now, this.seats).length < this.capacity;
      return isOwnLapsed && isSpare ? renew(session) : { word: 'ENDED', reason: over, now };
    }
    if (session.stage === 'queued') {
      this.#showLife(now, session);
      return { word: 'QUEUED', livenessUntil: session.due, now };
    }
    if (session.stage === 'offered') return { word: 'OFFERED', offerUntil: session.due, now };
    if (session.closing) return { word: 'ENDED', reason: 'released', now };
    const isHolder = (session.holders.get(holder) ?? 0) > now || session.adoptUntil > now;
    return isHolder ? renew(session) : { word: 'ENDED', reason: 'lapsed', now };
  }

  poll(now: number, instance: string, id: string) {
    if (this.isLost) return { word: 'NO_POOL' };
    this.drop(now);
    const before = this.sessions.get(instance);
    if (before?.id === id && before.stage === 'queued') this.#showLife(now, before);
    this.promote(now);
    const session = this.sessions.get(instance);
    const over = this.#over(now, instance, id);
    const told = { now, dropped: this.dropped };
    if (session === undefined || over !== null) return { word: 'ENDED', reason: over, ...told };
    if (session.closing) return { word: 'ENDED', reason: 'released', ...told };
    const facts = { usage: this.#usage, ...told };
    const nextChange = this.#nextChange(now);
    if (session.stage === 'offered') {
      return { word: 'OFFERED', offerUntil: session.due, nextChange, ...facts };
    }
    if (session.stage === 'active') {
      return { word: 'ACTIVE', leaseUntil: session.due, fence: session.fence, ...facts };
    }
    const { position, length } = this.#positionOf(instance);
    const { due: livenessUntil, queueUntil } = session;
    return { word: 'QUEUED', position, length, livenessUntil, queueUntil, nextChange, ...facts };
  }

  leave(now: number, instance: string, id: string, holder: string) {
    if (this.isLost) return { word: 'NO_POOL' };
    this.drop(now);
    this.promote(now);
    const dropped = this.dropped;
    const session = this.sessions.get(instance);
    const over = this.#over(now, instance, id);
    if (session === undefined || over !== null) return { word: 'ENDED', reason: over, dropped };
    if (session.closing) return { word: 'LAST', dropped };
    if (session.stage !== 'active') {
      session.closing = true;
      session.due = now;
      return { word: 'LAST', dropped };
    }
    const others = [...session.holders].filter(([name, until]) => name !== holder && until > now);
    const adopting = session.isAlone ? 0 : session.adoptUntil;
    const heldUntil = Math.max(adopting, ...others.map(([, until]) => until));
    if (heldUntil <= now) {
      session.closing = true;
      return { word: 'LAST', dropped };
    }
    session.holders.delete(holder);
    session.due = heldUntil;
    return { word: 'HELD', holders: Math.max(1, others.length), leaseUntil: heldUntil, dropped };
  }

  free(now: number, instance: string, id: string, reason: EndReason) {
    if (this.isLost) return { word: 'NO_POOL' };
    const session = this.sessions.get(instance);
    if (session?.id === id) this.#end(instance, reason);
    else if (session === undefined && !this.ended.has(instance)) {
      if ((this.cleared.get(instance)?.id ?? id) === id) {
        this.cleared.delete(instance);
        this.ended.set(instance, { id, reason });
      }
    }
    this.drop(now);
    this.promote(now);
    return { word: 'RELEASED', dropped: this.dropped };
  }

  lapse(now: number, instance: string, id: string, drop: boolean) {
    if (this.isLost) return { word: 'NO_POOL' };
    if (drop) {
      this.drop(now);
      this.promote(now);
    }
    const session = this.sessions.get(instance);
    const over = this.#over(now, instance, id);
    const state =
      session === undefined || over !== null
        ? { status: 'ended', reason: over }
        : { status: session.stage, until: session.due };
    const nextChange = this.#nextChange(now);
    return { word: 'LAPSED', state, nextChange, usage: this.#usage, now, dropped: this.dropped };
  }

  configure(now: number, config: PoolConfig) {
    if (this.isLost) return { word: 'NO_POOL' };
    const wasOpen = this.config.status === 'open';
    this.config = config;
    if (wasOpen && config.status !== 'open') this.#clear(`license_${config.status}`);
    this.drop(now);
    this.promote(now);
    return { word: 'CONFIGURED', dropped: this.dropped };
  }

  /** The data are still there, but of another run of the server, or of another primary. */
  lose(): void {
    this.isLost = true;
  }

  /** Every key is gone. */
  wipe(): void {
    this.isLost = true;
    this.sessions.clear();
    this.ended.clear();
    this.cleared.clear();
  }

  restore(now: number, epoch: number, rows: readonly RestoredRow[]) {
    for (const [instance, { id }] of this.sessions)
      this.cleared.set(instance, { id, reason: null });
    for (const memory of this.cleared.values()) memory.reason = null;
    Object.assign(this, { isLost: false, epoch, sessions: new Map() });
    this.unacknowledged.clear();
    this.#fence = 0;
    this.#ticket = Math.max(0, ...rows.map(({ fence, ticket }) => (fence ? 0 : (ticket?.n ?? 0))));
    for (const { id, instance, fence, ticket, isShared } of rows) {
      const session = blankSession(id, fence ? 'active' : 'queued');
      session.fence = fence ?? session.fence;
      session.ticket = ticket ?? session.ticket;
      session.isAlone = !isShared;
      session.forwardedAt = now;
      session.queueUntil = now + this.config.queueWaitMs;
      session.adoptUntil = now + this.config.leaseMs;
      session.due = session.adoptUntil;
      if (!fence) this.#showLife(now, session);
      this.sessions.set(instance, session);
      this.cleared.delete(instance);
      this.ended.delete(instance);
    }
    if (this.config.status !== 'open') this.#clear(`license_${this.config.status}`);
  }

  get dropped(): DroppedSession[] {
    return [...this.unacknowledged.values()];
  }

  drop(now: number): void {
    for (const [instance, session] of [...this.sessions]) {
      if (session.due <= now) this.#report(instance, whyDue(session), session.due);
    }
  }

  promote(now: number): void {
    for (const [, session] of this.queue) {
      if (this.seats.length >= this.capacity || !this.#isGranting(now)) return;
      session.stage = 'offered';
      session.due = now + this.config.offerMs;
    }
  }

  #isGranting(now: number): boolean {
    const { status, validUntil } = this.config;
    return status === 'open' && (validUntil === null || validUntil > now);
  }

  #whyNotTaken(instance: string, takeover: { id: string; instance: string }): string | null {
    const taken = this.sessions.get(takeover.instance);
    if (taken?.id !== takeover.id) return 'ended';
    if (taken.stage === 'queued') return 'is_waiting';
    if (this.queue.length > 0 && this.queue[0]?.[0] !== instance) return 'others_wait';
    return this.seats.length > this.capacity ? 'over_limit' : null;
  }

  #grant(now: number, instance: string, id: string, holder: string, source: Source) {
    this.#fence += 1;
    const session = blankSession(id, 'active');
    session.fence = { epoch: this.epoch, counter: this.#fence };
    session.due = now + this.config.leaseMs;
    session.holders.set(holder, session.due);
    session.forwardedAt = now;
    this.#begin(instance, session);
    const { fence, due: leaseUntil } = session;
    const facts = { epoch: this.epoch, usage: this.#usage, now, dropped: this.dropped };
    return { word: 'GRANTED', sessionId: id, fence, leaseUntil, source, ...facts };
  }

  #attach(now: number, session: ModelSession, holder: string) {
    const newHolder = (session.holders.get(holder) ?? 0) <= now;
    const live = [...session.holders].filter(([, until]) => until > now);
    if (newHolder && live.length >= this.config.holdersMax) return null;
    if (newHolder) Object.assign(session, { holders: new Map(live), isAlone: false });
    const others = [...session.holders].some(([id, until]) => id !== holder && until > now);
    const isAdopting = !session.isAlone && session.adoptUntil > now;
    const isShared = newHolder || others || isAdopting;
    session.holders.set(holder, now + this.config.leaseMs);
    session.due = Math.max(session.due, now + this.config.leaseMs);
    const { id: sessionId, fence, due: leaseUntil } = session;
    const facts = { epoch: this.epoch, usage: this.#usage, now, dropped: this.dropped };
    return { word: 'ATTACHED', sessionId, fence, leaseUntil, newHolder, isShared, ...facts };
  }

  #place(now: number, instance: string, session: ModelSession, newWaiter: boolean) {
    const { id: sessionId, ticket, due: livenessUntil, queueUntil } = session;
    const facts = { epoch: this.epoch, usage: this.#usage, now, dropped: this.dropped };
    const place = { ...this.#positionOf(instance), livenessUntil, queueUntil };
    return { word: 'QUEUED', sessionId, ticket, ...place, newWaiter, ...facts };
  }

  #positionOf(instance: string) {
    const position = this.queue.findIndex(([name]) => name === instance) + 1;
    return { position, length: this.queue.length };
  }

  #showLife(now: number, session: ModelSession): void {
    session.due = Math.min(now + this.config.livenessMs, session.queueUntil);
  }

  #begin(instance: string, session: ModelSession): void {
    this.sessions.set(instance, session);
    this.cleared.delete(instance);
  }

  #end(instance: string, reason: EndReason): void {
    const session = this.sessions.get(instance);
    if (session === undefined) return;
    this.sessions.delete(instance);
    this.ended.set(instance, { id: session.id, reason });
  }

  #report(instance: string, reason: EndReason, at: number): void {
    const sessionId = this.sessions.get(instance)?.id ?? '';
    this.#end(instance, reason);
    this.unacknowledged.set(sessionId, {
      ...{ sessionId, instanceKey: instance, reason, at },
      epoch: this.epoch,
    });
  }

  #clear(reason: 'license_suspended' | 'license_revoked'): void {
    for (const [instance, { id }] of this.sessions) this.cleared.set(instance, { id, reason });
    this.sessions.clear();
  }

  /** Why this session is over at this instant, dropped or not; null while it runs. */
  #over(now: number, instance: string, id: string): EndReason | null {
    const session = this.sessions.get(instance);
    if (session?.id === id) return session.due > now ? null : whyDue(session);
    const ended = this.ended.get(instance);
    const cleared = this.cleared.get(instance);
    if (ended?.id === id && ended.reason !== null) return ended.reason;
    if (cleared?.id === id && cleared.reason !== null) return cleared.reason;
    if (cleared?.id !== id && (session ?? ended ?? cleared)) return 'superseded';
    return this.config.status === 'open' ? 'lapsed' : `license_${this.config.status}`;
  }

  #nextChange(now: number): number | null {
    const dues = [...this.sessions.values()].map(({ due }) => (due <= now ? now + 1000 : due));
    return dues.length === 0 ? null : Math.min(...dues);
  }
}

function blankSession(id: string, stage: ModelSession['stage']): ModelSession {
  return {
    ...{ id, stage, closing: false, due: 0, queueUntil: 0, ticket: { epoch: 0, n: 0 } },
    ...{
      fence: { epoch: 0, counter: 0 },
      holders: new Map(),
      adoptUntil: 0,
      isAlone: false,
      forwardedAt: 0,
    },
  };
}

function whyDue(session: ModelSession): EndReason {
  if (session.closing) return 'released';
  if (session.stage === 'offered') return 'offer_expired';
  return session.stage === 'queued' && session.due === session.queueUntil
    ? 'queue_timeout'
    : 'lapsed';
}
