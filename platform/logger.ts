import { pino, stdSerializers, type Logger } from 'pino';
import { presentTraceId } from './tracing.ts';

export type { Logger };

/** Members that never reach a log, at the top and one level down. */
const secretNames = [
  'authorization',
  'cookie',
  'credential',
  'licenseKey',
  'secret',
  'apiKey',
  'password',
  'token',
];

/**
 * One JSON line per record on standard output. Write the object first, then a short constant
 * sentence; ids go in `requestId tenantId licenseId sessionId workflowId`.
 */
export function createLogger(options: { name: string; level: string }): Logger {
  return pino({
    name: options.name,
    level: options.level,
    timestamp: pino.stdTimeFunctions.isoTime,
    // Whatever is logged within a trace says which.
    mixin() {
      const traceId = presentTraceId();
      return traceId === undefined ? {} : { traceId };
    },
    serializers: { err: describeError },
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[secret]',
    },
  });
}

/**
 * What a log may tell of a fault. Stores and drivers hang more on their errors: the command that failed
 * with all its arguments, be they a password, or the row that did not fit.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack, code } = stdSerializers.err(error) as Record<string, unknown>;
  return { type, message, stack, ...(code === undefined ? {} : { code }) };
}
