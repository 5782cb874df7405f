/**
 * What a pool should do, told as simply as possible: one map of sessions and loops over it. It shares
 * no idea of keys, scores or bounds with the scripts. `now` is passed to each step.
 */
import type { EndReason } from '../../domain/errors.ts';
import type { DroppedSession, Fence, PoolConfig } from '../../domain/seat.ts';
import type { Offered } from './given-seats.ts';

export interface ModelSession {
  id: string;
  stage: 'queued' | 'offered' | 'active';
  closing: boolean;
  /** When the seat, the offer or the sign of life runs out. */
  due: number;
  queueUntil: number;
  ticket: { epoch: number; n: number };
  fence: Fence;
  /** Version of the configuration that it was granted by; null: it was restored. */
  grantVersion: number | null;
  holders: Map<string, number>;
  /** The synthetic holder of a restored seat; it holds nothing for a session that never was shared. */
  adoptUntil: number;
  isAlone: boolean;
  forwardedAt: number;
  device: string;
  keepsRights: boolean;
  /** The end of the last of its tokens; null: online-only. */
  hardUntil: number | null;
  /** The version under which it has rights in reserve that the ledger does not know of. */
  reservedUnder: number | null;
  /** The last token of each holder that has not left, and of holders forgotten the latest end. */
  tokens: Map<string, { until: number; making: string }>;
  strayUntil: number;
}

/** A right to go on offline: a session's, while it runs and as it left it. */
interface Claim {
  sessionId: string;
  device: string;
  until: number;
  /** As after a restore: it may be over before. */
  isBound: boolean;
}

/** Who asks. */
export interface Caller {
  device: string;
  keepsRights: boolean;
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
  device: string;
  keepsRights: boolean;
  rightsMs: number | null;
}

/** Rights of sessions that are over, as the ledger knows them. */
export interface LeftRights {
  device: string;
  hardUntil: number;
}

type Source = 'free' | 'offer' | 'takeover';

type Grant = Caller & { instance: string; id: string; holder: string };

