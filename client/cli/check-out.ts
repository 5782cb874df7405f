/** `leasehold check-out`: a license file from the server. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { UsageType } from '../../domain/validation.ts';
import { misconfigured, tableError } from '../errors.ts';
import { lastingFingerprint, openTrust, verifyForMachine } from '../license-file.ts';
import { keepLicense, readLicense } from '../license-store.ts';
import { withPatience } from '../patience.ts';
import { readPins } from '../pins.ts';
import { resolveProduct, resolveProgram, resolveUrl, type ServerOptions } from '../settings.ts';
import { exitCodes } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import { readText, writeText } from './files.ts';
import {
  openLicenseFilesApi,
  patienceMs,
  type CheckOutAnswer,
  type CheckOutRequest,
} from './license-files-api.ts';
import { giveSeatBack } from './give-seat-back.ts';
import { LiveLine } from './live-line.ts';
import { duration } from './words.ts';

interface CommonOptions extends ServerOptions {
  product?: string;
  json: boolean;
}

export interface CheckOutOptions extends CommonOptions {
  usageType?: UsageType;
  /** For how many seconds the file is wanted. */
  ttl?: number;
  /** False: bound to no device. */
  device: boolean;
  /** The request of another machine. */
  request?: string;
  /** Where to write the file; without it this machine's own is installed. */
  out?: string;
  roots?: string;
  /** Longest wait for the file, in seconds. */
  maxWait: number;
}

const pollMs = 1_000;

/** Gets a license file and installs or writes it, once it is found good. @returns the exit code. */
export async function checkOut(options: CheckOutOptions): Promise<number> {
  const { json } = options;
  try {
    const { request, out, device } = options;
    if (out === undefined && (request !== undefined || !device)) {
      throw misconfigured('Something is missing: where to write the license file (--out).');
    }
    const asked = requestOf(options);
    const api = await openLicenseFilesApi(options, 'product' in asked ? asked.product : null);
    const first = await withPatience(() => api.checkOut(asked), { patienceMs });
    const answer = await waitForFile(first, options, () => api.readCheckOut(first.checkOut.id));
    const { licenseFile = '', checkOut: made } = answer;
    const fault = await faultOf(licenseFile, options);
    if (fault !== null) {
      const seat = await giveSeatBack(made, { api, options });
      tell(
        json,
        { event: 'refused', fault, checkOutId: made.id, isSeatFree: seat.isFree },
        `The license file that came is not to be believed (${fault}), and is not kept. ${seat.line}`,
      );
      return exitCodes.notProven;
    }
    if (out === undefined) installFile(licenseFile, resolveProduct(options, process.env));
    else writeText(out, licenseFile);
    const { id, licenseId, expiresAt } = made;
    const where = out === undefined ? 'installed on this machine' : `in ${out}`;
    const pinned = readPins(options, process.env) !== null;
    const unverified = pinned ? '' : ' No roots are pinned: it was not verified.';
    tell(
      json,
      {
        event: 'checked_out',
        checkOutId: id,
        licenseId,
        expiresAt,
        file: out ?? null,
        isVerified: pinned,
      },
      `The license file of ${licenseId} is ${where}, good until ${expiresAt ?? '?'}.${unverified}`,
    );
    return 0;
  } catch (error) {
    return reportFailure(error, { json });
  }
}

function requestOf(options: CheckOutOptions): CheckOutRequest {
  const { request, ttl, device } = options;
  if (request !== undefined) return { requestFile: readText(request, 'request file') };
  const { product, usageType } = resolveProgram({ ...options, version: 'any' }, process.env);
  return {
    ...{ product, usageType },
    ...(device ? { device: { fingerprint: lastingFingerprint() } } : {}),
    ...(ttl === undefined ? {} : { ttlSeconds: ttl }),
  };
}

/** @throws LeaseholdError `unavailable` when it does not come: it follows, and asking again finds it. */
async function waitForFile(
  first: CheckOutAnswer,
  { maxWait }: CheckOutOptions,
  look: () => Promise<CheckOutAnswer>,
): Promise<CheckOutAnswer> {
  const startedAt = performance.now();
  const waitedSeconds = () => (performance.now() - startedAt) / 1000;
  const live = new LiveLine(process.stderr);
  let answer = first;
  try {
    for (; answer.licenseFile === undefined; answer = await withPatience(look, { patienceMs })) {
      const { status, reason } = answer.checkOut;
      if (status !== 'pending') {
        throw tableError('unavailable', `The license file was not signed (${reason ?? status}).`);
      }
      if (waitedSeconds() >= maxWait) {
        throw tableError(
          'unavailable',
          'The license file is not signed yet. The same command finds it later.',
        );
      }
      const waiting = () => `leasehold: waiting for the signature (${duration(waitedSeconds())})`;
      if (process.stderr.isTTY) live.show(waiting);
      await sleep(pollMs);
    }
    return answer;
  } finally {
    live.end();
  }
}

/** Without pins nothing is found wrong. A root that is not known may have come since they were made. */
async function faultOf(licenseFile: string, options: CheckOutOptions): Promise<string | null> {
  if (readPins(options, process.env) === null) return null;
  const { peekLicenseFile } = await import('../verify/index.ts');
  const peeked = peekLicenseFile(licenseFile)?.product ?? '';
  const isForHere = options.request === undefined;
  const product = isForHere ? resolveProduct(options, process.env) : peeked;
  const trust = await openTrust({ roots: options.roots }, product);
  const verify = () => verifyForMachine(licenseFile, { product, trust, isForHere });
  let check = await verify();
  if (!check.isGood && check.fault === 'unknown_key') {
    await trust.learn(resolveUrl(options, process.env));
    check = await verify();
  }
  return check.isGood ? null : check.fault;
}

function installFile(licenseFile: string, product: string): void {
  const kept = readLicense(product, process.env);
  keepLicense({ ...kept, licenseFile, secret: null, deactivationFile: null }, process.env);
}

function tell(json: boolean, event: object, line: string): void {
  console.error(json ? JSON.stringify(event) : line);
}
