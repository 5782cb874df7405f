import { setTimeout as delay } from 'node:timers/promises';
import { databaseNow } from '../data/clock.ts';
import {
  countOfflineDevices,
  findCheckOut,
  listRecentCheckOuts,
  type CheckOutRecord,
  type CheckOutRef,
  type CheckOutWithFile,
} from '../data/check-outs.ts';
import type { TenantTransaction } from '../data/database.ts';
import { insertLicenseEvents } from '../data/license-events.ts';
import type { LicenseRecord } from '../data/licenses.ts';
import { enqueueMessages } from '../data/outbox.ts';
import { lockPool } from '../data/pools.ts';
import { countOpenSessions } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import {
  awaitsFile,
  checkOutsPerDay,
  clockSkewMs,
  defaultFileSeconds,
  mayTakeOut,
  openPerDevice,
  refuseWish,
  type FileWish,
} from '../domain/check-out.ts';
import { LicensingError } from '../domain/errors.ts';
import type { PoolRef } from '../domain/seat.ts';
import { validateUse, type UseRequest } from '../domain/validation.ts';
import { newId } from '../platform/ids.ts';
import { syncPool } from './apply-license.ts';
import { audit, type AuditContext } from './audit.ts';
import { decideUse, type ExplainedRefusal } from './decide-use.ts';
import type { Deps } from './deps.ts';
import { checkOutMessage } from './license-message.ts';
import { requireLicense } from './read-license.ts';
import {
  findSameWish,
  openCheckOut,
  settleCheckOuts,
  type SettledCheckOuts,
} from './settle-check-outs.ts';

/** A license file as a caller asks for it. */
export interface CheckOutInput extends PoolRef {
  /** The license as it was just read. */
  license: LicenseRecord;
  use: UseRequest;
  wish: Omit<FileWish, 'ttlSeconds'>;
  /** The plan's time unless given. */
  ttlSeconds: number | undefined;
  /** Whether the nonce is that of a request file: whoever gives the file up must know its secret. */
  needsSecret: boolean;
}

export type CheckOutOutcome =
  | { kind: 'checked_out'; checkOut: CheckOutRecord }
  | { kind: 'refused'; refusal: ExplainedRefusal };

/**
 * Records that a license file is wanted, and has the license's workflow sign it. The same wish again
 * answers the same check-out, so a lost answer may be asked for again, and costs no second signature. Only a
 * file whose root is revoked is signed anew.
 *
 * A file for a device takes a seat out of the pool at once, under the pool's lock and with its version, like
 * a license that is sold one seat less: a grant that Redis makes meanwhile is not recorded.
 *
 * @throws LicensingError `no_seats_available` when there is none to take out, `rate_limited` when the
 * license has had its files of the day or the device has as many open as it may, `unavailable` where there
 * is no key to sign with.
 */
export async function checkOutLicense(
  deps: Deps,
  context: AuditContext,
  input: CheckOutInput,
): Promise<CheckOutOutcome> {
  const { tenantId } = input;
  const refused = await decideUse(deps, input.license, input.use);
  if (refused !== null) return { kind: 'refused', refusal: refused };
  const outcome = await withTenant(deps.db, tenantId, async (tx) => {
    await lockPool(tx, input, 'exclusive');
    const now = await databaseNow(tx);
    const present = await requireLicense(tx, input);
    const wish = { ...input.wish, ttlSeconds: input.ttlSeconds ?? defaultFileSeconds(present) };
    const refusal = validateUse(present, input.use, now) ?? refuseWish(present, wish);
    if (refusal !== null) return { kind: 'refused', refusal } as const;
    const settled = await settleCheckOuts(tx, { license: present, now });
    const same = findSameWish(settled, { wish, now });
    if (same === undefined || same.isVoid) refuseWithoutKey(deps);
    if (same?.isVoid) await enqueueMessages(tx, [checkOutMessage(present, same.id)]);
    const opened = same
      ? { ...settled, checkOut: same }
      : await open(tx, context, { input, wish, settled, now });
    const isSynced = opened.license.configVersion === present.configVersion;
    return { kind: 'checked_out', ...opened, isSynced } as const;
  });
  if (outcome.kind === 'refused') return outcome;
  deps.reached('check-out:recorded');
  if (!outcome.isSynced) await syncLater(deps, outcome.license);
  return { kind: 'checked_out', checkOut: outcome.checkOut };
}

async function open(
  tx: TenantTransaction,
  context: AuditContext,
  wanted: { input: CheckOutInput; wish: FileWish; settled: SettledCheckOuts; now: Date },
) {
  const { input, wish, settled, now } = wanted;
  const { tenantId, licenseId, needsSecret } = input;
  refuseBeyondDevice(settled, { wish, now });
  await refuseBeyondDay(tx, settled.license, now);
  await refuseWithoutSeat(tx, settled, wish);
  const requestedBy = context.caller.actor.id;
  const opened = await openCheckOut(tx, settled, { wish, requestedBy, needsSecret, now });
  const { id } = opened.checkOut;
  const detail = { checkOutId: id, ttlSeconds: wish.ttlSeconds, isBound: wish.deviceHash !== null };
  await insertLicenseEvents(tx, [
    {
      id: newId('evt'),
      ...{ tenantId, licenseId, sessionId: null, event: 'license.checked_out', detail },
    },
  ]);
  await audit(tx, context, { tenantId, action: 'license.check_out', subjectId: licenseId, detail });
  await enqueueMessages(tx, [checkOutMessage(opened.license, id)]);
  return opened;
}

