import { misconfigured, pinsMissing } from './errors.ts';
import { LearnedTrust } from './learned-trust.ts';
import { describeDevice, lastingMachineId } from './machine.ts';
import { readLicense } from './license-store.ts';
import { readPins, type PinOptions } from './pins.ts';
import { resolveProduct, type ProgramOptions } from './settings.ts';
import type { LicenseFileCheck } from './verify/index.ts';

/** What was learned elsewhere and carried here. */
export interface CarriedOptions {
  /**
   * The text of a revocation list that was carried to this machine: the token, or the answer of a server's
   * `/.well-known/revocations`. It is kept, so that later checks know of it without being shown it again.
   */
  revocations?: string | undefined;
}

/**
 * Verifies the license file that is installed for a product on this machine, without a network: against the
 * pinned roots, and what programs of the product have learned while they were online. Null: none is installed.
 *
 * @throws LeaseholdError `misconfigured` when no roots are pinned, no product is named, or the revocation list
 * that is given is not good itself.
 */
export async function verifyInstalledFile(
  options: PinOptions & Pick<ProgramOptions, 'product'> & CarriedOptions = {},
): Promise<LicenseFileCheck | null> {
  const product = resolveProduct(options, process.env);
  const { licenseFile } = readLicense(product, process.env);
  if (licenseFile === null && options.revocations === undefined) return null;
  const trust = await openTrust(options, product);
  return licenseFile === null ? null : verifyForMachine(licenseFile, { product, trust });
}

/**
 * What programs of a product trust on this machine, with what is carried here taken in.
 *
 * @throws LeaseholdError `misconfigured` when no roots are pinned, or what is carried is not good.
 */
export async function openTrust(
  options: PinOptions & CarriedOptions,
  product: string,
): Promise<LearnedTrust> {
  const keySet = readPins(options, process.env);
  if (keySet === null) throw pinsMissing();
  const verifying = await import('./verify/index.ts');
  const trust = await LearnedTrust.open(verifying, { keySet, product, environment: process.env });
  if (options.revocations === undefined) return trust;
  await trust.takeRevocations(options.revocations);
  await trust.keep();
  return trust;
}

/**
 * Verifies a license file for this machine, as of now.
 *
 * @param options `nonce`: that of the request which it must answer; any unless given. `isForHere`: false
 *   for one that is to be carried to another machine.
 */
export async function verifyForMachine(
  licenseFile: string,
  options: {
    product: string;
    trust: LearnedTrust;
    nonce?: string | undefined;
    isForHere?: boolean;
  },
): Promise<LicenseFileCheck> {
  const { hashDevice, verifyLicenseFile } = await import('./verify/index.ts');
  const { product, trust, nonce, isForHere = true } = options;
  return verifyLicenseFile(licenseFile, {
    roots: trust.trust.roots,
    revoked: trust.known.revoked,
    at: Math.floor(Date.now() / 1000),
    audience: product,
    device: isForHere ? await hashDevice(product, lastingFingerprint()) : null,
    nonce,
  });
}

/** @throws LeaseholdError `misconfigured` where a file would be bound to what is gone with this process. */
export function lastingFingerprint(): string {
  const machine = lastingMachineId(process.env);
  if (machine !== null) return describeDevice(machine).fingerprint;
  throw misconfigured(
    'Nothing names this machine for longer than it runs, as in a container: name it with LICENSE_INSTANCE_ID.',
  );
}
