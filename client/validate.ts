import { withPatience } from './patience.ts';
import {
  resolveProgram,
  resolveServer,
  type PlaceOptions,
  type ProgramOptions,
  type ServerOptions,
} from './settings.ts';
import { createTransport, type Decision } from './transport.ts';

const requestTimeoutMs = 10_000;

export interface ValidateOptions
  extends ServerOptions, Omit<ProgramOptions, 'version'>, Pick<PlaceOptions, 'projectRoot'> {
  /** Names of features that the license must grant too. */
  features?: string[] | undefined;
  /** Also answer the `trace` of every check: what it looked at and how it went. Default: false. */
  explain?: boolean | undefined;
  /** How long a server that is away is asked again. Default: 15,000. */
  patienceMs?: number | undefined;
}

/**
 * Asks whether the license allows this program, without taking a seat. A no is an answer with a code,
 * not an error.
 *
 * @throws LeaseholdError when there is no answer, or the key is none (`unauthenticated`).
 */
export function validateLicense(options: ValidateOptions = {}): Promise<Decision> {
  const transport = createTransport(resolveServer(options, process.env));
  const { product, usageType } = resolveProgram({ ...options, version: 'any' }, process.env);
  const { features, explain = false } = options;
  const body = {
    ...{ product, usageType },
    ...(features === undefined ? {} : { features }),
    ...(explain ? { explain } : {}),
  };
  return withPatience(() => transport.validateLicense(body, { timeoutMs: requestTimeoutMs }), {
    patienceMs: options.patienceMs ?? 15_000,
  });
}