type Take = Caller & {
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
  terms = 'terms';
  #termsVersion = 1;
  claims: Claim[] = [];
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

  /** Until when each device has offline rights. */
  rights(now: number): Map<string, number> {
    const rights = new Map<string, number>();
    for (const { device, until } of this.claims) {
      if (until > now) rights.set(device, Math.max(until, rights.get(device) ?? 0));
    }
    return rights;
  }

  acquire(now: number, { instance, id, holder, wait, takeover, ...caller }: Take) {
    if (this.isLost) return { word: 'NO_POOL' };
    this.drop(now);
    const told = () => ({ now, dropped: this.dropped });
    if (this.config.status !== 'open')
      return { word: 'BLOCKED', status: this.config.status, ...told() };
    if (!this.#isGranting(now)) return { word: 'BLOCKED', status: 'expired', ...told() };
    let session = this.sessions.get(instance);
    if (session?.closing) {
      this.#report(now, instance, 'released', now);
      session = undefined;
    }
    if (session?.stage === 'queued') this.#showLife(now, session);
    this.promote(now);
    const length = this.queue.length;
    const refuse = (reason: string) => {
      return {
        word: 'NO_SEATS',
        reason,
        queueLength: this.queue.length,
        usage: this.#usage,
        ...told(),
      };
    };
    if (session?.stage === 'active')
      return this.#attach(now, session, holder) ?? refuse('holders_exhausted');
    if (session?.stage === 'offered' && this.seats.length <= this.capacity) {
      return this.#grant(now, { instance, id: session.id, holder, ...caller }, 'offer');
    }
    if (session?.stage === 'offered') {
      session.stage = 'queued';
      session.due = now + this.config.livenessMs;
      session.queueUntil = Math.max(session.queueUntil, session.due);
    }
    if (!session && length === 0 && this.seats.length < this.capacity) {
      return this.#grant(now, { instance, id, holder, ...caller }, 'free');
    }
    if (takeover) {
      const reason = this.#whyNotTaken(instance, takeover);
      if (reason !== null) return { ...refuse(reason), word: 'TAKEOVER_REFUSED' };
      const isLeaving = this.sessions.get(takeover.instance)?.closing;
      this.#report(now, takeover.instance, isLeaving ? 'released' : 'superseded', now);
      const newId = session?.id ?? id;
      return this.#grant(now, { instance, id: newId, holder, ...caller }, 'takeover');
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

  beat(now: number, instance: string, id: string, holder: string, offered?: Offered) {
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
      const rights = this.#renewRights(now, kept, { holder, offered });
      return { word: 'RENEWED', leaseUntil, forward, usage, fence: kept.fence, now, ...rights };
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
      const goesOn =
        isOwnLapsed &&
        (!hasRights(session) || (session.hardUntil ?? 0) > now || this.#hasRoom(now, session));
      return goesOn && isSpare ? renew(session) : { word: 'ENDED', reason: over, now };
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
    const last = () => ({ word: 'LAST', dropped, hardUntil: staysUntil(now, session, true) });
    if (session.closing) return last();
    if (session.stage !== 'active') {
      session.closing = true;
      session.due = now;
      return last();
    }
    session.tokens.delete(holder);
    const others = [...session.holders].filter(([name, until]) => name !== holder && until > now);
    const adopting = session.isAlone ? 0 : session.adoptUntil;
    const heldUntil = Math.max(adopting, ...others.map(([, until]) => until));
    if (heldUntil <= now) {
      session.closing = true;
      return last();
    }
    session.holders.delete(holder);
    session.due = heldUntil;
    return { word: 'HELD', holders: Math.max(1, others.length), leaseUntil: heldUntil, dropped };
  }

  free(now: number, instance: string, id: string, reason: EndReason) {
    if (this.isLost) return { word: 'NO_POOL' };
    const session = this.sessions.get(instance);
    if (session?.id === id) this.#end(now, instance, reason);
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

  configure(now: number, config: PoolConfig, terms: string) {
    if (this.isLost) return { word: 'NO_POOL' };
    const wasOpen = this.config.status === 'open';
    this.config = config;
    if (terms !== this.terms) this.#termsVersion = config.version;
    this.terms = terms;
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

  restore(now: number, epoch: number, rows: readonly RestoredRow[], left: readonly LeftRights[]) {
    for (const [instance, { id }] of this.sessions)
      this.cleared.set(instance, { id, reason: null });
    for (const memory of this.cleared.values()) memory.reason = null;
    Object.assign(this, { isLost: false, epoch, sessions: new Map() });
    this.unacknowledged.clear();
    this.#termsVersion = this.config.version;
    this.claims = left.map(({ device, hardUntil }) => {
      return { sessionId: '', device, until: hardUntil, isBound: true };
    });
    this.#fence = 0;
    this.#ticket = Math.max(0, ...rows.map(({ fence, ticket }) => (fence ? 0 : (ticket?.n ?? 0))));
    for (const { id, instance, fence, ticket, isShared, ...row } of rows) {
      const session = blankSession(id, fence ? 'active' : 'queued');
      session.fence = fence ?? session.fence;
      session.ticket = ticket ?? session.ticket;
      session.isAlone = !isShared;
      session.forwardedAt = now;
      session.queueUntil = now + this.config.queueWaitMs;
      session.adoptUntil = now + this.config.leaseMs;
      session.due = session.adoptUntil;
      if (!fence) this.#showLife(now, session);
      Object.assign(session, { device: row.device, keepsRights: row.keepsRights });
      if (fence && row.rightsMs !== null) {
        const { leaseMs, graceMs } = this.config;
        const until = now + Math.max(row.rightsMs, leaseMs + graceMs);
        Object.assign(session, { hardUntil: until, strayUntil: isShared ? until : 0 });
        this.#claim(session, until);
      }
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
      if (session.due <= now) this.#report(now, instance, whyDue(session), session.due);
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

  #grant(now: number, { instance, id, holder, ...caller }: Grant, source: Source) {
    this.#fence += 1;
    const session = blankSession(id, 'active');
    session.fence = { epoch: this.epoch, counter: this.#fence };
    session.grantVersion = this.config.version;
    session.due = now + this.config.leaseMs;
    session.holders.set(holder, session.due);
    session.forwardedAt = now;
    Object.assign(session, caller);
    const hardUntil = this.#hasRoom(now, session) ? session.due + this.config.graceMs : null;
    if (hardUntil !== null) this.#sign(session, holder, hardUntil);
    this.#begin(instance, session);
    const { fence, due: leaseUntil } = session;
    const facts = { epoch: this.epoch, usage: this.#usage, now, dropped: this.dropped };
    return { word: 'GRANTED', sessionId: id, fence, leaseUntil, hardUntil, source, ...facts };
  }

  /** A device that has rights counts already; one whose rights are only a bound must fit in. */
  #hasRoom(now: number, { device }: ModelSession): boolean {
    const most = this.config.limit + this.config.offlineAllowance;
    const rights = this.rights(now);
    if (!rights.has(device)) return rights.size < most;
    const own = this.claims.filter((claim) => claim.device === device && claim.until > now);
    return rights.size <= most || own.some(({ isBound }) => !isBound);
  }

  #claim(session: ModelSession, until: number): void {
    const { id: sessionId, device } = session;
    this.claims.push({ sessionId, device, until, isBound: false });
  }

  #sign(session: ModelSession, holder: string, until: number): void {
    session.hardUntil = Math.max(session.hardUntil ?? 0, until);
    session.tokens.set(holder, { until, making: `${this.#termsVersion}` });
    this.#claim(session, session.hardUntil);
  }

  #renewRights(
    now: number,
    session: ModelSession,
    { holder, offered }: { holder: string; offered: Offered },
  ) {
    const { leaseMs, graceMs } = this.config;
    const hardUntil = now + leaseMs + graceMs;
    const token = session.tokens.get(holder);
    const none = { hardUntil: null, mustSign: true, offeredRightsMs: null, offeredUnder: null };
    if (!hasRights(session)) {
      if (session.reservedUnder !== null && offered === 'refused') {
        this.claims = this.claims.filter(({ sessionId }) => sessionId !== session.id);
        Object.assign(session, { hardUntil: null, reservedUnder: null });
      }
      const isReserved = session.reservedUnder !== null && (session.hardUntil ?? 0) > now;
      if (!isReserved && !this.#hasRoom(now, session)) return none;
      if (session.reservedUnder === null || offered !== 'recorded') {
        const offeredUnder = (isReserved ? session.reservedUnder : null) ?? this.config.version;
        Object.assign(session, { hardUntil, reservedUnder: offeredUnder });
        this.#claim(session, hardUntil);
        return { ...none, offeredRightsMs: leaseMs + graceMs, offeredUnder };
      }
      session.reservedUnder = null;
    } else if (
      token?.making === `${this.#termsVersion}` &&
      (hardUntil - token.until) * 20 < graceMs
    ) {
      return { hardUntil: token.until, mustSign: false, offeredRightsMs: null };
    }
    this.#sign(session, holder, hardUntil);
    return { hardUntil, mustSign: true, offeredRightsMs: null };
  }

  #attach(now: number, session: ModelSession, holder: string) {
    const newHolder = (session.holders.get(holder) ?? 0) <= now;
    const live = [...session.holders].filter(([, until]) => until > now);
    if (newHolder && live.length >= this.config.holdersMax) return null;
    if (newHolder) {
      for (const [dead] of [...session.holders].filter(([, until]) => until <= now)) {
        session.strayUntil = Math.max(session.strayUntil, session.tokens.get(dead)?.until ?? 0);
        session.tokens.delete(dead);
      }
      Object.assign(session, { holders: new Map(live), isAlone: false });
    }
    const others = [...session.holders].some(([id, until]) => id !== holder && until > now);
    const isAdopting = !session.isAlone && session.adoptUntil > now;
    const isShared = newHolder || others || isAdopting;
    session.holders.set(holder, now + this.config.leaseMs);
    session.due = Math.max(session.due, now + this.config.leaseMs);
    const { id: sessionId, fence, due: leaseUntil } = session;
    const hardUntil = hasRights(session) ? leaseUntil + this.config.graceMs : null;
    if (hardUntil !== null) this.#sign(session, holder, hardUntil);
    const facts = { epoch: this.epoch, usage: this.#usage, now, dropped: this.dropped };
    return {
      word: 'ATTACHED',
      sessionId,
      fence,
      leaseUntil,
      hardUntil,
      newHolder,
      isShared,
      grantVersion: session.grantVersion,
      ...facts,
    };
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

  #end(now: number, instance: string, reason: EndReason): number | null {
    const session = this.sessions.get(instance);
    if (session === undefined) return null;
    const until = staysUntil(now, session, reason === 'released');
    this.claims = this.claims.filter(({ sessionId }) => sessionId !== session.id);
    if (until !== null) this.#claim(session, until);
    this.sessions.delete(instance);
    this.ended.set(instance, { id: session.id, reason });
    return until;
  }

  #report(now: number, instance: string, reason: EndReason, at: number): void {
    const sessionId = this.sessions.get(instance)?.id ?? '';
    const hardUntil = this.#end(now, instance, reason);
    this.unacknowledged.set(sessionId, {
      ...{ sessionId, instanceKey: instance, reason, at },
      ...{ epoch: this.epoch, hardUntil },
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
      grantVersion: null,
      holders: new Map(),
      adoptUntil: 0,
      isAlone: false,
      forwardedAt: 0,
    },
    ...{ device: '', keepsRights: false, hardUntil: null, reservedUnder: null },
    ...{ tokens: new Map(), strayUntil: 0 },
  };
}

function hasRights({ hardUntil, reservedUnder }: ModelSession): boolean {
  return hardUntil !== null && reservedUnder === null;
}

/** What its end leaves: after a clean stop all or, unless it keeps them, what silent holders have. */
function staysUntil(now: number, session: ModelSession, isClean: boolean): number | null {
  if (!hasRights(session)) return null;
  if (!isClean || session.keepsRights) return session.hardUntil;
  const ends = [...session.tokens.values()].map(({ until }) => until);
  const latest = Math.max(session.strayUntil, ...ends);
  return latest > now ? latest : null;
}

function whyDue(session: ModelSession): EndReason {
  if (session.closing) return 'released';
  if (session.stage === 'offered') return 'offer_expired';
  return session.stage === 'queued' && session.due === session.queueUntil
    ? 'queue_timeout'
    : 'lapsed';
}
