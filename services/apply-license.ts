import { isDeepStrictEqual } from 'node:util';
import type { TenantTransaction } from '../data/database.ts';
import { insertLicenseEvents } from '../data/license-events.ts';
import { updateLicense, type LicenseRecord } from '../data/licenses.ts';
import { enqueueMessages } from '../data/outbox.ts';
import { lockPool, raiseConfigVersion } from '../data/pools.ts';
import { listOpenSessions } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import type { LicenseEvent } from '../domain/events.ts';
import { deriveLicense, poolStatusOf, type LicenseFacts } from '../domain/license.ts';
import type { PoolRef } from '../domain/seat.ts';
import { newId } from '../platform/ids.ts';
import { audit, type AuditContext } from './audit.ts';
import type { Deps } from './deps.ts';
import { endSessions } from './end-session.ts';
import { factsChangedMessage } from './license-message.ts';
import { poolConfigOfLicense, poolTermsOfLicense } from './pool-config.ts';
import { requireLicense } from './read-license.ts';
import { revokeTokens } from './revocations.ts';
import { settleDropped } from './settle-dropped.ts';

/** A change of a license's facts, and the event that records it. */
export interface LicenseChange {
  event: LicenseEvent;
  detail?: Record<string, unknown>;
  /** The new facts from the present ones; throws LicensingError when the change is not allowed. */
  change: (present: LicenseRecord, tx: TenantTransaction) => LicenseTerms | Promise<LicenseTerms>;
}

/** All that a change may change. */
type LicenseTerms = LicenseFacts & Pick<LicenseRecord, 'overrides'>;

/**
 * The only writer of a license: records facts, derives the status from them, raises the version of the
 * pool, tells the license's workflow, and, when the license is now suspended or revoked, ends its sessions in bulk. Runs under the
 * pool's exclusive lock, so that no grant made under the old facts can be recorded after it.
 *
 * @throws LicensingError `not_found`: unknown, or another tenant's.
 */
async function applyLicense(
  tx: TenantTransaction,
  deps: Pick<Deps, 'metrics'>,
  { pool, event, detail = {}, change }: LicenseChange & { pool: PoolRef },
): Promise<LicenseRecord> {
  await lockPool(tx, pool, 'exclusive');
  const present = await requireLicense(tx, pool);
  const facts = pickFacts(await change(present, tx));
  const { status } = deriveLicense(facts, new Date());
  // Repeating a change is no event, and leaves the pool at its version.
  if (status === present.status && isDeepStrictEqual(facts, pickFacts(present))) return present;
  await updateLicense(tx, pool, { ...facts, status });
  const configVersion = await raiseConfigVersion(tx, pool);
  await insertLicenseEvents(tx, [{ id: newId('evt'), ...pool, sessionId: null, event, detail }]);
  await endWithdrawnSessions(tx, deps, { pool, status });
  await enqueueMessages(tx, [factsChangedMessage({ ...present, status })]);
  return { ...present, ...facts, status, configVersion };
}

async function endWithdrawnSessions(
  tx: TenantTransaction,
  deps: Pick<Deps, 'metrics'>,
  { pool, status }: { pool: PoolRef; status: LicenseRecord['status'] },
): Promise<void> {
  const poolStatus = poolStatusOf(status);
  if (poolStatus === 'open') return;
  const reason = poolStatus === 'revoked' ? 'license_revoked' : 'license_suspended';
  const open = await listOpenSessions(tx, pool);
  const endings = open.map(({ id }) => ({ sessionId: id, reason }) as const);
  await endSessions(tx, deps, { tenantId: pool.tenantId, endings });
}

/**
 * Changes a license and tells its pool at once. A Redis that does not answer delays nothing for good:
 * every acquire carries the configuration, and the workflow of each ended session frees its seat.
 */
export async function changeLicense(
  deps: Deps,
  context: AuditContext,
  pool: PoolRef,
  change: LicenseChange & { action: string },
): Promise<void> {
  const license = await withTenant(deps.systemDb, pool.tenantId, async (tx) => {
    const applied = await applyLicense(tx, deps, { ...change, pool });
    const { tenantId, licenseId: subjectId } = pool;
    const { action, detail = {}, event } = change;
    await audit(tx, context, { tenantId, action, subjectId, detail });
    if (applied.status === 'revoked') await revokeTokens(tx, context, { pool, reason: event });
    return applied;
  });
  deps.reached('license:applied');
  await syncPool(deps, license).catch((error: unknown) => {
    deps.log.warn({ err: error, ...pool }, 'Pool learns of the change with its next acquire');
  });
}

/** Pushes a license's present configuration to its pool; a pool that Redis does not know needs none. */
export async function syncPool(deps: Deps, license: LicenseRecord): Promise<void> {
  const pool = { tenantId: license.tenantId, licenseId: license.id };
  const reply = await deps.seats.configurePool(pool, {
    config: poolConfigOfLicense(license),
    terms: poolTermsOfLicense(license),
  });
  if (reply.word !== 'NO_POOL') await settleDropped(deps, pool, reply.dropped);
}

function pickFacts(terms: LicenseTerms): LicenseTerms {
  const { seats, expiresAt, suspendedAt, revokedAt, overrides } = terms;
  return { seats, expiresAt, suspendedAt, revokedAt, overrides };
}
