/** `Idempotency-Key`: a creating request that is repeated answers again what it answered. */
import type { Request, Response } from 'express';
import { LicensingError } from '../../domain/errors.ts';
import { idPattern } from '../../domain/ids.ts';
import { answerOnce } from '../../services/answer-once.ts';
import type { ApiDeps } from '../deps.ts';
import { createsOnce, type Operation, type RequestContext } from '../operation.ts';
import { idempotencyKeySchema } from '../schemas.ts';
import { authorization, type Caller, type CredentialClass } from './authenticate.ts';

type Context = RequestContext<CredentialClass>;
type Input = Parameters<Operation['handle']>[1];

/**
 * Has the operation handle the request, once for its key where it has one and the operation takes
 * keys. A repeated answer says so in `Idempotency-Replayed`.
 *
 * @throws LicensingError `invalid_request` for a key that cannot be one, and what `answerOnce` throws.
 */
export async function handleOnce(
  operation: Operation,
  { request, response }: { request: Request; response: Response },
  { context, input }: { context: Context; input: Input },
): ReturnType<Operation['handle']> {
  const key = request.headers['idempotency-key'];
  if (key === undefined || !createsOnce(operation)) return operation.handle(context, input);
  const caller = context.caller as Caller<'operator'> | Caller<'tenant'>;
  const { answer, isRepeated } = await answerOnce(
    context.deps,
    {
      idempotencyKey: requireKey(key),
      operation: operation.id,
      credential: { id: caller.actor.id, secret: authorization(request, 'Bearer') },
      tenantId: 'tenantId' in caller ? caller.tenantId : tenantNamedBy(caller.tenantHeader),
      input,
    },
    (deps: ApiDeps) => operation.handle({ ...context, deps }, input),
  );
  if (isRepeated) response.set('Idempotency-Replayed', 'true');
  return answer;
}

function tenantNamedBy(header: string | null): string | null {
  return header !== null && idPattern('ten').test(header) ? header : null;
}

function requireKey(key: string | string[]): string {
  const parsed = idempotencyKeySchema.safeParse(key);
  if (parsed.success) return parsed.data;
  const message = 'must be 1 to 255 printable ASCII characters';
  throw new LicensingError('invalid_request', `Idempotency-Key ${message}.`, {
    extra: { errors: [{ path: 'header.Idempotency-Key', message }] },
  });
}
