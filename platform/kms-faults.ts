import { isBrokenCircuitError, isTaskCancelledError } from 'cockatiel';
import { LicensingError } from '../domain/errors.ts';

/**
 * How a call of Cloud KMS went, as it is counted. `corrupted`: the answer was damaged or about another
 * version. `unfit`: the key is not of the kind that was set. `refused`: KMS answered with an error.
 * `away`: no answer in time, no connection, no credentials, or the quota is used up. `not_asked`: the
 * breaker was open.
 */
export const kmsOutcomes = [
  'answered',
  'corrupted',
  'unfit',
  'refused',
  'away',
  'not_asked',
] as const;
export type KmsOutcome = (typeof kmsOutcomes)[number];

/** An answer that must not be used. A corrupted one may be better the next time, an unfit one not. */
export class KmsAnswerFault extends Error {
  override readonly name = 'KmsAnswerFault';
  readonly kind: 'corrupted' | 'unfit';

  constructor(kind: 'corrupted' | 'unfit', message: string) {
    super(message);
    this.kind = kind;
  }
}

/**
 * Nothing that KMS says can be used, and asking again will not help: its key or this server's setting
 * must be mended. To a caller it is a fault of the server; an activity is not tried again.
 */
export class KmsFault extends Error {
  override readonly name = 'KmsFault';
}

/** Status codes of gRPC by which KMS says no; a final one says that the call itself is wrong. */
const refusals: Readonly<Record<number, { name: string; isFinal: boolean }>> = {
  3: { name: 'INVALID_ARGUMENT', isFinal: true },
  5: { name: 'NOT_FOUND', isFinal: true },
  // A role that is missing, a version that is pending or disabled: mended, the same call succeeds.
  7: { name: 'PERMISSION_DENIED', isFinal: false },
  9: { name: 'FAILED_PRECONDITION', isFinal: false },
  11: { name: 'OUT_OF_RANGE', isFinal: true },
  12: { name: 'UNIMPLEMENTED', isFinal: true },
  16: { name: 'UNAUTHENTICATED', isFinal: false },
};

/** Whatever KMS has not said itself counts as `away`, a fault of the credentials too. */
export function outcomeOf(error: unknown): Exclude<KmsOutcome, 'answered'> {
  if (error instanceof KmsAnswerFault) return error.kind;
  if (isBrokenCircuitError(error)) return 'not_asked';
  return refusalOf(error) === undefined ? 'away' : 'refused';
}

/** What callers of KMS get: `unavailable` when the same call may succeed later, else KmsFault. */
export function toFailure(error: unknown): LicensingError | KmsFault {
  if (error instanceof KmsAnswerFault) return new KmsFault(error.message, { cause: error });
  const refusal = refusalOf(error);
  if (refusal?.isFinal === true) {
    return new KmsFault(`Cloud KMS refuses with ${refusal.name}`, { cause: error });
  }
  const cause = isTaskCancelledError(error)
    ? new Error('Cloud KMS did not answer in time', { cause: error })
    : error;
  return new LicensingError('unavailable', 'The signing key does not answer. Try again.', {
    cause,
  });
}

function refusalOf(error: unknown) {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'number'))
    return undefined;
  return refusals[error.code];
}
