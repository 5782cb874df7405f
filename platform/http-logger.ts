import { pinoHttp, type HttpLogger } from 'pino-http';
import { newId } from './ids.ts';
import type { Logger } from './logger.ts';

/**
 * Gives each request an id, answers it in `X-Request-Id`, and logs one line when it is done: method,
 * path without its query, status. Headers and bodies are never logged. Heartbeats and probes are many
 * and alike: they log at debug.
 */
export function createHttpLogger(log: Logger): HttpLogger {
  return pinoHttp({
    logger: log,
    quietReqLogger: true,
    customAttributeKeys: { reqId: 'requestId' },
    genReqId(_request, response) {
      const id = newId('req');
      response.setHeader('X-Request-Id', id);
      return id;
    },
    serializers: {
      req: ({ method, url }: { method: string; url: string }) => ({ method, path: pathOf(url) }),
      res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
    },
    customLogLevel(request, response) {
      if (response.statusCode >= 500) return 'warn';
      return isFrequent(pathOf(request.url ?? '')) ? 'debug' : 'info';
    },
  });
}

function isFrequent(path: string): boolean {
  return path.endsWith('/heartbeat') || path.startsWith('/health/');
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
