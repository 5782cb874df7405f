/**
 * The Express application: request id and log → body → operation → answer or problem. Each operation
 * is authenticated before its body is looked at, and everything it answers was declared by it.
 */
import express, { type Express, type Request, type Response } from 'express';
import helmet from 'helmet';
import { createHttpLogger } from '../platform/http-logger.ts';
import { LicensingError } from '../domain/errors.ts';
import type { ApiDeps } from './deps.ts';
import { mountDocs } from './docs.ts';
import { authenticate, requireScope } from './middleware/authenticate.ts';
import { parseInput } from './middleware/parse-input.ts';
import type { Operation } from './operation.ts';
import { asLicensingError, sendProblem } from './problem.ts';
import { operations } from './routes.ts';

/** Largest body that is read. */
const bodyLimit = '64kb';

export function createApp(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(createHttpLogger(deps.log));
  mountDocs(app, deps.config.PUBLIC_URL);
  app.use(helmet());
  app.use(express.json({ limit: bodyLimit, type: () => true }));
  for (const operation of operations) {
    app[operation.method](expressPath(operation), handlerOf(deps, operation));
  }
  refuseOtherMethods(app);
  app.use(() => {
    throw new LicensingError('not_found', 'There is no such path. The reference is at /docs.');
  });
  app.use(handleError(deps));
  return app;
}

function handlerOf(deps: ApiDeps, operation: Operation) {
  return async (request: Request, response: Response): Promise<void> => {
    const stopTimer = deps.metrics.httpRequestSeconds.startTimer({ operation: operation.id });
    response.on('close', () => stopTimer({ status: String(response.statusCode) }));
    const gone = new AbortController();
    response.on('close', () => {
      gone.abort();
    });
    const caller = await authenticate(deps, request, operation.credential);
    requireScope(caller, operation.scope);
    const input = parseInput(operation, request);
    const signal = AbortSignal.any([gone.signal, deps.stopping]);
    const context = { deps, caller, requestId: String(request.id), signal };
    const answer = await operation.handle(context, input);
    response
      .status(answer.status)
      .set('Cache-Control', 'no-store')
      .set(answer.headers ?? {});
    if (answer.body === undefined) response.end();
    else response.json(answer.body);
  };
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
  return (
    error: unknown,
    request: Request,
    response: Response,
    next: express.NextFunction,
  ): void => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const problem = asLicensingError(fromBodyParser(error));
    const level =
      problem.code === 'internal' ? 'error' : problem.code === 'unavailable' ? 'warn' : 'debug';
    request.log[level]({ err: problem.cause ?? problem, code: problem.code }, 'Request refused');
    sendProblem(response, problem, {
      requestId: String(request.id),
      publicUrl: deps.config.PUBLIC_URL,
    });
  };
}

/** Express's body parser has errors of its own; each is the caller's to mend. */
function fromBodyParser(error: unknown): unknown {
  if (!(error instanceof Error) || !('type' in error)) return error;
  switch (error.type) {
    case 'entity.too.large':
      return new LicensingError('invalid_request', `The body is larger than ${bodyLimit}.`);
    case 'entity.parse.failed':
    case 'encoding.unsupported':
    case 'charset.unsupported':
    case 'request.size.invalid':
    case 'request.aborted':
      return new LicensingError('invalid_request', 'The body is not JSON in UTF-8.', {
        cause: error,
      });
    default:
      return error;
  }
}

function expressPath({ path }: Operation): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}
