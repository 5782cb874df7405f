/**
 * The one table of failures. HTTP, Temporal, logs, the OpenAPI document, `docs/errors.md` and the
 * client all read it; a test proves that they list the same codes.
 *
 * - `conclusive`: the server looked and the answer is no. A client may tell its user so. Everything
 *   else is a fault of ours or of the network and must never lock anybody out.
 * - `retryable`: the same request may succeed later without anything being changed by the caller.
 * - `expected`: part of normal business; logged at info and marked benign in Temporal.
 */
export const errorTable = {
  unauthenticated: {
    title: 'The credential is missing or not valid',
    status: 401,
    conclusive: true,
    retryable: false,
    expected: true,
  },
  forbidden: {
    title: 'The credential does not allow this operation',
    status: 403,
    conclusive: true,
    retryable: false,
    expected: true,
  },
  not_found: {
    title: 'There is no such resource',
    status: 404,
    conclusive: true,
    retryable: false,
    expected: true,
  },
  method_not_allowed: {
    title: 'The resource does not support this method',
    status: 405,
    conclusive: true,
    retryable: false,
    expected: true,
  },
  conflict: {
    title: 'The resource is in a state that does not allow this',
    status: 409,
    conclusive: true,
    retryable: false,
    expected: true,
  },
  invalid_request: {
    title: 'The request is not valid',
    status: 422,
    conclusive: true,
    retryable: false,
    expected: true,
  },
  idempotency_mismatch: {
    title: 'The idempotency key came with another request before',
    status: 422,
    conclusive: false,
    retryable: false,
    expected: true,
  },
  idempotency_in_flight: {
    title: 'The first request with this idempotency key is still worked on',
    status: 409,
    conclusive: false,
    retryable: true,
    expected: true,
  },
  rate_limited: {
    title: 'The credential or the address asks too often',
    status: 429,
    conclusive: false,
    retryable: true,
    expected: true,
  },
  no_seats_available: {
    title: 'All seats of the license are in use',
    status: 409,
    conclusive: true,
    retryable: true,
    expected: true,
  },
  queue_full: {
    title: 'The queue for a seat is full',
    status: 409,
    conclusive: true,
    retryable: true,
    expected: true,
  },
  session_ended: {
    title: 'The session has ended',
    status: 409,
    conclusive: true,
    retryable: false,
    expected: true,
  },
  license_revoked: {
    title: 'The license was revoked',
    status: 403,
    conclusive: true,
    retryable: false,
    expected: true,
  },
  license_suspended: {
    title: 'The license is suspended',
    status: 403,
    conclusive: true,
    retryable: false,
    expected: true,
  },
  license_expired: {
    title: 'The license has expired',
    status: 403,
    conclusive: true,
    retryable: false,
    expected: true,
  },
  product_mismatch: {
    title: 'The license is for another product',
    status: 403,
    conclusive: true,
    retryable: false,
    expected: true,
  },
  usage_type_not_allowed: {
    title: 'The license does not allow this type of use',
    status: 403,
    conclusive: true,
    retryable: false,
    expected: true,
  },
  feature_not_granted: {
    title: 'The license does not grant a feature that is needed',
    status: 403,
    conclusive: true,
    retryable: false,
    expected: true,
  },
  license_file_not_allowed: {
    title: 'The license gives no such license file',
    status: 403,
    conclusive: true,
    retryable: false,
    expected: true,
  },
  holders_exhausted: {
    title: 'The session has as many holders as its policy allows',
    status: 409,
    conclusive: true,
    retryable: true,
    expected: true,
  },
  takeover_refused: {
    title: 'The session cannot be taken over',
    status: 403,
    conclusive: true,
    retryable: false,
    expected: true,
  },
  restoring: {
    title: 'The seats of this license are being restored',
    status: 503,
    conclusive: false,
    retryable: true,
    expected: false,
  },
  unavailable: {
    title: 'A part that this operation needs is not answering',
    status: 503,
    conclusive: false,
    retryable: true,
    expected: false,
  },
  internal: {
    title: 'The server met an unexpected fault',
    status: 500,
    conclusive: false,
    retryable: true,
    expected: false,
  },
} as const satisfies Record<string, ErrorEntry>;

interface ErrorEntry {
  title: string;
  status: number;
  conclusive: boolean;
  retryable: boolean;
  expected: boolean;
}

export type ErrorCode = keyof typeof errorTable;

/**
 * A failure with a code of the table. `detail` is for the caller: what happened and what to do next.
 * `cause` is for the log and never leaves the server. `extra` members are added to the problem body.
 */
export class LicensingError extends Error {
  override readonly name = 'LicensingError';
  readonly code: ErrorCode;
  readonly detail: string;
  readonly extra: Readonly<Record<string, unknown>>;
  /** When to try again, where it is known. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    detail: string,
    options: {
      cause?: unknown;
      extra?: Readonly<Record<string, unknown>>;
      retryAfterSeconds?: number;
    } = {},
  ) {
    super(`${code}: ${detail}`, { cause: options.cause });
    this.code = code;
    this.detail = detail;
    this.extra = options.extra ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Why a session ended. The ledger, Redis tombstones and the API use these words. */
export const endReasons = [
  'lapsed',
  'released',
  'forced',
  'license_suspended',
  'license_revoked',
  'offer_expired',
  'queue_timeout',
  'superseded',
] as const;
export type EndReason = (typeof endReasons)[number];
