/**
 * An operation of the API, declared once: path, input, replies, errors and credential. From it come the
 * route, the validation, the types of its handler and its part of the OpenAPI document.
 */
import type { z } from 'zod';
import type { ErrorCode } from '../domain/errors.ts';
import type { ApiDeps } from './deps.ts';
import type { Scope } from '../domain/scope.ts';
import type { TrafficClass } from '../domain/traffic.ts';
import type { Caller, CredentialClass } from './middleware/authenticate.ts';

export interface Reply<Body extends z.ZodType | undefined = z.ZodType | undefined> {
  description: string;
  body: Body;
}

/** What a handler works with, beside its input. */
export interface RequestContext<Class extends CredentialClass> {
  deps: ApiDeps;
  caller: Caller<Class>;
  requestId: string;
  /** What a program calls this request, in the header `Leasehold-Nonce`. */
  nonce: string | undefined;
  /** Aborts when the client has gone or the server shuts down. */
  makeSignal: () => AbortSignal;
}

type Replies = Record<number, Reply>;
type Infer<Schema, Otherwise> = Schema extends z.ZodType ? z.output<Schema> : Otherwise;

/** What a handler answers: one of the declared statuses with the body declared for it. */
export type Answer<R extends Replies> = {
  [Status in keyof R & number]: {
    status: Status;
    headers?: Record<string, string>;
  } & (R[Status]['body'] extends z.ZodType
    ? { body: z.input<R[Status]['body']> }
    : { body?: undefined });
}[keyof R & number];

export interface Operation<
  Class extends CredentialClass = CredentialClass,
  Params extends z.ZodObject | undefined = z.ZodObject | undefined,
  Query extends z.ZodObject | undefined = z.ZodObject | undefined,
  Body extends z.ZodType | undefined = z.ZodType | undefined,
  R extends Replies = Replies,
> {
  /** camelCase verb and noun; also the name of the operation in clients and metrics. */
  id: string;
  method: 'get' | 'post' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/v1/sessions/{id}`. */
  path: `/${string}`;
  summary: string;
  description?: string;
  tag: string;
  credential: Class;
  /** Which budget and which room it uses, where credential and method do not tell. */
  traffic?: TrafficClass;
  /** What an API key must be allowed to do; operators may do everything. Only for `tenant`. */
  scope?: Scope;
  params?: Params;
  query?: Query;
  body?: Body;
  replies: R;
  /** Codes that the operation may answer beside those that every one may. */
  errors: readonly ErrorCode[];
  handle: (
    context: RequestContext<Class>,
    input: {
      params: Infer<Params, Record<string, never>>;
      query: Infer<Query, Record<string, never>>;
      body: Infer<Body, undefined>;
    },
  ) => Promise<Answer<NoInfer<R>>>;
}

/** Ties the types of one declaration together; the result is the operation itself. */
export function defineOperation<
  Class extends CredentialClass,
  R extends Replies,
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(operation: Operation<Class, Params, Query, Body, R>): Operation {
  // Each handler only ever sees input that its own schemas have made.
  return operation as unknown as Operation;
}

/** The kind of traffic that an operation is; null for probes, which are always answered. */
export function trafficOf({ credential, method, traffic }: Operation): TrafficClass | null {
  if (traffic !== undefined) return traffic;
  if (credential === 'none') return null;
  return credential !== 'operator' && method === 'get' ? 'read' : 'admin';
}

/** Whether it makes something that repeating the request would make twice, so that it takes an `Idempotency-Key`. */
export function createsOnce({ credential, method, replies }: Operation): boolean {
  const isKeyed = credential === 'tenant' || credential === 'operator';
  return isKeyed && method === 'post' && replies[201] !== undefined;
}
