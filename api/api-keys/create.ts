import { z } from 'zod';
import { scopes } from '../../domain/scope.ts';
import { requireTenantHeader } from '../middleware/authenticate.ts';
import { createApiKey } from '../../services/api-keys.ts';
import { defineOperation } from '../operation.ts';
import { phraseSchema } from '../schemas.ts';

const body = z
  .strictObject({
    name: phraseSchema(200),
    scopes: z
      .array(z.enum(scopes))
      .min(1)
      .max(scopes.length)
      .default([...scopes])
      .meta({ description: 'What the key may do; all of it when left out.' }),
  })
  .meta({ id: 'CreateApiKeyRequest' });

const created = z
  .object({
    apiKey: z.object({
      id: z.string(),
      tenantId: z.string(),
      name: z.string(),
      scopes: z.array(z.enum(scopes)),
    }),
    secret: z.string().meta({ description: 'Shown this once; only its hash is stored.' }),
  })
  .meta({ id: 'CreatedApiKey' });

export const create = defineOperation({
  id: 'createApiKey',
  method: 'post',
  path: '/v1/api-keys',
  tag: 'API keys',
  summary: 'Create an API key for the tenant named in Leasehold-Tenant',
  credential: 'operator',
  body,
  replies: { 201: { description: 'The key and its secret.', body: created } },
  errors: ['not_found'],
  async handle(context, input) {
    const tenantId = requireTenantHeader(context.caller.tenantHeader);
    const made = await createApiKey(context.deps, context, { tenantId, ...input.body });
    return { status: 201, body: made };
  },
});
