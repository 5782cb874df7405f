import { createHash } from 'node:crypto';
import {
  findAnsweredRequest,
  insertAnsweredRequest,
  lockIdempotencyKey,
} from '../data/idempotency-keys.ts';
import { inTransaction } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import { createAnswerSeal } from '../signing/sealed-answer.ts';
import type { Deps } from './deps.ts';

/** Who asks for what under which key. */
export interface KeyedRequest {
  idempotencyKey: string;
  operation: string;
  /** Id and secret of the caller's credential. */
  credential: { id: string; secret: string };
  /** The tenant that the request names. */
  tenantId: string | null;
  /** Everything else that decides what it does. */
  input: unknown;
}

/**
 * Does `work` at most once for a key within a day, and answers repetitions as it answered the first
 * time. What it does and its answer are committed together: `work` must write through the `systemDb`
 * that it is given. A refusal is not kept, since nothing was done.
 *
 * @throws LicensingError `idempotency_in_flight` while the first request is worked on,
 * `idempotency_mismatch` when the key came with another request, and what `work` throws.
 */
export async function answerOnce<Given extends Deps, Answer>(
  deps: Given,
  request: KeyedRequest,
  work: (deps: Given) => Promise<Answer>,
): Promise<{ answer: Answer; isRepeated: boolean }> {
  const id = idOf(request);
  const seal = createAnswerSeal({ secret: request.credential.secret, id });
  const asked = JSON.stringify(request.input);
  return inTransaction(deps.systemDb, async (tx) => {
    if (!(await lockIdempotencyKey(tx, id))) throw inFlight();
    const earlier = await findAnsweredRequest(tx, id);
    if (earlier !== undefined) {
      if (!seal.hasMac(asked, earlier.requestMac)) throw mismatch();
      return { answer: JSON.parse(seal.open(earlier.answer)) as Answer, isRepeated: true };
    }
    const answer = await work({ ...deps, systemDb: tx });
    await insertAnsweredRequest(tx, {
      id,
      tenantId: request.tenantId,
      requestMac: seal.macOf(asked),
      answer: seal.seal(JSON.stringify(answer)),
    });
    deps.reached('idempotency:answer-kept');
    return { answer, isRepeated: false };
  });
}

function idOf({ idempotencyKey, operation, credential, tenantId }: KeyedRequest): string {
  const scope = JSON.stringify([tenantId, credential.id, operation, idempotencyKey]);
  return createHash('sha256').update(scope).digest('base64url');
}

function inFlight(): LicensingError {
  const detail = 'The first request with this Idempotency-Key is still worked on. Try again soon.';
  return new LicensingError('idempotency_in_flight', detail, { retryAfterSeconds: 1 });
}

function mismatch(): LicensingError {
  return new LicensingError(
    'idempotency_mismatch',
    'This Idempotency-Key came with another request before. Use a new key for a new request.',
  );
}
