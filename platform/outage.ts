/** Codes of Node and Postgres (classes 08, 53 and 57P) that say: the store is away, not: you are wrong. */
const codes =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|08\w{3}|53\w{3}|57P\w{2}|57014)$/;

/** Sentences of pg, ioredis and Redis that carry no code. */
const sentences =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Command timed out|Connection is closed|Reached the max retries per request|Stream isn't writeable|Cannot use a pool after|READONLY|LOADING|MASTERDOWN|MISCONF|OOM|NOREPLICAS)/;

/** Whether an error means that a store did not answer, at any depth of its causes. */
export function isOutage(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; depth += 1) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    if (codes.test(code) || sentences.test(cause.message)) return true;
    if (cause instanceof AggregateError && cause.errors.some(isOutage)) return true;
    cause = cause.cause;
  }
  return false;
}
