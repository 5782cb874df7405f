import { databaseNow } from '../data/clock.ts';
import { endCheckOuts, findCheckOut, keepFile, type CheckOutRef } from '../data/check-outs.ts';
import type { TenantTransaction } from '../data/database.ts';
import { findLicense, type LicenseRecord } from '../data/licenses.ts';
import { lockPool } from '../data/pools.ts';
import { findNewestList } from '../data/revocation-lists.ts';
import { holdRoot } from '../data/roots.ts';
import { withTenant } from '../data/tenant.ts';
import { awaitsFile, fileEndOf, fileTermsOf } from '../domain/check-out.ts';
import { deriveLicense } from '../domain/license.ts';
import { LicensingError } from '../domain/errors.ts';
import { KmsFault } from '../platform/kms-faults.ts';
import { makeLicenseFile } from '../signing/tokens/license-file.ts';
import type { Deps, FileSigning } from './deps.ts';
import { activeRoot } from './root-keys.ts';

/** By the active root in Cloud KMS; null where nothing is signed. */
export function fileSigningBy(deps: Pick<Deps, 'kms' | 'log' | 'signing'>): FileSigning | null {
  if (deps.kms === null) return null;
  return { root: (tx) => activeRoot(deps, tx), issuer: deps.signing.issuer };
}

/**
 * Signs the file of a check-out that waits for it. Of one that waits no more, or whose license cannot be used
 * now, nothing is signed: the reading of facts that follows ends it.
 *
 * Repeated after a crash it may sign a second time; one of the files is kept. A key or a setting that must be
 * mended first fails the check-out, and whoever asks again has it signed after that.
 *
 * @throws LicensingError `unavailable` while the signing key is away: try again.
 */
export async function signCheckOut(
  deps: Pick<Deps, 'systemDb' | 'log' | 'reached'>,
  ref: CheckOutRef,
  signing: FileSigning | null,
): Promise<void> {
  try {
    if (signing === null)
      throw new KmsFault('KMS_KEY is not set: there is no root key to sign with');
    await signAndKeep(deps, ref, signing);
  } catch (error) {
    if (!(error instanceof KmsFault)) throw error;
    deps.log.error({ err: error, ...ref }, 'License file cannot be signed');
    await fail(deps, ref);
  }
  deps.reached('file:kept');
}

/** One that was signed before is not over: a machine may have its file. It is tried until it ends. */
async function fail(deps: Pick<Deps, 'systemDb'>, ref: CheckOutRef): Promise<void> {
  const failure = { ids: [ref.checkOutId], status: 'failed', reason: 'unavailable' } as const;
  await withTenant(deps.systemDb, ref.tenantId, async (tx) => {
    const checkOut = await findCheckOut(tx, ref);
    if (checkOut?.isVoid)
      throw new LicensingError('unavailable', 'The file cannot be signed anew.');
    await endCheckOuts(tx, ref, failure);
  });
}

/** The transaction is open while KMS is asked, and holds no lock until it has answered. */
async function signAndKeep(
  deps: Pick<Deps, 'systemDb' | 'reached'>,
  ref: CheckOutRef,
  { root, issuer }: FileSigning,
): Promise<void> {
  await withTenant(deps.systemDb, ref.tenantId, async (tx) => {
    const license = await findLicense(tx, ref);
    const checkOut = await findCheckOut(tx, ref);
    if (license === undefined || checkOut === undefined || !awaitsFile(checkOut)) return;
    if (!(await isUsable(tx, license))) return;
    const { signer } = await root(tx);
    const signedAt = new Date(seconds(await databaseNow(tx)) * 1_000);
    const fileExpiresAt = fileEndOf(license, { ttlSeconds: checkOut.ttlSeconds, now: signedAt });
    const terms = fileTermsOf(license);
    const { licenseUntil, ...stated } = terms;
    const file = await makeLicenseFile(signer, {
      ...stated,
      iss: issuer,
      aud: license.productCode,
      sub: license.id,
      tid: license.tenantId,
      jti: checkOut.id,
      iat: seconds(signedAt),
      nbf: seconds(signedAt),
      exp: seconds(fileExpiresAt),
      ...(licenseUntil === null ? {} : { license_until: licenseUntil }),
      ...(checkOut.deviceHash === null ? {} : { fp: checkOut.deviceHash }),
      ...(checkOut.nonce === null ? {} : { nonce: checkOut.nonce }),
      rev_seq: (await findNewestList(tx))?.seq ?? 0,
    });
    deps.reached('file:signed');
    // A license that was withdrawn meanwhile must not be handed out: the row tells, under the lock.
    await lockPool(tx, ref, 'shared');
    const now = await findLicense(tx, ref);
    if (now === undefined || !(await isUsable(tx, now))) return;
    await holdRoot(tx, signer.kid);
    await keepFile(tx, ref, { file, rootKid: signer.kid, terms, signedAt, fileExpiresAt });
  });
}

async function isUsable(tx: TenantTransaction, license: LicenseRecord): Promise<boolean> {
  return deriveLicense(license, await databaseNow(tx)).status === 'active';
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1_000);
}
