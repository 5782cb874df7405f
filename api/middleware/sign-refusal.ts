/** A refusal that can be proven: whoever pinned the root believes it, and no other. */
import type { Request } from 'express';
import { errorTable, LicensingError } from '../../domain/errors.ts';
import { makeDenial, type RefusedRequest } from '../../signing/tokens/denial.ts';
import type { ApiDeps } from '../deps.ts';
import type { Operation } from '../operation.ts';
import { instanceKeySchema, textSchema } from '../schemas.ts';
import type { Caller, CredentialClass } from './authenticate.ts';
import { nonceOf } from './nonce.ts';

/** A request that an operation refused; `caller` is null when its credential was not good. */
export interface Refused {
  operation: Operation;
  request: Request;
  caller: Caller<CredentialClass> | null;
}

/**
 * The error itself, or, where a program is told no for good, the same error with a signed denial and the
 * certificate of its key. While there is no delegate the answer goes without.
 */
export async function signRefusal(
  deps: ApiDeps,
  error: unknown,
  refused: Refused,
): Promise<unknown> {
  if (!isForPrograms(refused.operation) || !isConclusive(error)) return error;
  const delegate = deps.delegate.current();
  if (delegate === null) return error;
  const { code, detail, cause, extra } = error;
  const denial = await makeDenial(delegate.signer, {
    ...refusedRequest(refused),
    ...{ issuer: deps.signing.issuer, code, at: Math.floor(Date.now() / 1_000) },
  });
  deps.metrics.tokensSigned.inc({ kind: 'denial' });
  const { certificate } = delegate;
  return new LicensingError(code, detail, { cause, extra: { ...extra, denial, certificate } });
}

/** Whether it belongs to the surfaces of the vendor's program: those of license keys and sessions. */
export function isForPrograms({ credential }: Operation): boolean {
  return credential === 'license_key' || credential === 'session';
}

function isConclusive(error: unknown): error is LicensingError {
  return error instanceof LicensingError && errorTable[error.code].conclusive;
}

/** What the request said, as far as it was read: no byte of a stranger's body is. */
function refusedRequest({ request, caller }: Refused): RefusedRequest {
  const body = (request.body ?? {}) as Partial<Record<string, unknown>>;
  const said = (schema: typeof instanceKeySchema, value: unknown) => schema.safeParse(value).data;
  const known = knownOf(caller);
  return {
    audience: said(productCodeSchema, body['product']) ?? known.product ?? '',
    nonce: nonceOf(request) ?? '',
    instanceKey: said(instanceKeySchema, body['instanceKey']) ?? known.instanceKey ?? '',
  };
}

const productCodeSchema = textSchema(64);

function knownOf(caller: Refused['caller']): { product?: string; instanceKey?: string } {
  if (caller === null) return {};
  if ('sessionId' in caller) return caller;
  return 'license' in caller ? { product: caller.license.productCode } : {};
}
