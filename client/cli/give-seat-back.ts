/** The seat of a license file that was thrown away: nobody runs by that file. */
import { lastingFingerprint } from '../license-file.ts';
import { readLicense } from '../license-store.ts';
import { withPatience } from '../patience.ts';
import { resolveProduct } from '../settings.ts';
import { patienceMs, type CheckOutAnswer, type LicenseFilesApi } from './license-files-api.ts';

/**
 * Checks the file in again, where this machine may: that of a request is given up by the machine that asked,
 * and with this machine's own would go the one that is installed.
 *
 * @returns whether the seat is free by now, and what to tell.
 */
export async function giveSeatBack(
  { id, device, expiresAt }: CheckOutAnswer['checkOut'],
  given: { api: LicenseFilesApi; options: { product?: string; request?: string } },
): Promise<{ isFree: boolean; line: string }> {
  const { api, options } = given;
  if (device === null) return { isFree: true, line: 'It takes no seat.' };
  const taken = `Its seat is taken until ${expiresAt ?? 'it ends'}`;
  const again = 'With good pins (leasehold roots) the same command gets it again.';
  if (options.request !== undefined) {
    const line = `${taken}, for only the machine that asked can give it up. ${again}`;
    return { isFree: false, line };
  }
  if (readLicense(resolveProduct(options, process.env), process.env).licenseFile !== null) {
    return { isFree: false, line: 'The file that is installed stays, and with it its seat.' };
  }
  const body = { device: { fingerprint: lastingFingerprint() } };
  try {
    await withPatience(() => api.checkIn(id, body), { patienceMs });
    return { isFree: true, line: 'It is checked in again: its seat is free.' };
  } catch {
    return { isFree: false, line: `${taken}, for it could not be checked in. ${again}` };
  }
}
