import { databaseNow } from '../data/clock.ts';
import {
  endCheckOuts,
  findCheckOut,
  recountCheckedOut,
  type CheckOutRecord,
  type CheckOutRef,
  type CheckOutWithFile,
} from '../data/check-outs.ts';
import { insertLicenseEvents } from '../data/license-events.ts';
import { lockPool } from '../data/pools.ts';
import { withTenant } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import { newId } from '../platform/ids.ts';
import { enqueueMessages } from '../data/outbox.ts';
import type { Deactivation } from '../signing/tokens/deactivation-file.ts';
import { hashDevice } from '../signing/tokens/device-hash.ts';
import { commitTo } from '../signing/tokens/request-file.ts';
import { audit, type AuditContext } from './audit.ts';
import { syncLater } from './check-out-license.ts';
import type { Deps } from './deps.ts';
import { checkOutMessage } from './license-message.ts';
import { requireLicense } from './read-license.ts';
import { settleCheckOuts } from './settle-check-outs.ts';

/** What shows that it is the device itself that gives its file up. */
export type GivingUp = { deactivation: Deactivation } | { fingerprint: string };

/**
 * Takes a device's file back, with all that the same proof covers: a file that was got by a request file
 * with what the same request got, another with those of the device that were got without one. The seat is the
 * pool's again as soon as the device has no file left. One that has ended already is answered as it is, so that a
 * lost answer may be asked for again.
 *
 * Nothing shows that no copy of the file was kept; such a copy is good on that device until the file ends,
 * and each check-out that follows counts against those of the day.
 *
 * @throws LicensingError `not_found` for another license's, `conflict` for a file that is bound to no
 * device, `forbidden` when it is not shown that the device gave it up.
 */
export async function checkIn(
  deps: Deps,
  context: AuditContext,
  { ref, givingUp }: { ref: CheckOutRef; givingUp: GivingUp },
): Promise<CheckOutWithFile> {
  const { tenantId, licenseId } = ref;
  const done = await withTenant(deps.db, tenantId, async (tx) => {
    await lockPool(tx, ref, 'exclusive');
    const present = await requireLicense(tx, ref);
    const checkOut = await findCheckOut(tx, ref);
    if (checkOut === undefined)
      throw new LicensingError('not_found', 'There is no such check-out.');
    await requireDevice(checkOut, { product: present.productCode, givingUp });
    if (checkOut.endedAt !== null) return { checkOut, license: present, isSynced: true };
    const { open } = await settleCheckOuts(tx, { license: present, now: await databaseNow(tx) });
    const ids = open.filter((other) => isGivenUpWith(other, checkOut)).map(({ id }) => id);
    await endCheckOuts(tx, ref, { ids, status: 'checked_in', reason: null });
    await recountCheckedOut(tx, ref);
    const license = await requireLicense(tx, ref);
    const detail = { checkOutId: checkOut.id };
    await insertLicenseEvents(tx, [
      {
        id: newId('evt'),
        tenantId,
        licenseId,
        sessionId: null,
        event: 'license.checked_in',
        detail,
      },
    ]);
    await audit(tx, context, {
      tenantId,
      action: 'license.check_in',
      subjectId: licenseId,
      detail,
    });
    await enqueueMessages(tx, [checkOutMessage(license, checkOut.id)]);
    const ended = await findCheckOut(tx, ref);
    const isSynced = license.configVersion === present.configVersion;
    return { checkOut: ended ?? checkOut, license, isSynced };
  });
  deps.reached('check-in:recorded');
  if (!done.isSynced) await syncLater(deps, done.license);
  return done.checkOut;
}

/** Who gives one up has shown no more of the other: a file of another request stays good on its machine. */
function isGivenUpWith(other: CheckOutRecord, { deviceHash, needsSecret, nonce }: CheckOutRecord) {
  if (other.deviceHash !== deviceHash || other.needsSecret !== needsSecret) return false;
  return !needsSecret || other.nonce === nonce;
}

/** A file that was got by a request file is given up by whoever knows the secret behind it, others by their device. */
async function requireDevice(
  checkOut: CheckOutRecord,
  { product, givingUp }: { product: string; givingUp: GivingUp },
): Promise<void> {
  const { deviceHash, nonce, needsSecret, licenseId, id } = checkOut;
  if (deviceHash === null) {
    const detail = 'This license file is bound to no device, so that nobody can give it up.';
    throw new LicensingError('conflict', detail);
  }
  if ('fingerprint' in givingUp) {
    const isSame = (await hashDevice(product, givingUp.fingerprint)) === deviceHash;
    if (isSame && !needsSecret) return;
    throw notShown(needsSecret);
  }
  const { license, file, device, secret } = givingUp.deactivation;
  const isOfFile = license === licenseId && file === id && device === deviceHash;
  if (!isOfFile) throw notShown(needsSecret);
  if (!needsSecret) return;
  if (secret === undefined || (await commitTo(secret)) !== nonce) throw notShown(needsSecret);
}

function notShown(needsSecret: boolean): LicensingError {
  return new LicensingError(
    'forbidden',
    needsSecret
      ? 'This license file was got by a request file: only a deactivation file of the machine that made the request gives it up.'
      : 'This license file is bound to another device, or the deactivation file is about another one.',
  );
}
