import { z } from 'zod';
import type { ErrorCode } from '../../domain/errors.ts';
import {
  verifyChain,
  type Chain,
  type ChainCheck,
  type ChainDemand,
  type TokenFormat,
} from './chain.ts';
import { makeToken, type TokenSigner } from './jws.ts';

/** Long enough for clocks that differ, too short to be worth keeping. */
const lifeSeconds = 300;

const denialClaims = z
  .object({
    iss: z.string(),
    aud: z.string(),
    iat: z.int(),
    exp: z.int(),
    code: z.string(),
    nonce: z.string().min(1),
    instance_key: z.string(),
  })
  .refine((claims) => claims.exp - claims.iat <= lifeSeconds);

/**
 * What typ `lic-denial+jwt` says, instants in unix seconds:
 * - `iss` who runs the server; `aud` the product that was asked for
 * - `iat` when it was refused; `exp` at most five minutes later
 * - `code` why, from the table of errors; one that the reader does not know is a refusal all the same
 * - `nonce` and `instance_key` what the refused request said; the latter empty where no instance asked, or the
 *   server does not know which
 */
export type DenialClaims = z.infer<typeof denialClaims>;

/** The request that was refused. */
export interface RefusedRequest {
  /** The product; empty where the server does not know it. */
  readonly audience: string;
  /** Random, and never used for another request; empty where the request had none. */
  readonly nonce: string;
  /** Empty where the server does not know it. */
  readonly instanceKey: string;
}

export const denialFormat: TokenFormat<DenialClaims> = {
  type: 'lic-denial+jwt',
  claims: denialClaims,
};

/**
 * Proof that the server, and not somebody on the way to it, refused this one request. One that names no
 * nonce is signed all the same, and proves nothing to anybody.
 */
export async function makeDenial(
  delegate: TokenSigner,
  denied: RefusedRequest & {
    readonly issuer: string;
    readonly code: ErrorCode;
    /** Unix seconds. */
    readonly at: number;
  },
): Promise<string> {
  const claims: DenialClaims = {
    iss: denied.issuer,
    aud: denied.audience,
    iat: denied.at,
    exp: denied.at + lifeSeconds,
    code: denied.code,
    nonce: denied.nonce,
    instance_key: denied.instanceKey,
  };
  return makeToken(delegate, { type: denialFormat.type, claims });
}

/** Believes a denial only as the answer to the given request: an old one, or another's, denies nothing. */
export async function verifyDenial(
  chain: Chain,
  { nonce, instanceKey, ...demand }: ChainDemand & Omit<RefusedRequest, 'audience'>,
): Promise<ChainCheck<DenialClaims>> {
  const check = await verifyChain(chain, { ...demand, format: denialFormat });
  if (!check.isGood) return check;
  const isAnswer = check.claims.nonce === nonce && check.claims.instance_key === instanceKey;
  return isAnswer ? check : { isGood: false, part: 'token', fault: 'other_request' };
}
