/**
 * Taking a seat. Redis decides, then the ledger remembers; whatever goes wrong in between is undone
 * when its outcome is certain and left to heal when it is not.
 *
 *   validate → acquire-seat → record in one transaction → acknowledge
 *
 * It starts over, five times in all, when Redis lost the pool, when the license or the epoch changed
 * between grant and record, or when the session it was given has ended meanwhile. A takeover that starts over
 * may have ended its victim by then: it goes on as if it had asked for any seat.
 */
import type { LicenseRecord } from '../data/licenses.ts';
import { withTenant } from '../data/tenant.ts';
import type { RecordedSession, SessionFacts } from '../data/sessions.ts';
import { LicensingError } from '../domain/errors.ts';
import { keepsRights, type PoolRef } from '../domain/seat.ts';
import type { UseRequest } from '../domain/validation.ts';
import type { AcquireReply } from '../lua/scripts.ts';
import { newId } from '../platform/ids.ts';
import { decideUse, type ExplainedRefusal } from './decide-use.ts';
import type { Deps } from './deps.ts';
import { describeDenial, type Denial, type NoSeats } from './describe-denial.ts';
import { findTakeover, type Takeover } from './find-takeover.ts';
import { noticeOverGrant } from './invariants.ts';
import { poolConfigOfLicense, poolTermsOfLicense } from './pool-config.ts';
import { requireLicense } from './read-license.ts';
import { recordTenure, undoTenure } from './record-tenure.ts';
import { restorePool } from './restore-pool.ts';
import { settleDropped } from './settle-dropped.ts';
import { signLease, type SignedLease } from './sign-lease.ts';

export interface AcquireInput extends PoolRef, SessionFacts, Pick<UseRequest, 'features'> {
  holderId: string;
  wait: boolean;
  /** A session of the caller's own device to end for its seat, if there is none otherwise. */
  takeover?: string | undefined;
  /** What the caller calls this request; the lease token repeats it. */
  nonce?: string | undefined;
  /** The license as it was just read; it is read anew if it changes under the request. */
  license?: LicenseRecord | undefined;
}

/** A reply of the script that gave the caller a session. */
export type Tenure = Extract<AcquireReply, { word: 'GRANTED' | 'ATTACHED' | 'QUEUED' }>;

export type AcquireOutcome =
  | {
      kind: 'session';
      tenure: Tenure;
      row: RecordedSession;
      license: LicenseRecord;
      /** Null for a waiter, and where nothing is signed. */
      lease: SignedLease | null;
    }
  | { kind: 'refused'; refusal: ExplainedRefusal }
  | { kind: 'denied'; denial: Denial };

const attemptsMax = 5;

/**
 * Gives the instance a session: a new one, the one it has, or a place in the queue.
 *
 * @throws LicensingError `not_found` for an unknown license, `restoring` when the pool is being rebuilt
 * for longer than this call may take, `unavailable` when a store does not answer.
 */
export async function acquireSession(deps: Deps, input: AcquireInput): Promise<AcquireOutcome> {
  const outcome = await attemptAcquire(deps, input).catch((error: unknown) => {
    deps.metrics.acquires.inc({ outcome: 'error' });
    throw error;
  });
  deps.metrics.acquires.inc({ outcome: outcomeLabel(outcome) });
  if (outcome.kind === 'session') measureTenure(deps, outcome);
  return outcome;
}

function measureTenure(
  deps: Deps,
  { tenure, row, license }: Extract<AcquireOutcome, { kind: 'session' }>,
): void {
  if (tenure.word !== 'GRANTED') return;
  noticeOverGrant(deps, { tenure, license });
  if (tenure.hardUntil === null) deps.metrics.onlineOnlyGrants.inc();
  if (tenure.source !== 'offer' || row.grantedAt === null) return;
  const waitedMs = row.grantedAt.getTime() - row.createdAt.getTime();
  deps.metrics.queueWaitSeconds.observe(waitedMs / 1_000);
}

