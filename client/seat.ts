import { EventEmitter } from 'node:events';
import type { Features, FeatureValue } from '../domain/entitlement.ts';
import type { EndReason } from '../domain/errors.ts';
import type { Fence, SeatUsage } from '../domain/seat.ts';
import { passing, tableError, unreachable, type LeaseholdError } from './errors.ts';
import { releaseAtExit } from './exit.ts';
import { Heartbeats } from './heartbeats.ts';
import { HeldProof } from './held-proof.ts';
import type { RememberedSeat } from './memory.ts';
import { Landing } from './landing.ts';
import { countDown } from './offline-grace.ts';
import type { SeatMemory } from './seat-memory.ts';
import { withPatience } from './patience.ts';
import { isLapse, isReacquirable, reacquire } from './reacquire.ts';
import { beatTimeoutMs } from './schedule.ts';
import { tenureOf, type Tenure } from './tenure.ts';
import type { SessionAnswer, Transport } from './transport.ts';
import type { Doubt, LeaseProof, Proven, Verifier } from './verifier.ts';

/**
 * - `online`: the last heartbeat was answered.
 * - `degraded`: heartbeats fail, the lease still runs; it tries again within the lease.
 * - `grace`: heartbeats fail and the lease is over, but a lease token proves the right to go on offline, until
 *   its `exp`. Only with pinned roots.
 * - `expired`: heartbeats fail and no right to go on is left. Nobody said no: the first beat that is answered
 *   brings the seat back, unless it went to somebody else meanwhile.
 * - `lost`: the server ended the session. Final.
 * - `released`: given back. Final.
 */
export type SeatState = 'online' | 'degraded' | 'grace' | 'expired' | 'lost' | 'released';

export interface Loss {
  /** Null when the server refused the heartbeat for another reason than an ended session. */
  reason: EndReason | null;
  error: LeaseholdError;
}

/** A right to go on without a server, and how much of it is left. */
export interface Grace {
  /** Its end by the server's clock. */
  until: Date;
  leftMs: number;
  /** Why no beat is answered; or, when the seat was given up meanwhile, that another one is waited for. */
  error: LeaseholdError;
}

export interface SeatEvents {
  /** A heartbeat was answered; `recovered` when it is the first after failures, or of a new session. */
  renewed: [renewal: { leaseUntil: Date; recovered: boolean }];
  /** A heartbeat failed, the first in a row. */
  degraded: [error: LeaseholdError];
  /**
   * The lease is over while heartbeats fail, and a lease token gives the right to go on. Again when 50, 80 and
   * 95 % of that time are over and, where it is longer, two days before its end; and when the server answers
   * again but the seat was given up: then the program waits for another one, and goes on meanwhile.
   */
  grace: [grace: Grace];
  /** The lease is over while heartbeats fail, and so is the grace where there was one. */
  expired: [error: LeaseholdError];
  /**
   * With pinned roots: a lease token came that is not good, for this reason for the first time. The state
   * does not change: the seat is held, and what was proven before stays proven.
   */
  tampered: [doubt: Doubt];
  /**
   * With pinned roots: a list of the vendor's has taken back what was proven. The state does not change:
   * the seat is held while answers come, until a token comes that is good.
   */
  revoked: [doubt: Doubt];
  /** The seat is gone. State and signal have changed already. */
  lost: [loss: Loss];
  /** Given back; `confirmed` is false when the server could not be told. */
  released: [confirmed: boolean];
}

interface SeatParts {
  transport: Transport;
  /** Null: no roots are pinned. */
  verifier: Verifier | null;
  /** What came with the answer that granted the seat. */
  proven: Proven | null;
  /** Asks for a seat again. */
  request: (how: { wait: boolean }) => Promise<SessionAnswer>;
  reacquireLapsed: boolean;
  keepAlive: boolean;
  releaseOnExit: boolean;
  /** Where the seat is written down for other processes; null: nowhere. */
  memory: SeatMemory | null;
}

const releasePatienceMs = 5_000;
const waitsForAnother = 'The seat was given up while no heartbeat came. Another one is waited for.';

/**
 * A seat that this program holds. It beats by itself, and goes back with `await using`, `release()` or
 * the end of the program. `acquire` makes it.
 */
