import { readFileSync } from 'node:fs';
import { misconfigured } from './errors.ts';

/** Which roots are trusted, when a program wants proof of what the server says. */
export interface PinOptions {
  /** A JWK Set, or the file of one. Default: the file `LEASEHOLD_ROOTS`, else nothing is verified. */
  roots?: string | { keys: readonly object[] } | undefined;
}

/**
 * The JWK Set that is pinned, not looked at yet; null: none is.
 *
 * @throws LeaseholdError `misconfigured` when its file cannot be read: a program that was to verify does
 * not go on without.
 */
export function readPins({ roots }: PinOptions, environment: NodeJS.ProcessEnv): unknown {
  if (typeof roots === 'object') return roots;
  const file = roots?.trim() ?? environment['LEASEHOLD_ROOTS']?.trim() ?? '';
  return file === '' ? null : readJson(file);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? 'it is no JSON' : 'it cannot be read';
    throw misconfigured(`The pinned roots (LEASEHOLD_ROOTS) are of no use, ${reason}: ${file}`);
  }
}
