/**
 * Codes of Node and Postgres that say: the store is away or gave up, not: you are wrong. Classes 08, 53,
 * 57P (connection, resources, operator) and single ones: a statement, a lock or an idle transaction that
 * took too long, a deadlock.
 */
const codes =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|08\w{3}|53\w{3}|57P\w{2}|57014|25P0[34]|55P03|40P01|40001)$/;

/** Sentences of pg, ioredis and Redis that carry no code. */
const sentences =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Command timed out|Command aborted|Connection is closed|Reached the max retries per request|Stream isn't writeable|Cannot use a pool after|READONLY|LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|MISCONF|OOM|NOREPLICAS)/;

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
