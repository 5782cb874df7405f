/**
 * `leasehold run`: acquire → run the command → release. A signal during the first ends the wait and
 * gives up the place; during the second it is the command's.
 */
import { acquire, type AcquireOptions } from '../acquire.ts';
import { LeaseholdError, tableError } from '../errors.ts';
import type { Seat } from '../seat.ts';
import { startChild, type Child, type ChildEnd } from './child.ts';
import { faultOf } from './events.ts';
import { exitCodeOfSignal, exitCodes } from './exit-codes.ts';
import type { Reporter } from './reporter.ts';
import { isSentByTerminal, takeSignals, type TakenSignals } from './signals.ts';

export interface RunOptions {
  acquire: AcquireOptions;
  /** Longest wait for a seat, in seconds. */
  maxWaitSeconds?: number | undefined;
  /** End the command when the seat is lost, instead of letting it finish. */
  stopOnLoss: boolean;
}

/** A command that is told to stop has this long before it is killed. */
const stopGraceMs = 10_000;

/** @returns the exit code: the command's own once it ran. */
export async function run(
  command: string[],
  options: RunOptions,
  reporter: Reporter,
): Promise<number> {
  const signals = takeSignals();
  try {
    const seat = await waitForSeat(options, reporter, signals);
    if (typeof seat === 'number') return seat;
    seat.once('released', (confirmed) => {
      reporter.tell({ event: 'released', confirmed });
    });
    try {
      return await runHolding(seat, command, options, reporter, signals);
    } finally {
      await seat.release();
    }
  } finally {
    signals.stop();
  }
}

/** The seat, or the exit code when there is none. */
async function waitForSeat(
  { acquire: options, maxWaitSeconds }: RunOptions,
  reporter: Reporter,
  signals: TakenSignals,
): Promise<Seat | number> {
  const waiting = new AbortController();
  const interruption: { by: NodeJS.Signals | null } = { by: null };
  signals.handle((signal) => {
    // The second time there is no patience left for telling the server.
    if (interruption.by !== null) process.exit(exitCodeOfSignal(signal));
    interruption.by = signal;
    waiting.abort();
  });
  const timer = startTimer(maxWaitSeconds, () => {
    waiting.abort(tooLong(maxWaitSeconds));
  });
  try {
    const seat = await acquire({
      ...options,
      signal: waiting.signal,
      onQueued: (progress) => {
        reporter.tell({ event: 'queued', ...progress });
      },
      onRetry: (error) => {
        reporter.tell({ event: 'retrying', ...faultOf(error) });
      },
      // The command needs a seat for as long as it runs.
      reacquireLapsed: true,
      // Done here, after the command.
      releaseOnExit: false,
    });
    const { sessionId, licenseId, instanceKey, seats, leaseUntil } = seat;
    reporter.tell({ event: 'acquired', sessionId, licenseId, instanceKey, seats, leaseUntil });
    return seat;
  } catch (error) {
    if (interruption.by !== null) return reportInterruption(interruption.by, reporter);
    if (error instanceof LeaseholdError) return reporter.fail(error);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function runHolding(
  seat: Seat,
  command: string[],
  { stopOnLoss }: RunOptions,
  reporter: Reporter,
  signals: TakenSignals,
): Promise<number> {
  const child = startChild(command, {
    ...process.env,
    LEASEHOLD_SESSION_ID: seat.sessionId,
    // A command that uses the client library shares this seat instead of taking another.
    LEASEHOLD_INSTANCE_KEY: seat.instanceKey,
  });
  signals.handle((signal) => {
    if (!isSentByTerminal(signal)) child.kill(signal);
  });
  if (child.pid !== undefined) reporter.tell({ event: 'started', pid: child.pid, command });
  tellOfSeat(seat, reporter, stopOnLoss);
  if (stopOnLoss) stopWhenLost(seat, child);
  return reportEnd(await child.ended, stopOnLoss && seat.state === 'lost', reporter);
}

function tellOfSeat(seat: Seat, reporter: Reporter, isStopping: boolean): void {
  seat.on('degraded', (error) => {
    reporter.tell({ event: 'degraded', ...faultOf(error) });
  });
  seat.on('grace', ({ until, leftMs, error }) => {
    const leftSeconds = Math.floor(leftMs / 1000);
    reporter.tell({ event: 'grace', until, leftSeconds, ...faultOf(error) });
  });
  seat.on('expired', (error) => {
    reporter.tell({ event: 'expired', ...faultOf(error) });
  });
  seat.on('tampered', (doubt) => {
    reporter.tell({ event: 'tampered', ...doubt });
  });
  seat.on('revoked', (doubt) => {
    reporter.tell({ event: 'revoked', ...doubt });
  });
  seat.on('renewed', ({ leaseUntil, recovered }) => {
    if (recovered) reporter.tell({ event: 'recovered', leaseUntil });
  });
  seat.on('lost', ({ reason, error }) => {
    reporter.tell({ event: 'lost', reason, isStopping, ...faultOf(error) });
  });
}

function stopWhenLost(seat: Seat, child: Child): void {
  seat.once('lost', () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
    }, stopGraceMs);
    void child.ended.then(() => {
      clearTimeout(timer);
    });
  });
}

function reportEnd(end: ChildEnd, wasStopped: boolean, reporter: Reporter): number {
  const exitCode = wasStopped ? exitCodes.noSeat : end.exitCode;
  reporter.tell({ event: 'exited', ...end, exitCode });
  return exitCode;
}

function reportInterruption(signal: NodeJS.Signals, reporter: Reporter): number {
  const exitCode = exitCodeOfSignal(signal);
  reporter.tell({ event: 'interrupted', signal, exitCode });
  return exitCode;
}

function startTimer(seconds: number | undefined, callback: () => void): NodeJS.Timeout | undefined {
  return seconds === undefined ? undefined : setTimeout(callback, seconds * 1000);
}

function tooLong(seconds: number | undefined): LeaseholdError {
  const limit = seconds === undefined ? '' : ` within ${seconds} s`;
  return tableError('no_seats_available', `No seat became free${limit}.`);
}
