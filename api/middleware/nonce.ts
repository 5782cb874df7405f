/** What a program calls its request, so that no answer to another one can be told as the answer to it. */
import type { IncomingMessage } from 'node:http';
import { LicensingError } from '../../domain/errors.ts';
import { nonceSchema } from '../schemas.ts';

const header = 'leasehold-nonce';

/**
 * The nonce of the header `Leasehold-Nonce`, which is there before anything of the body is read, else the one
 * of the body; undefined: the request has none.
 */
export function nonceOf(request: IncomingMessage & { body?: unknown }): string | undefined {
  const { inHeader, inBody } = noncesOf(request);
  return inHeader ?? inBody;
}

/**
 * `nonceOf` once the body is read.
 *
 * @throws LicensingError `invalid_request` when header and body name different nonces.
 */
export function requireOneNonce(request: IncomingMessage & { body?: unknown }): string | undefined {
  const { inHeader, inBody } = noncesOf(request);
  if (inHeader === undefined || inBody === undefined) return inHeader ?? inBody;
  if (inHeader === inBody) return inHeader;
  const message = 'must be the nonce of the header Leasehold-Nonce, where both are given';
  throw new LicensingError('invalid_request', `The request has a fault: nonce: ${message}.`, {
    extra: { errors: [{ path: 'nonce', message }] },
  });
}

function noncesOf({ headers, body }: IncomingMessage & { body?: unknown }) {
  const inside: Partial<Record<string, unknown>> =
    typeof body === 'object' && body !== null ? body : {};
  return { inHeader: nonceIn(headers[header]), inBody: nonceIn(inside['nonce']) };
}

function nonceIn(value: unknown): string | undefined {
  return value === undefined ? undefined : nonceSchema.safeParse(value).data;
}
