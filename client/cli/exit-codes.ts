import { constants } from 'node:os';
import type { LeaseholdError } from '../errors.ts';

/** What `leasehold` itself exits with; a command that ran decides its own code. Words of sysexits.h. */
export const exitCodes = {
  /** What was to be verified is not to be believed. */
  notProven: 1,
  /** Wrong options, or something missing. */
  usage: 64,
  /** The server cannot be reached or is not able to answer: nobody knows. */
  unavailable: 69,
  /** No seat at this moment, or the seat was lost and `--stop-on-loss` ended the command. */
  noSeat: 75,
  /** The license or its key does not allow it. */
  refused: 77,
  /** The command is there but cannot be run. */
  cannotRun: 126,
  /** There is no such command. */
  notFound: 127,
} as const;

/** 128 + n for a command, or a wait, that ended by a signal. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

export function exitCodeOfError(error: LeaseholdError): number {
  switch (error.code) {
    case 'misconfigured':
    case 'invalid_request':
      return exitCodes.usage;
    case 'no_seats_available':
    case 'queue_full':
    case 'holders_exhausted':
    case 'takeover_refused':
      return exitCodes.noSeat;
    case 'session_ended':
      return error.reason?.startsWith('license_') === true ? exitCodes.refused : exitCodes.noSeat;
    default:
      return error.conclusive ? exitCodes.refused : exitCodes.unavailable;
  }
}
