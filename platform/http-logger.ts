import type { IncomingMessage, ServerResponse } from 'node:http';
import { pinoHttp } from 'pino-http';
import { newRequestId } from './ids.ts';
import type { Logger } from './logger.ts';

/** What gives a request its id and sees to its line. */
type HttpLogger = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/**
 * Gives each request an id, answers it in `X-Request-Id`, and logs one line when it is done: method,
 * path without its query, status. Headers and bodies are never logged. What clients do all day is much
 * and alike, and the ledger or the metrics tell of it: unless it fails it logs at debug, and below that
 * level it costs nothing.
 */
export function createHttpLogger(log: Logger): HttpLogger {
  const logAny = logEach(log);
  if (log.isLevelEnabled('debug')) return logAny;
  return (request, response, next) => {
    if (isFrequent(request)) logFailure(log, request, response);
    else logAny(request, response);
    next();
  };
}

/** A logger of its own for each request costs more than all else that is done about it here. */
function logFailure(log: Logger, request: IncomingMessage, response: ServerResponse): void {
  const requestId = identify(request, response);
  response.once('close', () => {
    const { statusCode: status } = response;
    if (status < 500) return;
    const { method, url = '' } = request;
    const traceId = traceIds.get(response);
    log.warn(
      { requestId, traceId, req: { method, path: pathOf(url) }, res: { status } },
      'request failed',
    );
  });
}

/** The request's id, as text; its answer carries it. */
function identify(request: IncomingMessage, response: ServerResponse): string {
  const id = newRequestId();
  request.id = id;
  response.setHeader('X-Request-Id', id);
  return id;
}

function logEach(log: Logger) {
  return pinoHttp({
    logger: log,
    quietReqLogger: true,
    customAttributeKeys: { reqId: 'requestId' },
    genReqId: identify,
    serializers: {
      req: ({ method, url }: { method: string; url: string }) => ({ method, path: pathOf(url) }),
      res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
    },
    // A request is done outside of the trace that it began.
    customProps: (_request, response) => {
      const traceId = traceIds.get(response);
      return traceId === undefined ? {} : { traceId };
    },
    customLogLevel(request, response) {
      if (response.statusCode >= 500) return 'warn';
      return isFrequent(request) ? 'debug' : 'info';
    },
  });
}

/** Acquires, releases, looks and heartbeats, validations, and probes. */
const frequentPath = /^\/(v1\/sessions(\/[^/]+(\/heartbeat)?)?|v1\/licenses\/validate|health\/.*)$/;

function isFrequent({ url = '' }: IncomingMessage): boolean {
  return frequentPath.test(pathOf(url));
}

const traceIds = new WeakMap<ServerResponse, string>();

/** Has the line about this request name its trace. */
export function keepTraceId(response: ServerResponse, traceId: string | undefined): void {
  if (traceId !== undefined) traceIds.set(response, traceId);
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
