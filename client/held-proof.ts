import type { Doubt, LeaseProof, Proven } from './verifier.ts';

/** The newest good lease token of a seat, and what is wrong with the newest one when it is not good. */
export class HeldProof {
  #newest: LeaseProof | null = null;
  #doubt: Doubt | null = null;

  get doubt(): Doubt | null {
    return this.#doubt;
  }

  /** The token of the given session; that of one before it proves nothing any more. */
  of(sessionId: string): LeaseProof | null {
    return this.#newest?.claims.sid === sessionId ? this.#newest : null;
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
   * @returns the doubt, the first time that it arises.
   */
  take(proven: Proven | null): Doubt | null {
    if (proven === null) return null;
    if (proven.isGood) {
      this.#doubt = null;
      const { claims } = proven.proof;
      const held = this.of(claims.sid);
      if (held === null || held.claims.iat <= claims.iat) this.#newest = proven.proof;
      return null;
    }
    const { doubt } = proven;
    const isKnown = this.#doubt?.part === doubt.part && this.#doubt.fault === doubt.fault;
    this.#doubt = doubt;
    return isKnown ? null : doubt;
  }
}
