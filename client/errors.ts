import { errorTable, type EndReason, type ErrorCode } from '../domain/errors.ts';
import type { Chain } from '../signing/tokens/chain.ts';
import type { components } from './generated/api.ts';

/** Somebody who holds a seat, as far as the license's policy lets the caller know. */
export type Holder = components['schemas']['Holder'];

/** What would allow a use that the plan does not: plans on offer, and where they are sold. */
export type Upgrade = components['schemas']['Upgrade'];

/** A feature that was asked for, and what the license says of it. */
export type MissingFeature = NonNullable<
  components['schemas']['Problem']['missingFeatures']
>[number];

/**
 * Codes that no server answers: nobody could be asked, there was nothing to ask with, or a refusal came
 * without proof.
 */
export type ClientErrorCode = 'unreachable' | 'misconfigured' | 'unproven';

/** A newer server may know codes that this version does not; they arrive as they are. */
export type LeaseholdErrorCode = ErrorCode | ClientErrorCode | (string & Record<never, never>);

/** What the server signed of a refusal, and the certificate; and the reason as it came, which may be a new one. */
export interface SignedRefusal extends Chain {
  readonly reason: string | null;
}

interface Members {
  code: LeaseholdErrorCode;
  detail: string;
  conclusive: boolean;
  retryable: boolean;
  status?: number | null | undefined;
  requestId?: string | null | undefined;
  reason?: EndReason | null | undefined;
  holders?: readonly Holder[] | undefined;
  otherHolders?: number | undefined;
  takeoverOffered?: boolean | undefined;
  seats?: { used: number; limit: number } | null | undefined;
  queueLength?: number | null | undefined;
  missingFeatures?: readonly MissingFeature[] | undefined;
  upgrade?: Upgrade | null | undefined;
  retryAfterMs?: number | null | undefined;
  denial?: SignedRefusal | null | undefined;
  cause?: unknown;
}

/**
 * Every failure of this package, apart from an aborted signal, whose own reason is thrown.
 *
 * - `conclusive`: the server looked, and the answer is no. Anything else is a fault of the network or
 *   the server and says nothing about the license: never lock a user out because of it.
 * - `retryable`: the same request may succeed later.
 */
export class LeaseholdError extends Error {
  override readonly name = 'LeaseholdError';
  readonly code: LeaseholdErrorCode;
  /** What happened and what to do next, in words for the user. */
  readonly detail: string;
  readonly conclusive: boolean;
  readonly retryable: boolean;
  /** HTTP status, or null when no server answered. */
  readonly status: number | null;
  /** Names the request in the server's log. */
  readonly requestId: string | null;
  /** With `session_ended`: why. */
  readonly reason: EndReason | null;
  /** With a denial: who holds the seats. */
  readonly holders: readonly Holder[];
  /** With a denial: holders that are counted only. */
  readonly otherHolders: number;
  /** With a denial: whether the seat of one of the `holders` that are `own` may be taken over now. */
  readonly takeoverOffered: boolean;
  readonly seats: { used: number; limit: number } | null;
  readonly queueLength: number | null;
  /** With `feature_not_granted`: what is missing. */
  readonly missingFeatures: readonly MissingFeature[];
  /** With `feature_not_granted` and `usage_type_not_allowed`: the way out. */
  readonly upgrade: Upgrade | null;
  /** How long the server asked to wait before the next try. */
  readonly retryAfterMs: number | null;
  /** With a refusal: what the server signed of it, and the certificate. Verified only with pinned roots. */
  readonly denial: SignedRefusal | null;

  constructor(members: Members) {
    super(`${members.code}: ${members.detail}`, { cause: members.cause });
    this.code = members.code;
    this.detail = members.detail;
    this.conclusive = members.conclusive;
    this.retryable = members.retryable;
    this.status = members.status ?? null;
    this.requestId = members.requestId ?? null;
    this.reason = members.reason ?? null;
    this.holders = members.holders ?? [];
    this.otherHolders = members.otherHolders ?? 0;
    this.takeoverOffered = members.takeoverOffered ?? false;
    this.seats = members.seats ?? null;
    this.queueLength = members.queueLength ?? null;
    this.missingFeatures = members.missingFeatures ?? [];
    this.upgrade = members.upgrade ?? null;
    this.retryAfterMs = members.retryAfterMs ?? null;
    this.denial = members.denial ?? null;
  }
}

/** Nobody could be asked: no answer, a timeout, or an answer that is not from a Leasehold server. */
export function unreachable(detail: string, cause?: unknown): LeaseholdError {
  return new LeaseholdError({
    code: 'unreachable',
    detail,
    conclusive: false,
    retryable: true,
    cause,
  });
}

/**
 * A refusal that is not proven to be the server's, where roots are pinned: it denies nothing, whoever said
 * it. What it told of seats and holders is kept; the refusal itself is the `cause`.
 */
export function unproven(refusal: LeaseholdError, doubt: string): LeaseholdError {
  const { code, detail } = refusal;
  return passing(refusal, {
    code: 'unproven',
    detail: `A refusal without proof is not believed (${code}: ${doubt}). It says: ${detail}`,
  });
}

/** A refusal as something that passes: it is asked again, and ends nothing. Itself it is the `cause`. */
export function passing(
  refusal: LeaseholdError,
  said: Partial<Pick<Members, 'code' | 'detail'>> = {},
): LeaseholdError {
  const { ...members } = refusal;
  return new LeaseholdError({
    ...{ ...members, ...said },
    ...{ conclusive: false, retryable: true, cause: refusal },
  });
}

/** What the server, or whoever spoke in its place, refused with: proven or not. */
export function refusalCode({ code, cause }: LeaseholdError): LeaseholdErrorCode {
  return code === 'unproven' && cause instanceof LeaseholdError ? cause.code : code;
}

/** The caller left out, or misspelt, what is needed to ask at all. */
export function misconfigured(detail: string): LeaseholdError {
  return new LeaseholdError({ code: 'misconfigured', detail, conclusive: false, retryable: false });
}

/** What verifies cannot do without pinned roots. */
export function pinsMissing(): LeaseholdError {
  return misconfigured(
    'Something is missing: the pinned roots (--roots or LEASEHOLD_ROOTS). leasehold roots writes them down.',
  );
}

/** An error of the table that the client itself has to tell. */
export function tableError(
  code: ErrorCode,
  detail: string,
  extra: Partial<Members> = {},
): LeaseholdError {
  const { conclusive, retryable, status } = errorTable[code];
  return new LeaseholdError({ code, detail, conclusive, retryable, status, ...extra });
}

/** Whether asking again by itself is right: a fault that passes, not a denial. */
export function isTransient(error: unknown): error is LeaseholdError {
  return error instanceof LeaseholdError && error.retryable && !error.conclusive;
}
