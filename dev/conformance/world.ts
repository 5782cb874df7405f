/** The world in which all vectors are set: one product, one license, one seat, one instant. */
import { makeCertificate, type DelegatedType } from '../../signing/tokens/certificate.ts';
import { makeToken, type TokenType } from '../../signing/tokens/jws.ts';
import type { LeaseClaims } from '../../signing/tokens/lease-token.ts';
import type { VectorKeys } from './keys.ts';
import type { Vector, VectorDemand } from './vector.ts';

/** Now, in unix seconds. */
export const at = 1_800_000_000;
export const issuer = 'https://licenses.example.com';
export const signUntil = at + 24 * 3_600;
export const verifyUntil = signUntil + 192 * 3_600;

const demand: VectorDemand = {
  at,
  pinned: ['root-1', 'root-2'],
  revoked: { keys: [], licenses: [], leases: [] },
  product: 'cad',
};

export const leaseClaims: LeaseClaims = {
  iss: issuer,
  aud: 'cad',
  sub: 'lic_1',
  tid: 'ten_1',
  sid: 'ses_1',
  jti: 'tok_1',
  iat: at,
  nbf: at,
  exp: at + 360 + 72 * 3_600,
  lease_until: at + 360,
  hb: 120,
  tier: 'pro',
  feat: { agents: 52, share: 0.5, betas: true, support: 'Grüße, "mail"\n' },
  epoch: 1,
  fence: 7,
  rev_seq: 0,
};

const scope: readonly DelegatedType[] = ['lic-lease+jwt', 'lic-denial+jwt'];

/** What the certificate says unless told otherwise: the delegate may sign for a day from now. */
export function certifiedOf({ delegate }: VectorKeys) {
  return { issuer, delegate: delegate.key, scope, seq: 1, at };
}

/** The certificate that is good. */
export function goodCertificate(keys: VectorKeys): Promise<string> {
  return makeCertificate(keys.roots[0].signer, certifiedOf(keys));
}

/** Signed by the delegate whatever it says. */
export function signedClaims(
  { delegate }: VectorKeys,
  type: TokenType,
  claims: object,
): Promise<string> {
  return makeToken(delegate.signer, { type, claims: { iat: at, exp: at, ...claims } });
}

type Case = Omit<Vector, 'demand'> & { readonly demand?: Partial<VectorDemand> };

/** A vector of this world, with what it demands differently. */
export function vectorOf({ demand: changed, ...vector }: Case): Vector {
  return { ...vector, demand: { ...demand, ...changed } };
}
