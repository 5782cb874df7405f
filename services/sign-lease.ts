import { randomUUID } from 'node:crypto';
import type { Fence } from '../domain/seat.ts';
import type { Delegate } from '../signing/delegate.ts';
import type { SessionClaims } from '../signing/session-credential.ts';
import { makeLeaseToken, type LeaseClaims } from '../signing/tokens/lease-token.ts';
import type { Deps } from './deps.ts';
import type { TokenTerms } from './pool-config.ts';

/** A token that proves a seat without the server, and the certificate of the key that signed it. */
export interface SignedLease {
  leaseToken: string;
  certificate: string;
}

/** What a script said of a seat. Instants are unix milliseconds of its clock. */
export interface Lease {
  now: number;
  leaseUntil: number;
  /** Null: online-only, the token ends with the lease. */
  hardUntil: number | null;
  heartbeatMs: number;
  fence: Fence;
  /** As `poolTermsOfLicense` made them. */
  terms: string;
  /** Of the request that is answered. */
  nonce?: string | undefined;
}

export type LeaseSubject = Pick<SessionClaims, 'tenantId' | 'licenseId' | 'sessionId' | 'product'>;

/**
 * Signs a lease for whoever holds the seat. Instants are rounded down, so that no token outlasts the rights
 * that the pool counts for it.
 *
 * @returns null when no key may sign at this moment, or the credential is of before it named a product; also
 * when it fails, which is logged: the seat is kept all the same.
 */
export async function signLease(
  deps: Pick<Deps, 'lists' | 'log' | 'metrics' | 'signing'>,
  delegate: Delegate | null,
  subject: LeaseSubject,
  lease: Lease,
): Promise<SignedLease | null> {
  const { lists, log, metrics, signing } = deps;
  const iat = seconds(lease.now);
  if (delegate === null || subject.product === '' || iat > delegate.signUntil) return null;
  try {
    const revSeq = lists.revocations()?.seq ?? 0;
    const claims = { ...claimsOf(signing.issuer, subject, lease), rev_seq: revSeq };
    const leaseToken = await makeLeaseToken(delegate.signer, claims);
    metrics.tokensSigned.inc({ kind: 'lease' });
    return { leaseToken, certificate: delegate.certificate };
  } catch (error) {
    const { tenantId, licenseId, sessionId } = subject;
    log.error({ err: error, tenantId, licenseId, sessionId }, 'Lease could not be signed');
    return null;
  }
}

function claimsOf(
  issuer: string,
  subject: LeaseSubject,
  lease: Lease,
): Omit<LeaseClaims, 'rev_seq'> {
  // Written by `poolTermsOfLicense`, of this release: another one's pool is not held.
  const { tier, feat } = JSON.parse(lease.terms) as TokenTerms;
  const iat = seconds(lease.now);
  const leaseUntil = seconds(lease.leaseUntil);
  return {
    iss: issuer,
    aud: subject.product,
    sub: subject.licenseId,
    tid: subject.tenantId,
    sid: subject.sessionId,
    jti: randomUUID(),
    iat,
    nbf: iat,
    exp: lease.hardUntil === null ? leaseUntil : seconds(lease.hardUntil),
    lease_until: leaseUntil,
    hb: Math.max(1, Math.round(lease.heartbeatMs / 1_000)),
    tier,
    feat,
    epoch: lease.fence.epoch,
    fence: lease.fence.counter,
    ...(lease.nonce === undefined ? {} : { nonce: lease.nonce }),
  };
}

function seconds(unixMs: number): number {
  return Math.floor(unixMs / 1_000);
}
