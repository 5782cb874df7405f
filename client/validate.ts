import { withPatience } from './patience.ts';
import type { PinOptions } from './pins.ts';
import { askerOf } from './proven.ts';
import {
  resolveProgram,
  resolveServer,
  type PlaceOptions,
  type ProgramOptions,
  type ServerOptions,
} from './settings.ts';
import { createTransport, type Decision } from './transport.ts';
import { createVerifier } from './verifier.ts';

const requestTimeoutMs = 10_000;

export interface ValidateOptions
  extends
    ServerOptions,
    Omit<ProgramOptions, 'version'>,
    Pick<PlaceOptions, 'projectRoot'>,
    PinOptions {
  /** Names of features that the license must grant too. */
  features?: string[] | undefined;
  /** Also answer the `trace` of every check: what it looked at and how it went. Default: false. */
  explain?: boolean | undefined;
  /** How long a server that is away is asked again. Default: 15,000. */
  patienceMs?: number | undefined;
}

/**
 * Asks whether the license allows this program, without taking a seat. A no is an answer with a code,
 * not an error. It is not signed: what must not be forged is asked with `acquire`.
 *
 * @throws LeaseholdError when there is no answer, or the key is none (`unauthenticated`; with pinned roots
 * only where the server has signed that).
 */
export async function validateLicense(options: ValidateOptions = {}): Promise<Decision> {
  const server = resolveServer(options, process.env);
  const { product, usageType } = resolveProgram({ ...options, version: 'any' }, process.env);
  const verifier = await createVerifier(options, { ...server, product }, process.env);
  const transport = createTransport(server, askerOf(verifier, ''));
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
