import { randomBytes } from 'node:crypto';
import { LeaseholdError, unproven } from './errors.ts';
import type { Verifier } from './verifier.ts';

/** Who asks, and what the answers are held against. */
export interface Asker {
  readonly verifier: Verifier;
  /** Empty where no instance asks: for license files, say. */
  readonly instanceKey: string;
}

/** Null: no roots are pinned, and every answer is believed. */
export function askerOf(verifier: Verifier | null, instanceKey: string): Asker | null {
  return verifier === null ? null : { verifier, instanceKey };
}

const nonceBytes = 16;

/** How a request carries its nonce: in a header, so that it is known before anything of a body is read. */
export function nonceHeader(nonce: string | undefined): Record<string, string> {
  return nonce === undefined ? {} : { 'Leasehold-Nonce': nonce };
}

/**
 * Asks once. With a verifier the request is to carry a nonce that no other has, and a refusal counts only when
 * the server has signed it for that nonce, this credential and this instance.
 *
 * @throws LeaseholdError `unproven`, which is not conclusive, instead of a refusal without proof.
 */
export async function askForProof<Answer>(
  asker: Asker | null,
  credential: string,
  ask: (nonce: string | undefined) => Promise<Answer>,
): Promise<Answer> {
  if (asker === null) return ask(undefined);
  const { verifier, instanceKey } = asker;
  const nonce = randomBytes(nonceBytes).toString('base64url');
  try {
    return await ask(nonce);
  } catch (error) {
    if (!(error instanceof LeaseholdError) || !error.conclusive) throw error;
    const doubt = await verifier.doubtRefusal(error, { nonce, instanceKey, credential });
    throw doubt === null ? error : unproven(error, doubt);
  }
}
