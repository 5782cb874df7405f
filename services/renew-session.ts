import { LicensingError, type EndReason } from '../domain/errors.ts';
import type { RenewReply } from '../lua/scripts.ts';
import type { SessionClaims } from '../signing/session-credential.ts';
import { isOutage } from '../platform/outage.ts';
import { sessionWorkflowId } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';
import type { HeartbeatForwarder } from './forward-heartbeat.ts';
import { loadSession } from './load-session.ts';
import { restorePool } from './restore-pool.ts';

/**
 * The heartbeat: one round trip to Redis and nothing else while the session lives. A pool that Redis lost is rebuilt in the
 * background while the client, told to come back in a moment, keeps working.
 *
 * @throws LicensingError `restoring` while the pool is rebuilt.
 */
export async function renewSession(
  deps: Deps & { forwarder: HeartbeatForwarder },
  claims: SessionClaims,
): Promise<Exclude<RenewReply, { word: 'NO_POOL' }>> {
  const reply = await deps.seats.renewLease(claims, claims);
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
  if (reply.word !== 'ENDED' || !guesses.has(reply.reason)) return reply;
  return { ...reply, reason: (await recordedReason(deps, claims)) ?? reply.reason };
}

/** What Redis says of a session that it knows nothing of, as after a rebuild, where no ended one is loaded. */
const guesses: ReadonlySet<EndReason> = new Set(['lapsed', 'superseded']);

/** Why the session ended, where the ledger knows; null while it does not, or cannot be asked. */
async function recordedReason(deps: Deps, claims: SessionClaims): Promise<EndReason | null> {
  try {
    return (await loadSession(deps, claims))?.endReason ?? null;
  } catch (error) {
    if (isOutage(error)) return null;
    throw error;
  }
}
