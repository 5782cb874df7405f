/**
 * `leasehold status`: whether this project has a seat on this machine. Programs that remember their
 * seat say which session to ask for; the license key says how the license stands.
 */
import { isTransient, LeaseholdError } from '../errors.ts';
import { forget, isRunning, memoryFolder, readMemory, type RememberedSeat } from '../memory.ts';
import { resolvePlace, type PlaceOptions } from '../settings.ts';
import type { Decision, Session } from '../transport.ts';
import { validateLicense } from '../validate.ts';
import { exitCodes } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import { rememberedTransport } from './remembered-transport.ts';
import { seatLine, statusHeadline } from './status-words.ts';

export type StatusOptions = Parameters<typeof validateLicense>[0] &
  PlaceOptions & { json: boolean };

/** A remembered seat, and what the server says of it; null when it could not be asked. */
export interface SeenSeat {
  remembered: RememberedSeat;
  isRunning: boolean;
  session: Session | null;
}

/**
 * - `held`: the server says that a session of this project has a seat.
 * - `degraded`: the server cannot be asked; by what a program wrote down, its lease still runs.
 * - `none`: no seat here.
 * - `unknown`: the server cannot be asked, and nothing here tells.
 */
export type SeatStanding = 'held' | 'degraded' | 'none' | 'unknown';

const askTimeoutMs = 5_000;
const patienceMs = 2_000;

/** Prints the standing on standard output. @returns the exit code. */
export async function status(options: StatusOptions): Promise<number> {
  try {
    const { instanceKey } = resolvePlace(options, process.env);
    const seen = await askForAll(readMemory(memoryFolder(process.env), instanceKey));
    const asked = await askForLicense(options, seen);
    const standing = standingOf(seen, asked.fault, Date.now());
    if (options.json) console.log(JSON.stringify(documentOf(standing, instanceKey, seen, asked)));
    else tell(standing, seen, asked);
    return exitCodeOf(standing, asked.license);
  } catch (error) {
    return reportFailure(error, options);
  }
}

/** One after the other, and none after the first that gets no answer. */
async function askForAll(remembered: readonly RememberedSeat[]): Promise<SeenSeat[]> {
  const seen: SeenSeat[] = [];
  let isAway = false;
  for (const seat of remembered) {
    const session: Session | null = isAway ? null : await askFor(seat);
    isAway ||= session === null;
    if (session?.status === 'ended') forget(memoryFolder(process.env), seat);
    seen.push({ remembered: seat, isRunning: isRunning(seat.pid), session });
  }
  return seen;
}

async function askFor(seat: RememberedSeat): Promise<Session | null> {
  const transport = await rememberedTransport(seat);
  try {
    const ref = { id: seat.sessionId, credential: seat.credential };
    const options = { waitSeconds: 0, timeoutMs: askTimeoutMs };
    return (await transport.getSession(ref, options)).session;
  } catch (error) {
    if (error instanceof LeaseholdError) return null;
    throw error;
  }
}

interface AskedLicense {
  license: Decision | null;
  /** Why nobody could tell; a license that need not be asked for is no fault. */
  fault: LeaseholdError | null;
}

/** @throws LeaseholdError when nothing is known here and the license cannot be asked for either. */
async function askForLicense(options: StatusOptions, seen: SeenSeat[]): Promise<AskedLicense> {
  const [first] = seen;
  const { url, product } = options;
  try {
    const license = await validateLicense({
      ...options,
      url: url ?? process.env['LEASEHOLD_URL'] ?? first?.remembered.url,
      product: product ?? process.env['LEASEHOLD_PRODUCT'] ?? first?.remembered.product,
      patienceMs,
    });
    return { license, fault: null };
  } catch (error) {
    if (!(error instanceof LeaseholdError)) throw error;
    if (first === undefined && !isTransient(error)) throw error;
    return { license: null, fault: error };
  }
}

function standingOf(seen: SeenSeat[], fault: LeaseholdError | null, nowMs: number): SeatStanding {
  if (seen.some(({ session }) => session?.status === 'active')) return 'held';
  const untold = seen.filter(({ session }) => session === null);
  if (untold.some(({ remembered }) => Date.parse(remembered.leaseUntil) > nowMs)) return 'degraded';
  return untold.length > 0 || (seen.length === 0 && fault !== null) ? 'unknown' : 'none';
}

function exitCodeOf(standing: SeatStanding, license: Decision | null): number {
  switch (standing) {
    case 'held':
      return 0;
    case 'none':
      return license?.valid === false ? exitCodes.refused : exitCodes.noSeat;
    case 'degraded':
    case 'unknown':
      return exitCodes.unavailable;
  }
}

function documentOf(
  standing: SeatStanding,
  instanceKey: string,
  seen: SeenSeat[],
  { license, fault }: AskedLicense,
) {
  const seats = seen.map(({ remembered, isRunning, session }) => {
    const { sessionId, licenseId, product, holderId, pid, state, leaseUntil } = remembered;
    const known = { sessionId, licenseId, product, holderId, pid, isRunning, state };
    const told = session ?? { status: null, leaseUntil, createdAt: null, endReason: null };
    const { status, createdAt = null, endReason = null } = told;
    return { ...known, status, leaseUntil: told.leaseUntil, createdAt, endReason };
  });
  const { code = null, detail = null } = fault ?? {};
  return { standing, instanceKey, seats, license, fault: fault && { code, detail } };
}

function tell(standing: SeatStanding, seen: SeenSeat[], { license, fault }: AskedLicense): void {
  const nowMs = Date.now();
  console.log(statusHeadline(standing));
  for (const seat of seen) console.log(`  - ${seatLine(seat, nowMs)}`);
  if (license !== null) {
    const { used, limit } = license.license.seats;
    console.log(`The license has ${used} of ${limit} seats in use.`);
    if (!license.valid) console.log(`It does not allow this (${license.code}): ${license.detail}`);
  } else if (fault !== null && isTransient(fault)) console.log(fault.detail);
}
