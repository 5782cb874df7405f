import { holdEpoch } from '../data/pools.ts';
import { recordRights } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import type { RenewReply } from '../lua/scripts.ts';
import type { SessionClaims } from '../signing/session-credential.ts';
import type { Deps } from './deps.ts';

export type Renewed = Extract<RenewReply, { word: 'RENEWED' }>;

/**
 * Takes the offline rights that a beat of an online-only session was offered: the one beat in its life that
 * touches Postgres. The ledger has them first, and only if no restore came in between, so that a restore
 * knows of every token that outlasts its lease. Whatever fails, the seat is kept and the session stays
 * online-only; the next beat is offered them again.
 *
 * @param renew beats once more, when the ledger has them.
 */
export async function gainRights(
  deps: Deps,
  claims: SessionClaims,
  { offer, renew }: { offer: Renewed; renew: () => Promise<RenewReply> },
): Promise<RenewReply> {
  const { tenantId, licenseId, sessionId } = claims;
  const { offeredRightsMs: rightsMs, epoch } = offer;
  if (rightsMs === null) return offer;
  try {
    const isRecorded = await withTenant(deps.db, tenantId, async (tx) => {
      const isOfEpoch = await holdEpoch(tx, claims, epoch);
      return isOfEpoch && (await recordRights(tx, { tenantId, sessionId, rightsMs }));
    });
    deps.reached('heartbeat:rights-recorded');
    if (!isRecorded) return offer;
    const gained = await renew();
    if (gained.word !== 'RENEWED') return gained;
    return { ...gained, forward: offer.forward || gained.forward };
  } catch (error) {
    deps.log.warn({ err: error, tenantId, licenseId, sessionId }, 'Offline rights not gained yet');
    return offer;
  }
}
