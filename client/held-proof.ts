import { deadlineAfter, type Deadline, type Instant } from './deadline.ts';
import type { Doubt, LeaseProof, Proven } from './verifier.ts';

/** The newest good lease token of a seat, and what is wrong with the newest one when it is not good. */
export class HeldProof {
  #newest: { proof: LeaseProof; rights: Deadline } | null = null;
  #doubt: Doubt | null = null;

  get doubt(): Doubt | null {
    return this.#doubt;
  }

  /** The token of the given session; that of one before it proves nothing any more. */
  of(sessionId: string): LeaseProof | null {
    return this.#newestOf(sessionId)?.proof ?? null;
  }

  /**
   * Until when the session may go on while no answer comes; null: nothing proves that it may. By the
   * server's clock, counted from the moment of asking, as the lease is.
   */
  rightsOf(sessionId: string): Deadline | null {
    return this.#newestOf(sessionId)?.rights ?? null;
  }

  /** What was proven holds no more. @returns why. */
  drop(doubt: Doubt): Doubt {
    this.#newest = null;
    this.#doubt = doubt;
    return doubt;
  }

  /**
   * Takes in what came with an answer, if something did. What is not good replaces nothing, nor does
   * what is older.
   *
   * @param askedAt when what it came with was asked for.
   * @returns the doubt, the first time that it arises.
   */
  take(proven: Proven | null, askedAt: Instant): Doubt | null {
    if (proven === null) return null;
    if (proven.isGood) {
      this.#doubt = null;
      const { claims } = proven.proof;
      const held = this.of(claims.sid);
      if (held !== null && held.claims.iat > claims.iat) return null;
      const rights = deadlineAfter(askedAt, (claims.exp - claims.iat) * 1000);
      this.#newest = { proof: proven.proof, rights };
      return null;
    }
    const { doubt } = proven;
    const isKnown = this.#doubt?.part === doubt.part && this.#doubt.fault === doubt.fault;
    this.#doubt = doubt;
    return isKnown ? null : doubt;
  }

  #newestOf(sessionId: string) {
    return this.#newest?.proof.claims.sid === sessionId ? this.#newest : null;
  }
}
