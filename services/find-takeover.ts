import { findSession } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import type { AcquireInput } from './acquire-session.ts';
import type { Deps } from './deps.ts';

/** The session that an acquire asks to take over. */
export interface Takeover {
  sessionId: string;
  /** Whose seat it is; null unless the ledger says that the session runs on the caller's device. */
  instanceKey: string | null;
}

/**
 * Looks up whose session a caller wants to take over. Only the ledger knows the device, and neither it
 * nor the instance of a session ever changes, so what is found here still holds when the script runs.
 * Another device's, license's or tenant's session is the same as none.
 *
 * @param isAgain the request starts over. What has ended by now was ended by itself, for a grant that got
 * lost, or is gone anyway: undefined.
 */
export async function findTakeover(
  deps: Pick<Deps, 'db'>,
  input: AcquireInput,
  { isAgain }: { isAgain: boolean },
): Promise<Takeover | undefined> {
  const { tenantId, takeover: sessionId } = input;
  if (sessionId === undefined) return undefined;
  const row = await withTenant(deps.db, tenantId, (tx) => findSession(tx, { tenantId, sessionId }));
  const isOwn =
    row?.licenseId === input.licenseId &&
    (row.device as { fingerprint: string }).fingerprint === input.device.fingerprint;
  if (isAgain && isOwn && row.endedAt !== null) return undefined;
  return { sessionId, instanceKey: isOwn ? row.instanceKey : null };
}
