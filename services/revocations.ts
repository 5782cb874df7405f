/**
 * What is revoked: keys, licenses, leases. Each is recorded in Postgres at once, with a message to the
 * workflow that signs a new list of all; the server itself uses a revoked key no more from then on. What the
 * list has no room for is refused with `conflict`.
 */
import type { Page } from '../data/catalog.ts';
import { listLicensesSignedBy, type LicenseOfFiles } from '../data/check-outs.ts';
import type { TenantTransaction } from '../data/database.ts';
import { enqueueMessages } from '../data/outbox.ts';
import {
  findRevocation,
  countStanding,
  insertRevocation,
  listRevocations as listRows,
  lockRevocations,
  type NewRevocation,
  type RevocationRecord,
  type RevokedFences,
} from '../data/revocations.ts';
import { findKey, type KeyInUse, revokeDelegate, revokeRoot } from '../data/revoked-keys.ts';
import { wasEverUsed } from '../data/sessions.ts';
import { inTransaction } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import { idPattern } from '../domain/ids.ts';
import { licenseListedMs, listedMax, type RevocationKind } from '../domain/revocation.ts';
import type { PoolRef } from '../domain/seat.ts';
import { newId } from '../platform/ids.ts';
import { delegateLife } from '../signing/tokens/certificate.ts';
import { audit, type AuditContext } from './audit.ts';
import type { Deps } from './deps.ts';
import { factsChangedMessage } from './license-message.ts';
import { trustMessage } from './trust-message.ts';

/** The longest lease and grace, and a day: no lease that was signed before may be believed after it. */
const leaseHoursMax = 216;

/** A revocation, and whether it was there before. */
export interface Revoked {
  revocation: RevocationRecord;
  isNew: boolean;
}

/**
 * Revokes a root or a delegate, or leaves it revoked. A revoked delegate signs nothing more and is
 * replaced at once; a revoked root takes its delegates with it, and the next root its place and signs the license files
 * anew that are out.
 *
 * A delegate that the ledger does not know may be of a later time than the backup that it was restored from: it
 * is revoked too, for as long as one that is made now would be believed.
 *
 * @throws LicensingError `not_found` for a root that was never in use here, and what is no key id.
 */
export async function revokeKey(
  deps: Pick<Deps, 'systemDb'>,
  context: AuditContext,
  { kid, reason }: { kid: string; reason: string },
): Promise<Revoked> {
  return inTransaction(deps.systemDb, async (tx) => {
    const key = (await findKey(tx, kid)) ?? lostDelegate(kid);
    if (key === undefined) throw new LicensingError('not_found', 'There is no such key.');
    const { kind, until } = key;
    const revoked = await record(tx, context, { kind: 'key', subject: kid, reason, until });
    if (!revoked.isNew) return revoked;
    await (kind === 'root' ? revokeRoot : revokeDelegate)(tx, { kid, reason });
    if (kind === 'root') await renewFilesOf(tx, kid);
    await enqueueMessages(tx, [trustMessage('rotateRoot')]);
    return revoked;
  });
}

function lostDelegate(kid: string): KeyInUse | undefined {
  if (!idPattern('dlg').test(kid)) return undefined;
  const { signSeconds, verifySeconds } = delegateLife;
  return { kind: 'delegate', until: new Date(Date.now() + (signSeconds + verifySeconds) * 1_000) };
}

/** Tells the workflow of each license that has a file of the root. */
async function renewFilesOf(tx: TenantTransaction, rootKid: string): Promise<void> {
  const limit = 1_000;
  for (let after: string | undefined = ''; after !== undefined;) {
    const licenses: LicenseOfFiles[] = await listLicensesSignedBy(tx, rootKid, { after, limit });
    await enqueueMessages(tx, licenses.map(factsChangedMessage));
    after = licenses.length < limit ? undefined : licenses.at(-1)?.id;
  }
}

/** Revokes grants of a license that have been made by now; tokens of later ones are not touched. */
export async function revokeLeases(
  deps: Pick<Deps, 'systemDb'>,
  context: AuditContext,
  { pool, fences, reason }: { pool: PoolRef; fences: RevokedFences; reason: string },
): Promise<Revoked> {
  const until = new Date(Date.now() + leaseHoursMax * 3_600_000);
  const { licenseId: subject } = pool;
  return inTransaction(deps.systemDb, (tx) =>
    record(tx, context, { kind: 'leases', subject, fences, reason, until }),
  );
}

/** For the transaction that revokes the license. One that no token was ever signed for is not listed. */
export async function revokeTokens(
  tx: TenantTransaction,
  context: AuditContext,
  { pool, reason }: { pool: PoolRef; reason: string },
): Promise<void> {
  if (!(await wasEverUsed(tx, pool))) return;
  const until = new Date(Date.now() + licenseListedMs);
  await record(tx, context, { kind: 'license', subject: pool.licenseId, reason, until });
}

/** In the order of making. */
export function listRevocations(
  deps: Pick<Deps, 'systemDb'>,
  page: Page,
): Promise<RevocationRecord[]> {
  return listRows(deps.systemDb, page);
}

/** A list that is too long is taken by no client: it would revoke nothing. */
async function refuseBeyondList(tx: TenantTransaction, kind: RevocationKind): Promise<void> {
  const { count, nextUntil } = await countStanding(tx, kind);
  if (count <= listedMax[kind]) return;
  const instead =
    kind === 'license' ? ' Suspend the license until then: that ends its sessions.' : '';
  throw new LicensingError(
    'conflict',
    `The signed list of revocations has room for ${listedMax[kind]} entries of the kind ${kind}, and is full. The first of them leaves it ${nextUntil === null ? 'never' : `at ${nextUntil.toISOString()}`}.${instead}`,
  );
}

async function record(
  tx: TenantTransaction,
  context: AuditContext,
  wanted: Omit<NewRevocation, 'id' | 'revokedBy' | 'fences'> & { fences?: RevokedFences },
): Promise<Revoked> {
  const { kind, subject, reason, fences = null } = wanted;
  await lockRevocations(tx);
  const made = await insertRevocation(tx, {
    ...{ id: newId('rev'), fences, revokedBy: context.caller.actor.id },
    ...wanted,
  });
  if (made === undefined && kind !== 'leases') {
    const present = await findRevocation(tx, { kind, subject });
    if (present !== undefined) return { revocation: present, isNew: false };
  }
  if (made === undefined) throw new Error('A revocation is neither new nor there');
  await refuseBeyondList(tx, kind);
  const detail = { kind, reason, ...fences };
  const act = { tenantId: null, action: 'revocation.create', subjectId: subject, detail };
  await audit(tx, context, act);
  await enqueueMessages(tx, [trustMessage('publishRevocations')]);
  return { revocation: made, isNew: true };
}
