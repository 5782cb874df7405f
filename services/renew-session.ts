import { LicensingError, type EndReason } from '../domain/errors.ts';
import type { RenewLease, RenewReply } from '../lua/scripts.ts';
import type { Delegate } from '../signing/delegate.ts';
import type { SessionClaims } from '../signing/session-credential.ts';
import { isOutage } from '../platform/outage.ts';
import { sessionWorkflowId } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';
import type { HeartbeatForwarder } from './forward-heartbeat.ts';
import { gainRights, type Renewed } from './gain-rights.ts';
import { recordedEnd } from './recorded-end.ts';
import { restorePool } from './restore-pool.ts';
import { signLease, type SignedLease } from './sign-lease.ts';

/** What a beat asks for. */
interface Beat {
  /** What the caller calls this request; a lease token repeats it. */
  nonce?: string | undefined;
  /** The caller has no token of its session, whatever was signed: the answer to an earlier beat was lost, say. */
  wantsToken?: boolean;
}

/** What became of the seat, or of the place in the queue. */
type Kept = Exclude<RenewReply, { word: 'NO_POOL' }>;

/**
 * The heartbeat: one round trip to Redis and nothing else while the session lives, but once for a session
 * that began online-only. A pool that Redis lost is rebuilt in the
 * background while the client, told to come back in a moment, keeps working. A session that this Redis
 * does not know is only called ended if the pool that says so is the one that the ledger is at.
 *
 * @throws LicensingError `restoring` while the pool is rebuilt, or is one of another epoch.
 */
export async function renewSession(
  deps: Deps & { forwarder: HeartbeatForwarder },
  claims: SessionClaims,
  asked: Beat = {},
): Promise<{ seat: Kept; lease: SignedLease | null }> {
  const delegate = deps.delegate.current();
  const { nonce, wantsToken = false } = asked;
  const renew = (options: Pick<RenewLease, 'offered'>) =>
    deps.seats.renewLease(claims, {
      ...{ ...claims, ...options, wantsToken },
      signer: delegate?.signer.kid ?? '',
    });
  const beaten = await renew({});
  const reply =
    beaten.word === 'RENEWED' ? await gainRights(deps, claims, { beaten, renew }) : beaten;
  deps.metrics.heartbeats.inc({ outcome: reply.word.toLowerCase() });
  if (reply.word === 'NO_POOL') {
    restorePool(deps, claims).catch((error: unknown) => {
      deps.log.warn({ err: error, licenseId: claims.licenseId }, 'Pool not restored yet');
    });
    throw new LicensingError(
      'restoring',
      'The seats of this license are being restored. The seat is kept: beat again in a moment.',
    );
  }
  deps.reached('heartbeat:renewed');
  if (reply.word === 'RENEWED' && reply.forward) {
    deps.forwarder.forward(sessionWorkflowId(claims.tenantId, claims.sessionId), {
      seenAt: reply.now,
      leaseUntil: reply.leaseUntil,
    });
  }
  if (reply.word === 'RENEWED')
    return { seat: reply, lease: await sign(deps, delegate, claims, { ...reply, nonce }) };
  if (reply.word !== 'ENDED' || !guesses.has(reply.reason)) return { seat: reply, lease: null };
  return { seat: { ...reply, reason: await reasonOf(deps, claims, reply) }, lease: null };
}

/** Only when a new token says more than the last, or the last is not there: most beats sign nothing. */
async function sign(
  deps: Deps,
  delegate: Delegate | null,
  claims: SessionClaims,
  { mustSign, terms, ...seat }: Renewed & Pick<Beat, 'nonce'>,
): Promise<SignedLease | null> {
  if (!mustSign || terms === null) return null;
  return signLease(deps, delegate, claims, { ...seat, terms });
}

/**
 * What Redis says of a session that it knows nothing of, as after a rebuild, where no ended one is loaded,
 * or in a pool that was never told what happened to it elsewhere.
 */
const guesses: ReadonlySet<EndReason> = new Set(['lapsed', 'superseded', 'license_suspended']);

/** Why the session ended, where the ledger knows; Redis's guess while it does not, or cannot be asked. */
async function reasonOf(
  deps: Deps,
  claims: SessionClaims,
  { epoch, reason }: { epoch: number; reason: EndReason },
): Promise<EndReason> {
  try {
    return (await recordedEnd(deps, claims, epoch))?.endReason ?? reason;
  } catch (error) {
    if (isOutage(error)) return reason;
    throw error;
  }
}
