import { expect } from 'vitest';
import { z } from 'zod';
import { denialFormat, type DenialClaims } from '../../signing/tokens/denial.ts';
import { verifyChain, type TokenFormat } from '../../signing/tokens/chain.ts';
import type { TrustedKey } from '../../signing/tokens/jws.ts';
import { nothingRevoked } from '../../signing/tokens/revocation-list.ts';
import type { TestApi } from './api.ts';

/** Verifies what an API signs as a program does that has pinned its roots. */
export async function proofOf({ deps }: TestApi) {
  const rows = await deps.systemDb.selectFrom('rootKeys').select(['kid', 'publicKey']).execute();
  const roots = new Map(
    rows.map(({ kid, publicKey }): [string, TrustedKey] => [
      kid,
      { algorithm: 'PS256', key: { ...publicKey, kty: 'RSA' } },
    ]),
  );
  return {
    roots,
    /** The claims of a problem's denial, whose chain must be good. */
    async claimsOf(problem: unknown): Promise<DenialClaims> {
      const { denial = '', certificate = '' } = problem as Record<string, string | undefined>;
      const at = Math.floor(Date.now() / 1_000);
      const demand = { roots, revoked: nothingRevoked, at, audience: null };
      const check = await verifyChain(
        { token: denial, certificate },
        { ...demand, format: bareFormat },
      );
      if (!check.isGood) expect.fail(`The denial is not good: ${check.part} ${check.fault}`);
      return check.claims;
    },
  };
}

/** Also takes a denial that is bound to nothing: one whose request had no nonce, or of a stranger. */
const bareFormat: TokenFormat<DenialClaims> = {
  type: denialFormat.type,
  claims: z.object({
    ...{ iss: z.string(), aud: z.string(), code: z.string() },
    ...{ nonce: z.string(), instance_key: z.string(), iat: z.int(), exp: z.int() },
    ...{ cred: z.string(), reason: z.string().optional() },
  }),
};
