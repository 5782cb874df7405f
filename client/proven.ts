import { randomBytes } from 'node:crypto';
import { LeaseholdError, unproven } from './errors.ts';
import type { Verifier } from './verifier.ts';

/** Who asks, and what the answers are held against. */
export interface Asker {
  readonly verifier: Verifier;
  readonly instanceKey: string;
}

/** Null: no roots are pinned, and every answer is believed. */
export function askerOf(verifier: Verifier | null, instanceKey: string): Asker | null {
  return verifier === null ? null : { verifier, instanceKey };
}

const nonceBytes = 16;

/**
 * Asks once. With a verifier the request carries a nonce that no other has, and a refusal counts only when
 * the server has signed it for that nonce and this instance.
 *
 * @throws LeaseholdError `unproven`, which is not conclusive, instead of a refusal without proof.
 */
export async function askForProof<Answer>(
  asker: Asker | null,
  ask: (nonce: string | undefined) => Promise<Answer>,
): Promise<Answer> {
  if (asker === null) return ask(undefined);
  const { verifier, instanceKey } = asker;
  const nonce = randomBytes(nonceBytes).toString('base64url');
  try {
    return await ask(nonce);
  } catch (error) {
    if (!(error instanceof LeaseholdError) || !error.conclusive) throw error;
    const doubt = await verifier.doubtRefusal(error, { nonce, instanceKey });
    throw doubt === null ? error : unproven(error, doubt);
  }
}
