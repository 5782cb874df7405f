/**
 * Holds what a server says against pinned roots. Without pins there is none, and a program believes the
 * server as it always did.
 *
 * Neither half of it can lock anybody out. A refusal without proof is no refusal: the program goes on as if
 * nobody had answered. A lease token without proof gives no right to go on offline, and takes nothing
 * away: while answers come the seat is the server's word, with or without a token.
 */
import type { Chain, ChainCheck } from '../signing/tokens/chain.ts';
import type { LeaseClaims } from '../signing/tokens/lease-token.ts';
import type { LeaseholdError } from './errors.ts';
import { LearnedTrust } from './learned-trust.ts';
import { readPins, type PinOptions } from './pins.ts';
import type { SessionAnswer } from './transport.ts';
import type * as verifyModule from './verify/index.ts';

/** A lease token that was found good, with its certificate and what it says. */
export interface LeaseProof extends Chain {
  readonly claims: LeaseClaims;
}

/** Why a lease token is not believed: which of its parts is wrong, and how. */
export interface Doubt {
  readonly part: 'certificate' | 'token';
  readonly fault: string;
}

export type Proven =
  | { readonly isGood: true; readonly proof: LeaseProof }
  | { readonly isGood: false; readonly doubt: Doubt };

/** The request that was refused: whose, asked with what, and the nonce that only it has. */
export interface Asked {
  readonly nonce: string;
  /** Empty where no instance asks. */
  readonly instanceKey: string;
  /** What it was asked with. */
  readonly credential: string;
}

export interface Verifier {
  /** Why a refusal is not proven to be the server's answer to this request; null: it is. */
  readonly doubtRefusal: (refusal: LeaseholdError, asked: Asked) => Promise<string | null>;
  /**
   * Whether the lease token of an answer is good, and was made for the request that it answers; null when there
   * is none: nothing was signed now.
   */
  readonly prove: (answer: SessionAnswer) => Promise<Proven | null>;
  /** Why a lease token that was good is so no more, by a list that came since; null: it is good. */
  readonly doubtHeld: (proof: LeaseProof) => Promise<Doubt | null>;
}

/**
 * Null without pins: then nothing that verifies is loaded, and nothing is waited for.
 *
 * @param server `product`: what tokens and denials must be for; null: any. `url`: who is asked for newer
 * lists.
 * @throws LeaseholdError `misconfigured` when there are pins that cannot be used, at once or later.
 */
export function createVerifier(
  pins: PinOptions,
  server: { url: string; product: string | null },
  environment: NodeJS.ProcessEnv,
): Promise<Verifier> | null {
  const keySet = readPins(pins, environment);
  if (keySet === null) return null;
  return import('./verify/index.ts').then(async (module) => {
    const { product } = server;
    const learned = await LearnedTrust.open(module, { keySet, product, environment });
    return verifierOf(module, learned, server);
  });
}

function verifierOf(
  { verifyDenial, verifyLease }: typeof verifyModule,
  learned: LearnedTrust,
  { url, product }: { url: string; product: string | null },
): Verifier {
  /** By the number of the list that each was held against last. */
  const heldAgainst = new WeakMap<LeaseProof, number>();
  const demandAt = (at: number) => ({
    roots: learned.trust.roots,
    revoked: learned.known.revoked,
    at,
    audience: product,
  });
  /** A root that is not known may have come since the pins were made. */
  const learning = async <Check extends ChainCheck<unknown>>(verify: () => Promise<Check>) => {
    const check = await verify();
    if (check.isGood || check.part !== 'certificate' || check.fault !== 'unknown_key') return check;
    await learned.learn(url);
    return verify();
  };

  return {
    async doubtRefusal({ code, denial }, asked) {
      if (denial === null) return 'it is not signed';
      const at = Math.floor(Date.now() / 1000);
      // Whose a credential is that it does not know, the server cannot say.
      const isStranger = code === 'unauthenticated';
      const known = isStranger ? { audience: '', instanceKey: '' } : {};
      const { reason } = denial;
      const check = await learning(() =>
        verifyDenial(denial, { ...demandAt(at), ...asked, ...known, told: { code, reason } }),
      );
      return check.isGood ? null : (reasons[check.fault] ?? `${check.part}: ${check.fault}`);
    },

    async prove({ session, serverTime, nonce = '', ...answer }) {
      const { leaseToken: token, certificate, revocationSeq = 0 } = answer;
      // No answer waits for it: what is revoked counts from the next one on. A lower number counts as well: the
      // higher one may be a stolen root's.
      if (revocationSeq !== 0 && revocationSeq !== learned.known.seq) void learned.learn(url);
      if (token === undefined) return null;
      if (certificate === undefined) {
        return { isGood: false, doubt: { part: 'certificate', fault: 'missing' } };
      }
      const chain = { token, certificate };
      // As of the clock that issued it. What this machine's clock says of it counts when it is used. That it was
      // issued for this answer shows its nonce: an old one with an old clock is none.
      const at = secondsOf(serverTime);
      const holder = { sessionId: session.id, licenseId: session.licenseId, nonce };
      const check = await learning(() => verifyLease(chain, { ...demandAt(at), ...holder }));
      if (check.isGood) return { isGood: true, proof: { ...chain, claims: check.claims } };
      return { isGood: false, doubt: { part: check.part, fault: check.fault } };
    },

    async doubtHeld(proof) {
      const { seq } = learned.known;
      if ((heldAgainst.get(proof) ?? 0) === seq) return null;
      heldAgainst.set(proof, seq);
      const check = await verifyLease(proof, demandAt(proof.claims.iat));
      return check.isGood ? null : { part: check.part, fault: check.fault };
    },
  };
}

function secondsOf(instant: string): number {
  const ms = Date.parse(instant);
  return Math.floor((Number.isNaN(ms) ? Date.now() : ms) / 1000);
}

/** What users can do something about. */
const reasons: Readonly<Partial<Record<string, string>>> = {
  expired: "it is too old, or this machine's clock is ahead",
  not_yet_valid: "it is of the future, or this machine's clock is behind",
  unknown_key: 'none of the pinned roots stands behind it',
  other_request: 'it answers another request',
  other_credential: 'it refuses another credential',
  other_refusal: 'what is signed is another refusal',
};