async function attemptAcquire(deps: Deps, input: AcquireInput): Promise<AcquireOutcome> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const takeover = await findTakeover(deps, input, { isAgain: attempt > 0 });
    const known = attempt === 0 ? input.license : undefined;
    const license = known ?? (await readLicense(deps, input));
    const refusal = await decideUse(deps, license, input);
    if (refusal !== null) return { kind: 'refused', refusal };
    const outcome = await takeSeat(deps, input, { license, takeover });
    if (outcome !== 'again') return outcome;
  }
  throw new LicensingError(
    'restoring',
    'The seats of this license changed under the request. Try again in a moment.',
  );
}

async function takeSeat(
  deps: Deps,
  input: AcquireInput,
  { license, takeover }: { license: LicenseRecord; takeover: Takeover | undefined },
): Promise<AcquireOutcome | 'again'> {
  const reply = await deps.seats.acquireSeat(input, {
    config: poolConfigOfLicense(license),
    terms: poolTermsOfLicense(license),
    sessionId: newId('ses'),
    instanceKey: input.instanceKey,
    holderId: input.holderId,
    wait: input.wait,
    takeover,
    device: input.device.fingerprint,
    keepsRights: keepsRights(input),
    signer: deps.delegate.current()?.signer.kid ?? '',
  });
  switch (reply.word) {
    case 'NO_POOL':
      await restorePool(deps, input);
      return 'again';
    case 'BLOCKED': {
      await settleDropped(deps, input, reply.dropped);
      // The pool knows of a change that this read of the license did not see yet.
      const refusal = await decideUse(deps, await readLicense(deps, input), input);
      return refusal === null ? 'again' : { kind: 'refused', refusal };
    }
    case 'NO_SEATS':
    case 'TAKEOVER_REFUSED': {
      await settleDropped(deps, input, reply.dropped);
      const refused = takeover?.instanceKey === null ? asNotOwn(reply) : reply;
      return { kind: 'denied', denial: await describeDenial(deps, input, license, refused) };
    }
    case 'GRANTED':
    case 'ATTACHED':
    case 'QUEUED':
      return keepTenure(deps, input, license, reply);
  }
}

async function keepTenure(
  deps: Deps,
  input: AcquireInput,
  license: LicenseRecord,
  tenure: Tenure,
): Promise<AcquireOutcome | 'again'> {
  deps.reached('acquire:granted-in-redis');
  const recorded = await recordTenure(deps, input, license, tenure);
  if (recorded.outcome !== 'recorded') {
    deps.reached('acquire:not-recorded');
    await undoTenure(deps, input, tenure, recorded.outcome);
    deps.reached('acquire:undone');
    return 'again';
  }
  deps.reached('acquire:recorded');
  await deps.seats.acknowledgeDropped(
    input,
    tenure.dropped.map(({ sessionId }) => sessionId),
  );
  deps.reached('acquire:acknowledged');
  const lease = await sign(deps, input, license, tenure);
  return { kind: 'session', tenure, row: recorded.row, license, lease };
}

/** Each process is given a token of its own, and only once the ledger has the session. */
async function sign(
  deps: Deps,
  { tenantId, licenseId, nonce }: AcquireInput,
  license: LicenseRecord,
  tenure: Tenure,
): Promise<SignedLease | null> {
  if (tenure.word === 'QUEUED') return null;
  const { sessionId } = tenure;
  const subject = { tenantId, licenseId, sessionId, product: license.productCode };
  const terms = poolTermsOfLicense(license);
  return signLease(deps, deps.delegate.current(), subject, { ...tenure, terms, nonce });
}

/** Whatever the pool said of it, a session that is not the caller's is answered as an unknown one. */
function asNotOwn(reply: NoSeats): NoSeats {
  return reply.word === 'TAKEOVER_REFUSED' ? { ...reply, reason: 'not_own' } : reply;
}

function readLicense(deps: Deps, pool: PoolRef): Promise<LicenseRecord> {
  return withTenant(deps.db, pool.tenantId, (tx) => requireLicense(tx, pool));
}

function outcomeLabel(outcome: AcquireOutcome): string {
  switch (outcome.kind) {
    case 'session':
      return outcome.tenure.word.toLowerCase();
    case 'refused':
      return outcome.refusal.code;
    case 'denied':
      return outcome.denial.code;
  }
}
