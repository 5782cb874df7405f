import { pino, type Logger } from 'pino';
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
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[secret]',
    },
  });
}
