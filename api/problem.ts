/** Refusals and faults as RFC 9457 problem documents, made from the one error table. */
import type { Response } from 'express';
import { z } from 'zod';
import { endReasons, errorTable, LicensingError, type ErrorCode } from '../domain/errors.ts';
import { takeoverRefusals } from '../domain/seat.ts';
import { isOutage } from '../platform/outage.ts';
import { missingFeaturesSchema, upgradeSchema } from './schemas.ts';

/** Seconds after which a retryable answer asks to be tried again, before jitter. */
const retryAfterSeconds = 2;

const codes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]];

const holderSchema = z
  .object({
    sessionId: z.string(),
    since: z.iso.datetime(),
    own: z.boolean().meta({ description: 'Whether it runs on the device that asked.' }),
    deviceName: z.string().optional(),
  })
  .meta({ id: 'Holder' });

/** The body of every answer from 400 on. */
export const problemSchema = z
  .object({
    type: z.url().meta({ description: 'The page that explains the code.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What happened and what to do next.' }),
    code: z.enum(codes),
    requestId: z.string(),
    traceId: z.string().optional().meta({ description: 'Where requests are traced: of this one.' }),
    retryable: z.boolean().meta({ description: 'The same request may succeed later.' }),
    conclusive: z.boolean().meta({ description: 'The server looked, and the answer is no.' }),
    denial: z.string().optional().meta({
      description: 'On the surfaces of license keys and sessions: the refusal, signed.',
    }),
    certificate: z.string().optional().meta({ description: 'Of the key that signed it.' }),
    reason: z.enum(endReasons).optional().meta({ description: 'With session_ended: why.' }),
    takeoverRefusal: z
      .enum(takeoverRefusals)
      .optional()
      .meta({ description: 'With takeover_refused: why.' }),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    holders: z.array(holderSchema).optional(),
    otherHolders: z.int().optional().meta({ description: 'Holders that are counted only.' }),
    takeoverOffered: z.boolean().optional().meta({
      description: 'Whether asking again with an own holder in `takeover` would give its seat now.',
    }),
    seats: z.object({ used: z.int(), limit: z.int() }).optional(),
    queue: z.object({ length: z.int() }).optional(),
    missingFeatures: missingFeaturesSchema.optional(),
    upgrade: upgradeSchema.optional(),
  })
  .meta({ id: 'Problem' });

/** What went wrong, in words of the table: stores that are away are `unavailable`, the unknown `internal`. */
export function asLicensingError(error: unknown): LicensingError {
  if (error instanceof LicensingError) return error;
  if (isOutage(error)) {
    const detail = 'A store does not answer at this moment. Try again in a few seconds.';
    return new LicensingError('unavailable', detail, { cause: error });
  }
  return new LicensingError(
    'internal',
    'The fault was logged. Try again, or report the request id.',
    {
      cause: error,
    },
  );
}

/** Sends the problem; `Retry-After` is jittered so that many clients do not come back as one. */
export function sendProblem(
  response: Response,
  error: LicensingError,
  context: { requestId: string; traceId: string | undefined; publicUrl: string },
): void {
  const entry = errorTable[error.code];
  response.status(entry.status).type('application/problem+json');
  response.set('Cache-Control', 'no-store');
  const wait = error.retryAfterSeconds ?? (entry.status === 503 ? retryAfterSeconds : null);
  if (wait !== null) {
    response.set('Retry-After', String(wait + Math.floor(Math.random() * 3)));
  }
  if (entry.status === 401) response.set('WWW-Authenticate', 'Bearer, License');
  response.send(
    JSON.stringify({
      type: `${context.publicUrl}/docs/errors#${error.code}`,
      title: entry.title,
      status: entry.status,
      detail: error.detail,
      code: error.code,
      requestId: context.requestId,
      traceId: context.traceId,
      retryable: entry.retryable,
      conclusive: entry.conclusive,
      ...error.extra,
    }),
  );
}
