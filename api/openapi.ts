/** The OpenAPI 3.1 document, made from the operations: nothing in it is written twice. */
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi';
import { errorTable, type ErrorCode } from '../domain/errors.ts';
import type { CredentialClass } from './middleware/authenticate.ts';
import { isForPrograms } from './middleware/sign-refusal.ts';
import { createsOnce, trafficOf, type Operation } from './operation.ts';
import { problemSchema } from './problem.ts';
import { operations } from './routes.ts';
import { idempotencyKeySchema, idSchema } from './schemas.ts';

const securitySchemes = {
  licenseKey: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: 'A license key: `Authorization: License LH-…`. For the vendor’s program.',
  },
  sessionCredential: {
    type: 'http',
    scheme: 'bearer',
    description: 'The credential that acquiring a session answered: `Bearer lhs_…`.',
  },
  apiKey: { type: 'http', scheme: 'bearer', description: 'A tenant’s API key: `Bearer lht_…`.' },
  operatorKey: {
    type: 'http',
    scheme: 'bearer',
    description:
      'The vendor’s operator key: `Bearer lho_…`. On the tenant surface together with the header `Leasehold-Tenant`.',
  },
} as const;

const securityOf: Record<CredentialClass, Record<string, string[]>[]> = {
  none: [],
  license_key: [{ licenseKey: [] }],
  session: [{ sessionCredential: [] }],
  tenant: [{ apiKey: [] }, { operatorKey: [] }],
  operator: [{ operatorKey: [] }],
};

export function createOpenApiDocument(publicUrl: string) {
  const paths: ZodOpenApiPathsObject = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) };
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Leasehold',
      version: '1',
      description:
        'A licence server: floating seats with leases, heartbeats, a fair queue, and an explanation for every denial. Every answer from 400 on is an RFC 9457 problem with a code of one table.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl }],
    components: { securitySchemes },
    paths,
  });
}

function describe(operation: Operation): ZodOpenApiOperationObject {
  const { id, summary, description, tag, params, query, body, credential } = operation;
  return {
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    security: securityOf[credential],
    requestParams: {
      ...(params === undefined ? {} : { path: params }),
      ...(query === undefined ? {} : { query }),
      ...(namesTenant(credential) ? { header: headersOf(operation) } : {}),
      ...(isForPrograms(operation) ? { header: nonceHeader } : {}),
    },
    ...(body === undefined ? {} : { requestBody: requestBodyOf(body) }),
    responses: { ...repliesOf(operation), ...problemsOf(operation) },
  };
}

/** A body that is left out is read as one without members, which some operations take. */
function requestBodyOf(body: z.ZodType) {
  const required = !body.safeParse({}).success;
  return { required, content: { 'application/json': { schema: body } } };
}

/** Where an operator may name a tenant, or must. */
function namesTenant(credential: CredentialClass): boolean {
  return credential === 'tenant' || credential === 'operator';
}

const tenantHeader = z.object({
  'Leasehold-Tenant': idSchema('ten').optional().meta({
    description:
      'Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant.',
  }),
});

const creatingHeaders = tenantHeader.extend({
  'Idempotency-Key': idempotencyKeySchema.optional(),
});

const nonceHeader = z.object({
  'Leasehold-Nonce': z.string().optional().meta({
    description:
      'Random, and never used for another request: the lease token, or the signed denial, that answers the request repeats it. Longer than 200 characters, or empty, it is ignored.',
  }),
});

function headersOf(operation: Operation) {
  return createsOnce(operation) ? creatingHeaders : tenantHeader;
}

function repliesOf({ replies }: Operation): ZodOpenApiOperationObject['responses'] {
  return Object.fromEntries(
    Object.entries(replies).map(([status, { description, body }]) => [
      status,
      body === undefined
        ? { description }
        : { description, content: { 'application/json': { schema: body } } },
    ]),
  );
}

/** One answer for each status, naming the codes that share it. */
function problemsOf(operation: Operation): ZodOpenApiOperationObject['responses'] {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of errorsOf(operation)) {
    const { status } = errorTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `\`${code}\`: ${errorTable[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );
}

/** The codes that an operation may answer: its own, and those that follow from how it is declared. */
export function errorsOf(operation: Operation): ErrorCode[] {
  const { credential, scope, params, query, body, errors } = operation;
  return [
    ...new Set<ErrorCode>([
      ...(credential === 'none' ? [] : (['unauthenticated'] as const)),
      ...(credential === 'operator' || scope !== undefined ? (['forbidden'] as const) : []),
      ...(params === undefined ? [] : (['not_found'] as const)),
      ...(query === undefined && body === undefined && credential !== 'tenant'
        ? []
        : (['invalid_request'] as const)),
      ...errors,
      ...(createsOnce(operation)
        ? (['idempotency_mismatch', 'idempotency_in_flight'] as const)
        : []),
      ...(trafficOf(operation) === null ? [] : (['rate_limited'] as const)),
      'unavailable',
      'internal',
    ]),
  ];
}