/** Not for the customer to mend, and no answer about the license: it is not conclusive. */
function refuseWithoutKey({ kms }: Pick<Deps, 'kms'>): void {
  if (kms !== null) return;
  throw new LicensingError(
    'unavailable',
    'This server has no key to sign license files with. Its operator has to set KMS_KEY and SIGNING_SEAL_KEYS; no seat was taken.',
  );
}

/** A machine needs one file; many at once are copies that nobody could tell apart. */
function refuseBeyondDevice(
  { open: present }: SettledCheckOuts,
  { wish: { deviceHash }, now }: { wish: FileWish; now: Date },
): void {
  if (deviceHash === null) return;
  const own = present.filter((other) => other.deviceHash === deviceHash);
  if (own.length < openPerDevice) return;
  let endsAt = Infinity;
  for (const { fileExpiresAt, wantedUntil } of own) {
    endsAt = Math.min(endsAt, (fileExpiresAt ?? wantedUntil).getTime() + clockSkewMs);
  }
  throw new LicensingError(
    'rate_limited',
    `This device has ${own.length} license files that have not ended, which is all that it may have. Use one of them, give one up, or wait until one has ended.`,
    { retryAfterSeconds: Math.max(1, Math.ceil((endsAt - now.getTime()) / 1_000)) },
  );
}

async function refuseBeyondDay(
  tx: TenantTransaction,
  license: LicenseRecord,
  now: Date,
): Promise<void> {
  const limit = checkOutsPerDay(license.seats);
  const since = new Date(now.getTime() - dayMs);
  const pool = { tenantId: license.tenantId, licenseId: license.id };
  const recent = await listRecentCheckOuts(tx, pool, { since, limit });
  const [oldest] = recent;
  if (oldest === undefined || recent.length < limit) return;
  const retryAfterSeconds = Math.ceil((oldest.getTime() + dayMs - now.getTime()) / 1_000);
  throw new LicensingError(
    'rate_limited',
    `This license has had ${limit} license files within a day, which is all. The next can be had in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  );
}

const dayMs = 86_400_000;

/** A device that has a file already holds its seat; one that is bound to none takes none. */
async function refuseWithoutSeat(
  tx: TenantTransaction,
  { license, open: present }: SettledCheckOuts,
  { deviceHash }: FileWish,
): Promise<void> {
  if (deviceHash === null || present.some((other) => other.deviceHash === deviceHash)) return;
  const { tenantId, id: licenseId, seats, checkedOut } = license;
  const counts = await countOpenSessions(tx, tenantId, [licenseId]);
  const { used, queued } = counts.get(licenseId) ?? { used: 0, queued: 0 };
  const offline = await countOfflineDevices(tx, { tenantId, licenseId });
  if (mayTakeOut(license, { used, queued, checkedOut, offline })) return;
  throw new LicensingError(
    'no_seats_available',
    `A license file takes a seat out of the pool, and none of ${seats} can be taken out: ${used} are in use, ${checkedOut} have been taken out, ${queued} wait, and devices that may go on offline count, too. Close a running copy, or give a license file up.`,
    { extra: { seats: { used: used + checkedOut, limit: seats }, queue: { length: queued } } },
  );
}

/** A Redis that does not answer delays nothing: every acquire carries the configuration. */
export async function syncLater(deps: Deps, license: LicenseRecord): Promise<void> {
  await syncPool(deps, license).catch((error: unknown) => {
    const pool = { tenantId: license.tenantId, licenseId: license.id };
    deps.log.warn({ err: error, ...pool }, 'Pool learns of the change with its next acquire');
  });
}

/** @throws LicensingError `not_found`: unknown, of another license, or another tenant's. */
export async function readCheckOut(
  deps: Pick<Deps, 'db'>,
  ref: CheckOutRef,
): Promise<CheckOutWithFile> {
  const found = await withTenant(deps.db, ref.tenantId, (tx) => findCheckOut(tx, ref));
  if (found === undefined) throw new LicensingError('not_found', 'There is no such check-out.');
  return found;
}

/** How often a row is looked at for whoever waits for its file. */
const lookEveryMs = 100;

/**
 * The check-out as soon as its file is signed, or it failed; as it is when `waitMs` have passed or nobody
 * waits any more.
 */
export async function awaitFile(
  deps: Pick<Deps, 'db'>,
  ref: CheckOutRef,
  { waitMs, signal }: { waitMs: number; signal: AbortSignal },
): Promise<CheckOutWithFile> {
  const until = performance.now() + waitMs;
  for (;;) {
    const checkOut = await readCheckOut(deps, ref);
    if (!awaitsFile(checkOut) || signal.aborted) return checkOut;
    const leftMs = until - performance.now();
    if (leftMs <= 0) return checkOut;
    await pause(Math.min(lookEveryMs, leftMs), signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal }).catch(() => undefined);
}
