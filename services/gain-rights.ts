import type { TenantTransaction } from '../data/database.ts';
import type { LicenseRecord } from '../data/licenses.ts';
import { lockPool, readPoolVersion } from '../data/pools.ts';
import { findSession, recordRights } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import type { RenewLease, RenewReply } from '../lua/scripts.ts';
import type { SessionClaims } from '../signing/session-credential.ts';
import { syncPool } from './apply-license.ts';
import type { Deps } from './deps.ts';
import { requireLicense } from './read-license.ts';

export type Renewed = Extract<RenewReply, { word: 'RENEWED' }>;

/** How often a beat takes an offer up, when the license changes each time before it is recorded. */
const attemptsMax = 3;

/**
 * Takes the offline rights that a beat of an online-only session was offered: the one beat in its life that
 * touches Postgres. The ledger has them first, and only if the pool is as it was when they were offered:
 * a restore must know of every token that outlasts its lease, and whatever changes the license (seats that
 * are taken back, a device that takes one out with a file) counts the rights that are on record. If the
 * license changed since, the pool is told of it and decides anew.
 *
 * Whatever fails, and after a few changes in a row, the seat is kept and the session stays online-only; the
 * next beat is offered rights again.
 *
 * @param beating.beaten what the beat was answered.
 * @param beating.renew beats once more, saying what became of the offer.
 */
export async function gainRights(
  deps: Deps,
  claims: SessionClaims,
  beating: {
    beaten: Renewed;
    renew: (options: Required<Pick<RenewLease, 'offered'>>) => Promise<RenewReply>;
  },
): Promise<RenewReply> {
  let { beaten } = beating;
  try {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      if (beaten.offeredRightsMs === null) return beaten;
      const kept = await keepOffer(deps, claims, beaten);
      if (kept === null) return beaten;
      if (kept.offered === 'refused') await syncPool(deps, kept.license);
      const renewed = await beating.renew({ offered: kept.offered });
      if (renewed.word !== 'RENEWED') return renewed;
      beaten = { ...renewed, forward: beaten.forward || renewed.forward };
    }
  } catch (error) {
    const { tenantId, licenseId, sessionId } = claims;
    deps.log.warn({ err: error, tenantId, licenseId, sessionId }, 'Offline rights not gained yet');
  }
  return beaten;
}

type KeptOffer = { offered: 'recorded' } | { offered: 'refused'; license: LicenseRecord };

/** @returns null when the pool was rebuilt meanwhile, or the session has ended. */
async function keepOffer(
  deps: Deps,
  claims: SessionClaims,
  offer: Renewed,
): Promise<KeptOffer | null> {
  deps.reached('heartbeat:rights-offered');
  const kept = await withTenant(deps.db, claims.tenantId, async (tx) => {
    await lockPool(tx, claims, 'shared');
    const version = await readPoolVersion(tx, claims);
    if (version?.epoch !== offer.epoch) return null;
    if (version.configVersion !== offer.offeredUnder) return refuseUnlessRecorded(tx, claims);
    const rights = { ...claims, rightsMs: offer.offeredRightsMs ?? 0 };
    return (await recordRights(tx, rights)) ? ({ offered: 'recorded' } as const) : null;
  });
  deps.reached('heartbeat:rights-recorded');
  return kept;
}

/** A beat before this one may have recorded the same rights, and not have heard that it did. */
async function refuseUnlessRecorded(
  tx: TenantTransaction,
  claims: SessionClaims,
): Promise<KeptOffer | null> {
  const session = await findSession(tx, claims);
  if (session === undefined || session.endedAt !== null) return null;
  if (session.rightsMs !== null) return { offered: 'recorded' };
  return { offered: 'refused', license: await requireLicense(tx, claims) };
}
