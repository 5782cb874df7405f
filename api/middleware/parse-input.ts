import type { Request } from 'express';
import type { z } from 'zod';
import { LicensingError } from '../../domain/errors.ts';
import type { Operation } from '../operation.ts';

interface FieldError {
  path: string;
  message: string;
}

/**
 * Checks path, query and body against the operation's schemas, all at once.
 *
 * @throws LicensingError `not_found` when an id in the path cannot be one of ours (exactly like an id
 * that is not there), `invalid_request` with every fault of query and body.
 */
export function parseInput(
  operation: Operation,
  request: Request,
): { params: never; query: never; body: never } {
  const params = operation.params?.safeParse(request.params);
  if (params?.success === false) {
    throw new LicensingError('not_found', 'There is no such resource.');
  }
  const query = operation.query?.safeParse(request.query);
  const body = operation.body?.safeParse(request.body ?? {});
  const errors = [...errorsOf('query', query), ...errorsOf('', body)];
  if (errors.length > 0) {
    throw new LicensingError(
      'invalid_request',
      `The request has ${errors.length === 1 ? 'a fault' : `${errors.length} faults`}: ${errors
        .slice(0, 3)
        .map(({ path, message }) => `${path}: ${message}`)
        .join('; ')}.`,
      { extra: { errors } },
    );
  }
  // The operation's own types say what its schemas make; here they are only carried through.
  return { params: params?.data ?? {}, query: query?.data ?? {}, body: body?.data } as never;
}

function errorsOf(prefix: string, result: z.ZodSafeParseResult<unknown> | undefined): FieldError[] {
  if (result === undefined || result.success) return [];
  return result.error.issues.slice(0, 20).map(({ path, message }) => ({
    path: [prefix, ...path].filter((part) => part !== '').join('.') || '(body)',
    message,
  }));
}
