import { DefaultLogger, type LogLevel } from '@temporalio/worker';
import type { Logger } from '../platform/logger.ts';

/** Lets the SDK, its native core and the workflows write into the process's own log. */
export function temporalLogger(log: Logger): DefaultLogger {
  return new DefaultLogger('DEBUG', ({ level, message, meta }) => {
    const { error, ...fields } = meta ?? {};
    log[pinoLevels[level]](
      error === undefined ? fields : { ...fields, err: error as unknown },
      message,
    );
  });
}

const pinoLevels = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const satisfies Record<LogLevel, string>;
