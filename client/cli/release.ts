/** `leasehold release`: gives back what programs of this project left behind, or still hold. */
import { LeaseholdError } from '../errors.ts';
import { forget, isRunning, memoryFolder, readMemory, type RememberedSeat } from '../memory.ts';
import { withPatience } from '../patience.ts';
import { resolvePlace, type PlaceOptions } from '../settings.ts';
import { exitCodeOfError, exitCodes } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import { rememberedTransport } from './remembered-transport.ts';

export interface ReleaseOptions extends Pick<PlaceOptions, 'instanceKey'> {
  /** Also what a running program holds: it hears of it with its next heartbeat. */
  force: boolean;
  json: boolean;
}

/**
 * - `released`: nobody has this seat any more.
 * - `left`: this holder is out; other programs of the project keep the seat.
 * - `running`: its program runs, and it was not to be forced.
 * - `failed`: the server could not be told, or refused.
 */
interface Release {
  sessionId: string;
  pid: number;
  outcome: 'released' | 'left' | 'running' | 'failed';
  fault: LeaseholdError | null;
}

const timeoutMs = 5_000;

/** Prints what became of each seat on standard output. @returns the exit code. */
export async function release(options: ReleaseOptions): Promise<number> {
  try {
    const { instanceKey } = resolvePlace(options, process.env);
    const folder = memoryFolder(process.env);
    const releases: Release[] = [];
    for (const seat of readMemory(folder, instanceKey)) {
      releases.push(await releaseSeat(folder, seat, options));
    }
    tell(releases, options);
    return exitCodeOf(releases);
  } catch (error) {
    return reportFailure(error, options);
  }
}

async function releaseSeat(
  folder: string,
  seat: RememberedSeat,
  { force }: ReleaseOptions,
): Promise<Release> {
  const { sessionId, pid } = seat;
  if (isRunning(pid) && !force) return { sessionId, pid, outcome: 'running', fault: null };
  try {
    const outcome = await giveBack(seat);
    forget(folder, seat);
    return { sessionId, pid, outcome, fault: null };
  } catch (error) {
    if (!(error instanceof LeaseholdError)) throw error;
    // A credential that the server does not take opens nothing: it is of no use any more.
    if (error.conclusive) forget(folder, seat);
    return { sessionId, pid, outcome: 'failed', fault: error };
  }
}

async function giveBack(seat: RememberedSeat) {
  const { sessionId, credential } = seat;
  const transport = await rememberedTransport(seat);
  const ref = { id: sessionId, credential };
  const patience = { patienceMs: timeoutMs };
  await withPatience(() => transport.releaseSession(ref, { timeoutMs }), patience);
  const look = () => transport.getSession(ref, { waitSeconds: 0, timeoutMs });
  const { session } = await withPatience(look, patience);
  return session.status === 'ended' ? 'released' : 'left';
}

function exitCodeOf(releases: readonly Release[]): number {
  const [failure] = releases.flatMap(({ fault }) => fault ?? []);
  if (failure !== undefined) return exitCodeOfError(failure);
  return releases.some(({ outcome }) => outcome === 'running') ? exitCodes.usage : 0;
}

function tell(releases: readonly Release[], { json }: ReleaseOptions): void {
  if (json) {
    const items = releases.map(({ fault, ...release }) => ({
      ...release,
      fault: fault && { code: fault.code, detail: fault.detail },
    }));
    console.log(JSON.stringify({ items }));
    return;
  }
  if (releases.length === 0) console.log('No program of this project has left a seat behind here.');
  for (const release of releases) console.log(releaseLine(release));
}

function releaseLine({ sessionId, pid, outcome, fault }: Release): string {
  switch (outcome) {
    case 'released':
      return `${sessionId} of process ${pid} is given back: the seat is free.`;
    case 'left':
      return `Process ${pid} is out of ${sessionId}; other programs of this project keep the seat.`;
    case 'running':
      return `${sessionId} is in use by process ${pid}: end it, or take the seat from it with --force.`;
    case 'failed':
      return `${sessionId} of process ${pid} is not given back: ${fault?.detail ?? ''}`;
  }
}
