import { withPatience } from './patience.ts';
import {
  resolveProgram,
  resolveServer,
  type ProgramOptions,
  type ServerOptions,
} from './settings.ts';
import { createTransport, type Decision } from './transport.ts';

const requestTimeoutMs = 10_000;

/**
 * Asks whether the license allows this program, without taking a seat. A no is an answer with a code,
 * not an error.
 *
 * @throws LeaseholdError when there is no answer, or the key is none (`unauthenticated`).
 */
export function validateLicense(
  options: ServerOptions & Omit<ProgramOptions, 'version'> & { patienceMs?: number } = {},
): Promise<Decision> {
  const transport = createTransport(resolveServer(options, process.env));
  const { product, usageType } = resolveProgram({ ...options, version: 'any' }, process.env);
  return withPatience(
    () => transport.validateLicense({ product, usageType }, { timeoutMs: requestTimeoutMs }),
    { patienceMs: options.patienceMs ?? 15_000 },
  );
}
