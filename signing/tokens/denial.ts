import { z } from 'zod';
import type { EndReason, ErrorCode } from '../../domain/errors.ts';
import {
  refuseToken,
  verifyChain,
  type Chain,
  type ChainCheck,
  type ChainDemand,
  type TokenFormat,
} from './chain.ts';
import { hashCredential } from './credential-hash.ts';
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
    cred: z.string(),
    reason: z.string().optional(),
  })
  .refine((claims) => claims.exp - claims.iat <= lifeSeconds);

/**
 * What typ `lic-denial+jwt` says, instants in unix seconds:
 * - `iss` who runs the server; `aud` the product that was asked for
 * - `iat` when it was refused; `exp` at most five minutes later
 * - `code` why, from the table of errors; one that the reader does not know is a refusal all the same
 * - `reason` with `session_ended`: why it ended
 * - `nonce` and `instance_key` what the refused request said; the latter empty where no instance asked, or the
 *   server does not know which
 * - `cred` the credential that was refused, as {@link hashCredential} names it: whoever is in between cannot have
 *   a credential of his own refused in place of it
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
  /** The credential that came with it; empty where none did. */
  readonly credential: string;
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
    readonly reason?: EndReason | undefined;
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
    cred: await hashCredential(denied.credential),
    ...(denied.reason === undefined ? {} : { reason: denied.reason }),
  };
  return makeToken(delegate, { type: denialFormat.type, claims });
}

/** What an answer says that a denial came with. */
export interface ToldRefusal {
  readonly code: string;
  /** Null: it gives none. */
  readonly reason: string | null;
}

/**
 * Believes a denial only as the answer to the given request: an old one, or another's, denies nothing.
 *
 * @param demand `told`: what must be what was signed; whoever has only the denial leaves it out.
 */
export async function verifyDenial(
  chain: Chain,
  demand: ChainDemand & Omit<RefusedRequest, 'audience'> & { readonly told?: ToldRefusal },
): Promise<ChainCheck<DenialClaims>> {
  const { nonce, instanceKey, credential, told, ...ofChain } = demand;
  const check = await verifyChain(chain, { ...ofChain, format: denialFormat });
  if (!check.isGood) return check;
  const { claims } = check;
  const isAnswer = claims.nonce === nonce && claims.instance_key === instanceKey;
  if (!isAnswer) return refuseToken('other_request');
  if (claims.cred !== (await hashCredential(credential))) return refuseToken('other_credential');
  if (told === undefined) return check;
  const isTold = claims.code === told.code && (claims.reason ?? null) === told.reason;
  return isTold ? check : refuseToken('other_refusal');
}
