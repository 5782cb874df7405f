import type { Request } from 'express';
import { z } from 'zod';
import { LicensingError } from '../../domain/errors.ts';
import type { Operation } from '../operation.ts';

interface FieldError {
  path: string;
  message: string;
}

/** What an operation's schemas make of a request. The operation's own types say what it is. */
interface Input {
  params: never;
  query: never;
  body: never;
}

/**
 * Makes what checks path, query and body of an operation's requests, all at once. The schemas are
 * compiled for it, once; the document is made from them as they are.
 *
 * It throws LicensingError `not_found` when an id in the path cannot be one of ours (exactly like an id
 * that is not there), `invalid_request` with every fault of query and body.
 */
export function inputParser(operation: Operation): (request: Request) => Input {
  const params = compiled(operation.params);
  const query = compiled(operation.query);
  const body = compiled(operation.body);
  return (request) => {
    const path = params?.safeParse(request.params);
    if (path?.success === false) {
      throw new LicensingError('not_found', 'There is no such resource.');
    }
    const asked = query?.safeParse(request.query);
    const sent = body?.safeParse(request.body ?? {});
    if (asked?.success === false || sent?.success === false) {
      throw invalid([...errorsOf('query', asked), ...errorsOf('', sent)]);
    }
    return { params: path?.data ?? {}, query: asked?.data ?? {}, body: sent?.data } as Input;
  };
}

function compiled(schema: z.ZodType | undefined): z.ZodType | undefined {
  return schema && z.compile(schema);
}

function invalid(errors: FieldError[]): LicensingError {
  return new LicensingError(
    'invalid_request',
    `The request has ${errors.length === 1 ? 'a fault' : `${errors.length} faults`}: ${errors
      .slice(0, 3)
      .map(({ path, message }) => `${path}: ${message}`)
      .join('; ')}.`,
    { extra: { errors } },
  );
}

function errorsOf(prefix: string, result: z.ZodSafeParseResult<unknown> | undefined): FieldError[] {
  if (result === undefined || result.success) return [];
  return result.error.issues.slice(0, 20).map(({ path, message }) => ({
    path: [prefix, ...path].filter((part) => part !== '').join('.') || '(body)',
    message,
  }));
}
