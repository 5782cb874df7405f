import { endCheckOuts, findCheckOut, keepFile, type CheckOutRef } from '../data/check-outs.ts';
import { findLicense, type LicenseRecord } from '../data/licenses.ts';
import { lockPool } from '../data/pools.ts';
import { findNewestList } from '../data/revocation-lists.ts';
import { withTenant } from '../data/tenant.ts';
import { fileEndOf, fileTermsOf } from '../domain/check-out.ts';
import { deriveLicense } from '../domain/license.ts';
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
    const failure = { ids: [ref.checkOutId], status: 'failed', reason: 'unavailable' } as const;
    await withTenant(deps.systemDb, ref.tenantId, (tx) => endCheckOuts(tx, ref, failure));
  }
  deps.reached('file:kept');
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
    if (license === undefined || checkOut?.status !== 'pending' || !isUsable(license)) return;
    const { signer } = await root(tx);
    const signedAt = new Date(Math.floor(Date.now() / 1_000) * 1_000);
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
    if (now !== undefined && isUsable(now)) {
      await keepFile(tx, ref, { file, terms, signedAt, fileExpiresAt });
    }
  });
}

function isUsable(license: LicenseRecord): boolean {
  return deriveLicense(license, new Date()).status === 'active';
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1_000);
}
