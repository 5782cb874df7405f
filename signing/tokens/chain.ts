/**
 * How whoever holds a token finds out offline whether to believe it: a pinned root signed the certificate,
 * the certificate's delegate signed the token, and the token was issued while the delegate was allowed to.
 */
import type { z } from 'zod';
import { readCertificate, type DelegateClaims, type DelegatedType } from './certificate.ts';
import { verifyToken, type TokenClaims, type TokenFault, type TrustedKey } from './jws.ts';
import type { Revocations } from './revocation-list.ts';

/** One kind of token that delegates sign. */
export interface TokenFormat<Claims extends TokenClaims> {
  readonly type: DelegatedType;
  readonly claims: z.ZodType<Claims>;
  /** Whether what it is about was revoked, where that can be. */
  readonly revokedBy?: (claims: Claims, revoked: Revocations) => RevokedFault | null;
}

/** A token and the certificate of the key that signed it; neither is believed yet. */
export interface Chain {
  readonly certificate: string;
  readonly token: string;
}

/** What a chain must be to be believed. */
export interface ChainDemand {
  /** Pinned, by key id. */
  readonly roots: ReadonlyMap<string, TrustedKey>;
  /** What the newest list revokes that is known. */
  readonly revoked: Revocations;
  /** Now, in unix seconds. */
  readonly at: number;
  /** The product that the token must be for; null: whoever asks looks at it himself. */
  readonly audience: string | null;
}

/** What a list may revoke. */
export type RevokedFault = 'revoked_key' | 'revoked_license' | 'revoked_lease';

/** Why a chain is not believed, besides what may be wrong with either of its tokens. */
export type ChainFault =
  | TokenFault
  | RevokedFault
  | 'outside_scope'
  | 'outside_certificate'
  | 'other_request'
  | 'other_credential'
  | 'other_refusal'
  | 'other_license'
  | 'other_session';

export interface ChainRefusal {
  readonly isGood: false;
  readonly part: 'certificate' | 'token';
  readonly fault: ChainFault;
}

export type ChainCheck<Claims> = { readonly isGood: true; readonly claims: Claims } | ChainRefusal;

/** Verifies certificate and token. Says what is wrong with the first part that is wrong. */
export async function verifyChain<Claims extends TokenClaims>(
  { certificate, token }: Chain,
  { format, ...demand }: ChainDemand & { readonly format: TokenFormat<Claims> },
): Promise<ChainCheck<Claims>> {
  const certified = await verifyCertificate(certificate, demand);
  if (!certified.isGood) return certified;
  const { jwk } = certified.claims.cnf;
  if (!certified.claims.scope.includes(format.type)) return refuse('certificate', 'outside_scope');
  // The delegate alone: no root signs tokens, and no delegate certifies another.
  const keys = new Map<string, TrustedKey>([[jwk.kid, { algorithm: 'Ed25519', key: jwk }]]);
  const { type } = format;
  const { at, audience, revoked } = demand;
  const product = audience === null ? {} : { audience };
  const checked = await verifyToken(token, { type, keys, at, ...product });
  if (!checked.isGood) return refuseToken(checked.fault);
  if (!isWithin(checked.claims, certified.claims)) return refuseToken('outside_certificate');
  const claims = format.claims.safeParse(checked.claims);
  if (!claims.success) return refuseToken('malformed');
  const fault = format.revokedBy?.(claims.data, revoked) ?? null;
  return fault === null ? { isGood: true, claims: claims.data } : refuseToken(fault);
}

/** Verifies a certificate: its delegate may have signed, whatever it was. */
export async function verifyCertificate(
  certificate: string,
  { roots, revoked, at }: Omit<ChainDemand, 'audience'>,
): Promise<ChainCheck<DelegateClaims>> {
  const checked = await verifyToken(certificate, { type: 'lic-delegate+jwt', keys: roots, at });
  if (!checked.isGood) return refuse('certificate', checked.fault);
  const claims = readCertificate(checked.claims);
  if (claims === null) return refuse('certificate', 'malformed');
  const isRevoked = revoked.keys.has(checked.kid) || revoked.keys.has(claims.cnf.jwk.kid);
  return isRevoked ? refuse('certificate', 'revoked_key') : { isGood: true, claims };
}

/** Without regard to skew: who signs sees to it that its clock is within its certificate. */
function isWithin(token: TokenClaims, certificate: DelegateClaims): boolean {
  const wasInTime = certificate.nbf <= token.iat && token.iat <= certificate.sign_until;
  return wasInTime && token.exp <= certificate.verify_until;
}

/** For what only one kind of token asks of a good chain. */
export function refuseToken(fault: ChainFault): ChainRefusal {
  return refuse('token', fault);
}

function refuse(part: ChainRefusal['part'], fault: ChainFault): ChainRefusal {
  return { isGood: false, part, fault };
}