export class Seat extends EventEmitter<SeatEvents> implements AsyncDisposable {
  readonly #parts: SeatParts;
  readonly #heartbeats: Heartbeats;
  readonly #over = new AbortController();
  readonly #lost = new AbortController();
  readonly #proof = new HeldProof();
  readonly #landing: Landing;
  readonly #forget: () => void;
  #state: SeatState = 'online';
  #loss: LeaseholdError | null = null;
  #releasing: Promise<boolean> | null = null;
  #stopGrace: () => void = () => undefined;

  constructor(answer: SessionAnswer, parts: SeatParts) {
    super();
    this.#parts = parts;
    this.#landing = new Landing({ ...parts, over: this.#over.signal });
    this.#heartbeats = new Heartbeats(tenureOf(answer), {
      keepAlive: parts.keepAlive,
      renew: (tenure) => this.#renew(tenure),
      listener: {
        renewed: (recovered) => {
          this.#stopGrace();
          this.#enter('online');
          this.emit('renewed', { leaseUntil: this.leaseUntil, recovered });
        },
        failing: (error) => {
          this.#enter('degraded');
          this.emit('degraded', error);
        },
        leaseOver: (error) => {
          this.#goOnOffline(error);
        },
        refused: (error) => {
          this.#lose(error);
        },
      },
    });
    this.#forget = parts.releaseOnExit ? releaseAtExit(this) : () => undefined;
    this.#hold(parts.proven, answer);
    this.#enter('online');
  }

  get state(): SeatState {
    return this.#state;
  }

  /** Changes when the seat is acquired again after its lease lapsed. */
  get sessionId(): string {
    return this.#session.id;
  }

  get licenseId(): string {
    return this.#session.licenseId;
  }

  get instanceKey(): string {
    return this.#session.instanceKey;
  }

  /** Rises with every grant of the license: whatever the seat protects may refuse an older one. */
  get fence(): Fence | null {
    return this.#session.fence;
  }

  /** Seats in use when the server last said so. */
  get seats(): SeatUsage | null {
    return this.#session.seats;
  }

  /** The end of the lease by the server's clock. */
  get leaseUntil(): Date {
    return new Date(this.#session.leaseUntil ?? 0);
  }

  /**
   * With pinned roots: the newest lease token that was found good. It proves the seat without the server,
   * as of its claim `iat` and until `exp`. Null: there is none, and the seat is the server's word alone.
   */
  get leaseToken(): LeaseProof | null {
    return this.#proof.of(this.sessionId);
  }

  /** Why the newest lease token is not believed; null: it is, or none came. */
  get doubt(): Doubt | null {
    return this.#proof.doubt;
  }

  /** What the license grants, as the newest good lease token says; null without one. */
  get entitlements(): Features | null {
    return this.leaseToken?.claims.feat ?? null;
  }

  /** The value of one entitlement; undefined: the license does not have it, or nothing is proven. */
  feature(name: string): FeatureValue | undefined {
    const features = this.leaseToken?.claims.feat ?? {};
    return Object.hasOwn(features, name) ? features[name] : undefined;
  }

  /** Aborts, with the error as its reason, when the seat is lost: hand it to the work that needs one. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Makes sure of the seat before a piece of work, for programs that may have been paused: at once
   * while the lease runs, else with a heartbeat. One that nobody answers is no hindrance within the grace.
   *
   * @throws LeaseholdError why the seat was lost or released, or (not conclusive) why nobody can tell.
   */
  async confirm(): Promise<void> {
    if (this.#heartbeats.tenure.lease.leftMs() <= 0 && !this.#over.signal.aborted) {
      await this.#heartbeats.beat();
    }
    if (this.#loss !== null) throw this.#loss;
    if (this.#state === 'released') {
      throw tableError('session_ended', 'This seat was released.', { reason: 'released' });
    }
    if (this.#heartbeats.tenure.lease.leftMs() <= 0 && this.#rightsLeftMs() <= 0) {
      throw this.#heartbeats.lastError ?? unreachable('The lease is over.');
    }
  }

  /**
   * Gives the seat back. Idempotent, and never rejects.
   *
   * @returns whether the server knows; if not, the seat frees itself when its lease is over.
   */
  release(): Promise<boolean> {
    this.#releasing ??= this.#release();
    return this.#releasing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  get #session() {
    return this.#heartbeats.tenure.session;
  }

  #enter(state: RememberedSeat['state']): void {
    this.#state = state;
    this.#parts.memory?.keep(this.#heartbeats.tenure, state, this.leaseToken);
  }

  /** How long it may go on after its lease while no answer comes; 0 or less: it may not. */
  #rightsLeftMs(): number {
    return this.#proof.rightsOf(this.sessionId)?.leftMs() ?? 0;
  }

  #goOnOffline(error: LeaseholdError): void {
    const expire = () => {
      this.#enter('expired');
      this.emit('expired', this.#heartbeats.lastError ?? error);
    };
    const rights = this.#proof.rightsOf(this.sessionId);
    if (rights === null || rights.leftMs() <= 0) {
      expire();
      return;
    }
    this.#enter('grace');
    this.#stopGrace = countDown(rights, {
      keepAlive: this.#parts.keepAlive,
      warn: () => {
        this.#tellOfGrace(this.#heartbeats.lastError ?? error);
      },
      over: expire,
    });
  }

  #tellOfGrace(error: LeaseholdError): void {
    const until = new Date((this.leaseToken?.claims.exp ?? 0) * 1000);
    this.emit('grace', { until, leftMs: this.#rightsLeftMs(), error });
  }

  async #renew(tenure: Tenure): Promise<Tenure> {
    const landed = this.#landing.take();
    if (landed !== null) return this.#take(await landed);
    if (this.#landing.isUnderWay) throw this.#heartbeats.lastError ?? unreachable(waitsForAnother);
    const { transport, verifier } = this.#parts;
    const options = {
      ...{ timeoutMs: beatTimeoutMs(tenure.leaseMs), signal: this.#over.signal },
      wantsToken: verifier !== null && this.leaseToken === null,
    };
    try {
      return await this.#take(await transport.renewSession(tenure.ref, options), tenure);
    } catch (error) {
      if (isLapse(error) && this.#rightsLeftMs() > 0) throw this.#land(error);
      if (!isReacquirable(error, this.#parts)) throw error;
      return await this.#take(await reacquire(error, this.#parts, this.#over.signal));
    }
  }

  /** @returns what the beat failed with that found the seat given up. */
  #land(lapse: LeaseholdError): LeaseholdError {
    this.#landing.begin(() => void this.#heartbeats.beat());
    const error = passing(lapse, { detail: waitsForAnother });
    if (this.#state === 'grace') this.#tellOfGrace(error);
    return error;
  }

  /** Costs more than before only when a token came. */
  async #take(answer: SessionAnswer, before?: Tenure): Promise<Tenure> {
    const { verifier } = this.#parts;
    if (verifier !== null) {
      this.#hold(await verifier.prove(answer), answer);
      await this.#holdAgainstLists(verifier);
    }
    return tenureOf(answer, before);
  }

  async #holdAgainstLists(verifier: Verifier): Promise<void> {
    const { leaseToken } = this;
    const doubt = leaseToken === null ? null : await verifier.doubtHeld(leaseToken);
    if (doubt === null) return;
    this.#proof.drop(doubt);
    setImmediate(() => this.emit('revoked', doubt));
  }

  #hold(proven: Proven | null, { askedAt }: SessionAnswer): void {
    const doubt = this.#proof.take(proven, askedAt);
    // Whoever acquires cannot listen before it has the seat; and a listener that fails costs no beat.
    if (doubt !== null) setImmediate(() => this.emit('tampered', doubt));
  }

  #lose(error: LeaseholdError): void {
    this.#end('lost');
    this.#parts.memory?.forget();
    this.#loss = error;
    this.#lost.abort(error);
    this.emit('lost', { reason: error.reason, error });
  }

  async #release(): Promise<boolean> {
    if (this.#state === 'lost') return true;
    const { ref } = this.#heartbeats.tenure;
    this.#end('released');
    const confirmed = await withPatience(
      () => this.#parts.transport.releaseSession(ref, { timeoutMs: releasePatienceMs }),
      { patienceMs: releasePatienceMs },
    ).then(
      () => true,
      () => false,
    );
    this.#forget();
    // What the server does not know yet can still be given back by hand.
    if (confirmed) this.#parts.memory?.forget();
    this.emit('released', confirmed);
    return confirmed;
  }

  #end(state: 'lost' | 'released'): void {
    this.#state = state;
    this.#heartbeats.stop();
    this.#stopGrace();
    this.#over.abort();
    if (state === 'lost') this.#forget();
  }
}
