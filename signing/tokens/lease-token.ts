import { z } from 'zod';
import {
  refuseToken,
  verifyChain,
  type Chain,
  type ChainCheck,
  type ChainDemand,
  type TokenFormat,
} from './chain.ts';
import { makeToken, type TokenSigner } from './jws.ts';
import { isLeaseRevoked } from './revocation-list.ts';

const leaseClaims = z
  .object({
    iss: z.string(),
    aud: z.string(),
    sub: z.string(),
    tid: z.string(),
    sid: z.string(),
    jti: z.string(),
    iat: z.int(),
    nbf: z.int(),
    exp: z.int(),
    lease_until: z.int(),
    hb: z.int().min(1),
    tier: z.string(),
    feat: z.record(z.string(), z.union([z.boolean(), z.number(), z.string()])),
    epoch: z.int(),
    fence: z.int(),
    rev_seq: z.int().min(0),
    nonce: z.string().min(1).optional(),
  })
  .refine((claims) => claims.iat <= claims.lease_until)
  .refine((claims) => claims.lease_until <= claims.exp);

/**
 * What typ `lic-lease+jwt` says, instants in unix seconds:
 * - `iss` who runs the server; `aud` the product; `sub` the license; `tid` its tenant; `sid` the session
 * - `jti` the token's own id; `iat` when it was issued, by the server's clock; `nbf` when it begins
 * - `lease_until` when the seat is free for others unless a heartbeat comes; `hb` seconds between beats
 * - `exp` when the right to go on offline ends, so that any plain verifier of JWTs is right
 * - `tier` the plan; `feat` its entitlements, each on or off, a limit or a text
 * - `epoch` and `fence` order the grants of a pool: compare the epoch first
 * - `rev_seq` the number of the newest revocation list
 * - `nonce` that of the request which it answers, where the request had one: who asked believes no older token
 *   than the one that was made for this request, whatever clock the answer shows. Later nobody looks at it
 *
 * It says nothing of a person or a device: a session's machine is known to the server alone.
 */
export type LeaseClaims = z.infer<typeof leaseClaims>;

export const leaseFormat: TokenFormat<LeaseClaims> = {
  type: 'lic-lease+jwt',
  claims: leaseClaims,
  revokedBy: ({ sub: license, epoch, fence }, revoked) => {
    if (revoked.licenses.has(license)) return 'revoked_license';
    return isLeaseRevoked({ license, epoch, fence }, revoked) ? 'revoked_lease' : null;
  },
};

/**
 * A token that proves a seat without a server. Members that are no claims of a lease are left out.
 * @throws ZodError unless iat ≤ lease_until ≤ exp.
 */
export async function makeLeaseToken(delegate: TokenSigner, claims: LeaseClaims): Promise<string> {
  return makeToken(delegate, { type: leaseFormat.type, claims: leaseClaims.parse(claims) });
}

/** Whose lease it must be, and which request it must answer; any unless given. */
export interface LeaseHolder {
  readonly licenseId?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly nonce?: string | undefined;
}

/**
 * Believes a lease of the given license and session alone: that of another seat proves nothing of this one. With
 * a nonce it must be the answer to that request.
 */
export async function verifyLease(
  chain: Chain,
  { licenseId, sessionId, nonce, ...demand }: ChainDemand & LeaseHolder,
): Promise<ChainCheck<LeaseClaims>> {
  const check = await verifyChain(chain, { ...demand, format: leaseFormat });
  if (!check.isGood) return check;
  const { sub, sid } = check.claims;
  if (licenseId !== undefined && sub !== licenseId) return refuseToken('other_license');
  if (sessionId !== undefined && sid !== sessionId) return refuseToken('other_session');
  if (nonce !== undefined && check.claims.nonce !== nonce) return refuseToken('other_request');
  return check;
}
