/**
 * The Express application: request id and log → credential → body → operation → answer or problem. No
 * byte of a stranger's body is read, and everything that an operation answers was declared by it.
 */
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { createHttpLogger, keepTraceId } from '../platform/http-logger.ts';
import { isTracing, presentTraceId, traceRequest } from '../platform/tracing.ts';
import { LicensingError } from '../domain/errors.ts';
import type { TrafficClass } from '../domain/traffic.ts';
import type { ApiDeps } from './deps.ts';
import { mountDocs } from './docs.ts';
import { authenticateStranger, limitRate, whileAdmitted } from './middleware/admit.ts';
import { guardAnswers } from './middleware/guard-answers.ts';
import {
  authenticate,
  requireScope,
  type Caller,
  type CredentialClass,
} from './middleware/authenticate.ts';
import { handleOnce } from './middleware/idempotency.ts';
import { nonceOf } from './middleware/nonce.ts';
import { inputParser } from './middleware/parse-input.ts';
import { readBody } from './middleware/read-body.ts';
import { signRefusal } from './middleware/sign-refusal.ts';
import { trafficOf, type Operation } from './operation.ts';
import { asLicensingError, sendProblem } from './problem.ts';
import { operations } from './routes.ts';

export function createApp(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  // One spelling of a path, the one that was declared.
  app.enable('case sensitive routing').enable('strict routing');
  app.set('trust proxy', deps.config.TRUSTED_PROXIES ?? []);
  app.use(createHttpLogger(deps.log));
  mountDocs(app, deps.config.PUBLIC_URL);
  app.use(guardAnswers);
  for (const operation of operations) {
    app[operation.method](expressPath(operation), tracedHandlerOf(deps, operation));
  }
  refuseOtherMethods(app);
  app.use(() => {
    throw new LicensingError('not_found', 'There is no such path. The reference is at /docs.');
  });
  app.use(handleError(deps));
  return app;
}

/** Heartbeats and probes are too many, and too much alike, to be traced: theirs is the bare handler. */
function tracedHandlerOf(deps: ApiDeps, operation: Operation) {
  const handle = handlerOf(deps, operation);
  if (!isTracing() || operation.id === 'renewSession' || trafficOf(operation) === null) {
    return handle;
  }
  return (request: Request, response: Response, next: NextFunction): Promise<void> =>
    traceRequest(operation.id, async () => {
      keepTraceId(response, presentTraceId());
      // Refusals are written down within the trace, too.
      await handle(request, response).catch(next);
    });
}

function handlerOf(deps: ApiDeps, operation: Operation) {
  const traffic = trafficOf(operation);
  const parseInput = inputParser(operation);
  return (request: Request, response: Response): Promise<void> => {
    timeAnswer(deps, operation, response);
    return whileAdmitted(deps, traffic, async () => {
      const { credential } = operation;
      let known: Caller<CredentialClass> | null = null;
      try {
        const caller = await admitCaller(deps, { credential, traffic }, { request, response });
        known = caller;
        requireScope(caller, operation.scope);
        if (operation.body !== undefined) await readBody(request, response);
        const input = parseInput(request);
        const context = {
          deps,
          caller,
          requestId: requestIdOf(request),
          nonce: nonceOf(request),
          // Made for the few operations that wait, not for every heartbeat. A getter would give each request
          // a hidden class of its own, which keeps the request in memory until a full collection.
          makeSignal: () => AbortSignal.any([whenClosed(response), deps.stopping]),
        };
        const answer = await handleOnce(operation, { request, response }, { context, input });
        sendAnswer(response, unlessKnown(request, answer), farewell(deps));
      } catch (error) {
        throw await signRefusal(deps, error, { operation, request, caller: known });
      }
    });
  };
}

/** Measures until the answer is sent, or nobody waits for it any more: such a one is `aborted`. */
function timeAnswer({ metrics }: ApiDeps, { id }: Operation, response: Response): void {
  const stopTimer = metrics.httpRequestSeconds.startTimer({ operation: id });
  response.once('close', () => {
    stopTimer({ status: response.writableFinished ? String(response.statusCode) : 'aborted' });
  });
}

/** Credential and budget, in that order. */
async function admitCaller(
  deps: ApiDeps,
  { credential, traffic }: Pick<Operation, 'credential'> & { traffic: TrafficClass | null },
  { request, response }: { request: Request; response: Response },
): Promise<Caller<CredentialClass>> {
  if (traffic === null) return authenticate(deps, request, credential);
  const caller = await (credential === 'session'
    ? authenticate(deps, request, credential)
    : authenticateStranger(deps, request, { credential, traffic }));
  await limitRate(deps, response, { traffic, caller });
  return caller;
}

interface Sent {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** What the caller has already need not be sent again. */
function unlessKnown(request: Request, answer: Sent): Sent {
  const { headers } = answer;
  const tag = headers?.['ETag'];
  if (tag === undefined || headers === undefined) return answer;
  const known = request.headers['if-none-match']?.split(',').map((one) => one.trim()) ?? [];
  const isKnown = known.some((one) => one === '*' || one.replace(/^W\//, '') === tag);
  return isKnown ? { status: 304, headers } : answer;
}

/** Writes status, headers and body at once. */
function sendAnswer(
  response: Response,
  { status, headers, body }: Sent,
  farewell: Record<string, string>,
): void {
  const own = { 'Cache-Control': 'no-store', ...farewell, ...headers };
  if (body === undefined) {
    response.writeHead(status, own).end();
    return;
  }
  const text = JSON.stringify(body);
  const about = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
  };
  response.writeHead(status, { ...own, ...about }).end(text);
}

/** Aborts when the answer is on its way, or nobody waits for it any more. */
function whenClosed(response: Response): AbortSignal {
  const closed = new AbortController();
  if (response.closed) closed.abort();
  else response.once('close', () => closed.abort());
  return closed.signal;
}

/** A server that is asked to stop lets no client keep its connection for another request. */
function farewell({ stopping }: ApiDeps): Record<string, string> {
  return stopping.aborted ? { Connection: 'close' } : {};
}

/** A known path with another method answers 405 and says which it takes. */
function refuseOtherMethods(app: Express): void {
  for (const path of new Set(operations.map(expressPath))) {
    const methods = operations
      .filter((operation) => expressPath(operation) === path)
      .map(({ method }) => method.toUpperCase());
    app.all(path, (_request, response) => {
      response.set('Allow', methods.join(', '));
      throw new LicensingError('method_not_allowed', `This path takes ${methods.join(' and ')}.`);
    });
  }
}

function handleError(deps: ApiDeps) {
  return (error: unknown, request: Request, response: Response, next: NextFunction): void => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const problem = asLicensingError(fromRouter(error));
    // What is refused for want of room has no cause, and is too much to write down.
    const isOutage = problem.code === 'unavailable' && problem.cause !== undefined;
    const level = problem.code === 'internal' ? 'error' : isOutage ? 'warn' : 'debug';
    const requestId = requestIdOf(request);
    deps.log[level](
      { requestId, err: problem.cause ?? problem, code: problem.code },
      'Request refused',
    );
    response.set(farewell(deps));
    sendProblem(response, problem, {
      requestId,
      traceId: presentTraceId(),
      publicUrl: deps.config.PUBLIC_URL,
    });
  };
}

/** A path whose percent signs encode nothing names nothing. */
function fromRouter(error: unknown): unknown {
  return error instanceof URIError
    ? new LicensingError('not_found', 'There is no such path. The reference is at /docs.')
    : error;
}

/** The logger made it as a text. */
function requestIdOf(request: Request): string {
  return request.id as string;
}

function expressPath({ path }: Operation): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}
