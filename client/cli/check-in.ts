/** `leasehold check-in`: a license file given back to the server. */
import { misconfigured } from '../errors.ts';
import { keepLicense, readLicense, type KeptLicense } from '../license-store.ts';
import { withPatience } from '../patience.ts';
import { resolveProduct, type ServerOptions } from '../settings.ts';
import type * as verifierModule from '../verify/index.ts';
import { reportFailure } from './failure.ts';
import { readText } from './files.ts';
import { openLicenseFilesApi, patienceMs } from './license-files-api.ts';

export interface CheckInOptions extends ServerOptions {
  product?: string;
  json: boolean;
}

/** What is given up, and what is kept of it on this machine, if it is. */
interface GivingUp {
  deactivationFile: string;
  kept: KeptLicense | null;
}

/**
 * Gives a license file up: the one that is named, or whose deactivation file is, or else this machine's own.
 *
 * @returns the exit code.
 */
export async function checkIn(file: string | undefined, options: CheckInOptions): Promise<number> {
  const { json } = options;
  try {
    const verifier = await import('../verify/index.ts');
    const api = await openLicenseFilesApi(options, null);
    const { deactivationFile, kept } =
      file === undefined ? ownFile(options, verifier) : carriedFile(file, verifier);
    const check = verifier.readDeactivationFile(deactivationFile);
    if (!check.isGood) throw misconfigured(`It is no deactivation file (${check.fault}): ${file}`);
    const { file: id } = check.deactivation;
    const giveUp = () => api.checkIn(id, { deactivationFile });
    const { checkOut: ended } = await withPatience(giveUp, { patienceMs });
    if (kept !== null) {
      const nothing = { licenseFile: null, secret: null, deactivationFile: null };
      keepLicense({ ...kept, ...nothing }, process.env);
    }
    const { licenseId, status } = ended;
    console.error(
      json
        ? JSON.stringify({ event: 'checked_in', checkOutId: id, licenseId, status })
        : `The license file of ${licenseId} is given up: its seat is free.`,
    );
    return 0;
  } catch (error) {
    return reportFailure(error, { json });
  }
}

type Verifier = Pick<
  typeof verifierModule,
  'makeDeactivationFile' | 'peekLicenseFile' | 'recognise'
>;

function ownFile(options: CheckInOptions, verifier: Verifier): GivingUp {
  const product = resolveProduct(options, process.env);
  const { licenseFile } = readLicense(product, process.env);
  if (licenseFile !== null) return givingUp(licenseFile, verifier);
  throw misconfigured(`No license file is installed for ${product} here.`);
}

/** The deactivation of another machine as it is; a license file, wherever it lies, by what is known of it here. */
function carriedFile(file: string, verifier: Verifier): GivingUp {
  const text = readText(file, 'file');
  const found = verifier.recognise(text);
  if (found?.kind === 'license_file') return givingUp(found.token, verifier);
  return { deactivationFile: found?.token ?? text, kept: null };
}

/** One that was got by a request file is given up with the secret of the machine that asked, if this is it. */
function givingUp(
  licenseFile: string,
  { makeDeactivationFile, peekLicenseFile }: Verifier,
): GivingUp {
  const peeked = peekLicenseFile(licenseFile);
  if (peeked === null) throw misconfigured('The license file is not whole.');
  const { id: file, licenseId: license, product, device } = peeked;
  if (device === null) {
    throw misconfigured('The license file is bound to no device: there is nothing to give up.');
  }
  const kept = readLicense(product, process.env);
  const isInstalled = kept.licenseFile !== null && peekLicenseFile(kept.licenseFile)?.id === file;
  const secret = isInstalled ? kept.secret : kept.pendingSecret;
  const shown = secret === null ? {} : { secret };
  return {
    deactivationFile: makeDeactivationFile({ license, file, device, ...shown }),
    kept: isInstalled ? kept : null,
  };
}
