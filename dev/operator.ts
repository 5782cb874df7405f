import { z } from 'zod';

const issuedSchema = z.object({ license: z.object({ id: z.string() }), licenseKey: z.string() });
export type IssuedLicense = z.output<typeof issuedSchema>;

export interface Operator {
  get<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    tenantId?: string,
  ): Promise<z.output<Schema>>;
  post<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    body: object,
    tenantId?: string,
  ): Promise<z.output<Schema>>;
  issueLicense(
    tenantId: string,
    terms: { productId: string; planId: string; seats: number },
  ): Promise<IssuedLicense>;
}

/** The API as the vendor's operator uses it. */
export function createOperator(apiUrl: string, operatorKey: string): Operator {
  const call = async <Schema extends z.ZodType>(
    method: 'GET' | 'POST',
    path: string,
    schema: Schema,
    { body, tenantId }: { body?: object; tenantId?: string | undefined },
  ): Promise<z.output<Schema>> => {
    const response = await fetch(new URL(path, apiUrl), {
      method,
      headers: {
        authorization: `Bearer ${operatorKey}`,
        'content-type': 'application/json',
        ...(tenantId === undefined ? {} : { 'leasehold-tenant': tenantId }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${await response.text()}`);
    return schema.parse(await response.json());
  };
  const post: Operator['post'] = (path, schema, body, tenantId) =>
    call('POST', path, schema, { body, tenantId });
  return {
    post,
    get: (path, schema, tenantId) => call('GET', path, schema, { tenantId }),
    issueLicense: (tenantId, terms) => post('/v1/licenses', issuedSchema, terms, tenantId),
  };
}
