import { endReasons, errorTable, type EndReason, type ErrorCode } from '../domain/errors.ts';
import {
  LeaseholdError,
  unreachable,
  type Holder,
  type MissingFeature,
  type SignedRefusal,
  type Upgrade,
} from './errors.ts';

/** Longest pause that a Retry-After header may ask for. */
const retryAfterMaxMs = 60_000;

/**
 * The error that a refusal stands for. Only a problem document with a code counts as the server's
 * word: whatever a proxy or a captive portal answers is `unreachable`, never a denial.
 */
export function errorFromAnswer(response: Response, body: unknown): LeaseholdError {
  const problem = isRecord(body) ? body : {};
  const { code, detail } = problem;
  const isProblem = response.headers.get('content-type')?.includes('application/problem+json');
  if (isProblem !== true || typeof code !== 'string' || typeof detail !== 'string') {
    return unreachable(
      `Something other than a Leasehold server answered (HTTP ${response.status}). Check the URL and the network.`,
    );
  }
  const known = code in errorTable ? errorTable[code as ErrorCode] : null;
  return new LeaseholdError({
    code,
    detail,
    conclusive: known?.conclusive ?? problem['conclusive'] === true,
    retryable: known?.retryable ?? problem['retryable'] === true,
    status: response.status,
    requestId: typeof problem['requestId'] === 'string' ? problem['requestId'] : undefined,
    reason: endReasons.find((reason): reason is EndReason => reason === problem['reason']),
    holders: Array.isArray(problem['holders']) ? (problem['holders'] as Holder[]) : undefined,
    otherHolders: numberOf(problem['otherHolders']),
    takeoverOffered: problem['takeoverOffered'] === true,
    seats: seatsOf(problem['seats']),
    queueLength: isRecord(problem['queue']) ? numberOf(problem['queue']['length']) : undefined,
    missingFeatures: Array.isArray(problem['missingFeatures'])
      ? (problem['missingFeatures'] as MissingFeature[])
      : undefined,
    upgrade: isRecord(problem['upgrade']) ? (problem['upgrade'] as Upgrade) : undefined,
    retryAfterMs: retryAfterMs(response.headers.get('retry-after'), Date.now()),
    denial: denialOf(problem),
  });
}

/** Milliseconds that a Retry-After header asks for, as seconds or as a date; at most a minute. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), retryAfterMaxMs) : undefined;
}

function denialOf(problem: Record<string, unknown>): SignedRefusal | undefined {
  const { denial, certificate, reason } = problem;
  if (typeof denial !== 'string' || typeof certificate !== 'string') return undefined;
  return { token: denial, certificate, reason: typeof reason === 'string' ? reason : null };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function seatsOf(value: unknown): { used: number; limit: number } | undefined {
  if (!isRecord(value)) return undefined;
  const { used, limit } = value;
  return typeof used === 'number' && typeof limit === 'number' ? { used, limit } : undefined;
}
