/**
 * Holds an answer against what its operation declares, so that every test of the API proves the
 * document too: the status is declared, the body has exactly the declared members, a refusal is a
 * problem with a code that the operation lists.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { errorsOf } from '../../api/openapi.ts';
import type { Operation } from '../../api/operation.ts';
import { problemSchema } from '../../api/problem.ts';
import { operations } from '../../api/routes.ts';
import { errorTable, type ErrorCode } from '../../domain/errors.ts';

/** What a request brought back. */
export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed JSON; undefined when there is none. */
  body: unknown;
  /** The body to the byte. */
  text: string;
}

/** A refusal's body. */
export type Problem = z.output<typeof problemSchema>;

/** Paths that are no operations: the reference page and the document itself. */
const undeclared = /^\/(docs|openapi\.json)/;
/** Refusals that come before any operation is reached. */
const beforeOperations: readonly ErrorCode[] = ['not_found', 'method_not_allowed'];

/** @throws Error naming the request and how its answer differs from the declaration. */
export function checkAnswer(request: { method: string; path: string }, answer: Answer): void {
  const path = request.path.split('?', 1)[0] ?? '';
  if (undeclared.test(path)) return;
  const operation = findOperation(request.method, path);
  const faults = [
    ...(/^req_\w{26}$/.test(answer.headers.get('x-request-id') ?? '') ? [] : ['no X-Request-Id']),
    ...(answer.status >= 400 && !isDeclaredReply(operation, answer.status)
      ? faultsOfProblem(operation, answer)
      : faultsOfReply(operation, answer)),
  ];
  if (faults.length === 0) return;
  throw new Error(
    `${request.method} ${request.path} answered ${answer.status} against its declaration: ${faults.join('; ')}\n${answer.text}`,
  );
}

function findOperation(method: string, path: string): Operation | undefined {
  return operations.find(
    (operation) =>
      operation.method === method.toLowerCase() &&
      new RegExp(`^${operation.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
}

function isDeclaredReply(operation: Operation | undefined, status: number): boolean {
  return operation?.replies[status] !== undefined;
}

function faultsOfReply(operation: Operation | undefined, answer: Answer): string[] {
  const reply = operation?.replies[answer.status];
  if (reply === undefined) return ['this status is not declared'];
  if (reply.body === undefined) return answer.text === '' ? [] : ['a body where none is declared'];
  return faultsOfBody(reply.body, answer.body);
}

function faultsOfProblem(operation: Operation | undefined, answer: Answer): string[] {
  const problem = problemSchema.safeParse(answer.body);
  if (!problem.success) return [z.prettifyError(problem.error)];
  const { code, status, requestId } = problem.data;
  const listed = operation === undefined ? beforeOperations : errorsOf(operation);
  return [
    ...faultsOfBody(problemSchema, answer.body),
    ...(listed.includes(code) ? [] : [`${code} is not declared`]),
    ...(status === answer.status && status === errorTable[code].status ? [] : ['another status']),
    ...(requestId === answer.headers.get('x-request-id') ? [] : ['another request id']),
    ...(answer.headers.get('content-type')?.startsWith('application/problem+json') === true
      ? []
      : ['not application/problem+json']),
  ];
}

/** Parsing drops members that are not declared, so the parsed body must equal the body itself. */
function faultsOfBody(schema: z.ZodType, body: unknown): string[] {
  const parsed = schema.safeParse(body);
  if (!parsed.success) return [z.prettifyError(parsed.error)];
  return isDeepStrictEqual(parsed.data, body) ? [] : ['members that are not declared'];
}
