/**
 * A refusal that can be proven: whoever pinned the root believes it, and no other. It says which credential was
 * refused, and of a session only what its credential says: nobody in between can have something of his own
 * refused and tell it as the answer to somebody else. Who has the credential itself needs no such trick: he could
 * as well give the seat back.
 */
import type { Request } from 'express';
import { endReasons, errorTable, LicensingError } from '../../domain/errors.ts';
import { makeDenial, type RefusedRequest } from '../../signing/tokens/denial.ts';
import type { ApiDeps } from '../deps.ts';
import type { Operation } from '../operation.ts';
import { instanceKeySchema, textSchema } from '../schemas.ts';
import { programCredential, type Caller, type CredentialClass } from './authenticate.ts';
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
    reason: endReasons.find((reason) => reason === extra['reason']),
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
function refusedRequest({ request, caller, operation }: Refused): RefusedRequest {
  return {
    ...subjectOf(request, caller),
    nonce: nonceOf(request) ?? '',
    credential: programCredential(request, operation.credential),
  };
}

const productCodeSchema = textSchema(64);

function subjectOf(
  request: Request,
  caller: Refused['caller'],
): Pick<RefusedRequest, 'audience' | 'instanceKey'> {
  if (caller === null) return { audience: '', instanceKey: '' };
  if ('sessionId' in caller) return { audience: caller.product, instanceKey: caller.instanceKey };
  const body = (request.body ?? {}) as Partial<Record<string, unknown>>;
  const said = (schema: typeof instanceKeySchema, value: unknown) => schema.safeParse(value).data;
  const known = 'license' in caller ? caller.license.productCode : '';
  return {
    audience: said(productCodeSchema, body['product']) ?? known,
    instanceKey: said(instanceKeySchema, body['instanceKey']) ?? '',
  };
}
