import { misconfigured, pinsMissing } from './errors.ts';
import { describeDevice, lastingMachineId } from './machine.ts';
import { readLicense } from './license-store.ts';
import { readPins, type PinOptions } from './pins.ts';
import { resolveProduct, type ProgramOptions } from './settings.ts';
import type { LicenseFileCheck } from './verify/index.ts';

/**
 * Verifies the license file that is installed for a product on this machine, without a network. Null: none
 * is installed.
 *
 * @throws LeaseholdError `misconfigured` when no roots are pinned, or no product is named.
 */
export async function verifyInstalledFile(
  options: PinOptions & Pick<ProgramOptions, 'product'> = {},
): Promise<LicenseFileCheck | null> {
  const product = resolveProduct(options, process.env);
  const { licenseFile } = readLicense(product, process.env);
  return licenseFile === null ? null : verifyForMachine(licenseFile, { ...options, product });
}

/**
 * Verifies a license file for this machine, as of now.
 *
 * @param options `nonce`: that of the request which it must answer; any unless given. `isForHere`: false
 *   for one that is to be carried to another machine.
 */
export async function verifyForMachine(
  licenseFile: string,
  options: PinOptions & {
    product: string;
    nonce?: string | undefined;
    isForHere?: boolean;
  },
): Promise<LicenseFileCheck> {
  const keySet = readPins(options, process.env);
  if (keySet === null) throw pinsMissing();
  const { hashDevice, nothingRevoked, trustRoots, verifyLicenseFile } =
    await import('./verify/index.ts');
  const { product, nonce, isForHere = true } = options;
  return verifyLicenseFile(licenseFile, {
    roots: trustRoots(keySet).roots,
    revoked: nothingRevoked,
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
