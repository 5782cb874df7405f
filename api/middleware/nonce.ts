import type { IncomingMessage } from 'node:http';
import { nonceSchema } from '../schemas.ts';

/**
 * What a program calls its request, in the header `Leasehold-Nonce`, so that no answer to another one can be
 * told as the answer to it. There it is known before anything of the body is read. Undefined: the request has
 * none, or one that is no nonce.
 */
export function nonceOf({ headers }: IncomingMessage): string | undefined {
  const value = headers['leasehold-nonce'];
  return value === undefined ? undefined : nonceSchema.safeParse(value).data;
}
