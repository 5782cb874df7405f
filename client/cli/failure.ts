import { LeaseholdError } from '../errors.ts';
import { denialOf } from './events.ts';
import { exitCodeOfError } from './exit-codes.ts';
import { explainError } from './words.ts';

/**
 * Tells on standard error why a command has no answer. @returns its exit code.
 *
 * @throws what is no LeaseholdError: a mistake of ours.
 */
export function reportFailure(
  error: unknown,
  { json, credential }: { json: boolean; credential?: string },
): number {
  if (!(error instanceof LeaseholdError)) throw error;
  const exitCode = exitCodeOfError(error);
  const lines = json
    ? [JSON.stringify({ event: 'failed', exitCode, ...denialOf(error) })]
    : explainError(error, Date.now(), credential).map((line) => `leasehold: ${line}`);
  for (const line of lines) console.error(line);
  return exitCode;
}
