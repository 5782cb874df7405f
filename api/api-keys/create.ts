import { z } from 'zod';
import { findTenant } from '../../data/catalog.ts';
import { insertCredential } from '../../data/credentials.ts';
import { withTenant } from '../../data/tenant.ts';
import { LicensingError } from '../../domain/errors.ts';
import { scopes } from '../../domain/scope.ts';
import { newId } from '../../platform/ids.ts';
import { hashApiKey, makeApiKey } from '../../signing/keys.ts';
import { audit } from '../audit.ts';
import { requireTenantHeader } from '../middleware/authenticate.ts';
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
    const { deps, caller } = context;
    const tenantId = requireTenantHeader(caller.tenantHeader);
    const secret = makeApiKey('lht_');
    const hash = hashApiKey('lht_', secret);
    if (hash === null) throw new Error('The API key that was just made has no valid form');
    const apiKey = { id: newId('key'), tenantId, ...input.body };
    await withTenant(deps.systemDb, tenantId, async (tx) => {
      if ((await findTenant(tx, tenantId)) === undefined) {
        throw new LicensingError('not_found', 'There is no such tenant.');
      }
      await insertCredential(tx, { ...apiKey, kind: 'api_key', subjectId: null, hash });
      const { name, scopes: allowed } = apiKey;
      const detail = { name, scopes: allowed };
      await audit(tx, context, {
        tenantId,
        action: 'api_key.create',
        subjectId: apiKey.id,
        detail,
      });
    });
    return { status: 201, body: { apiKey, secret } };
  },
});
