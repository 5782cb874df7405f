import { z } from 'zod';
import { createTenant } from '../../services/tenants.ts';
import { defineOperation } from '../operation.ts';
import { phraseSchema } from '../schemas.ts';
import { presentTenant, tenantSchema } from './tenant-schema.ts';

const body = z.strictObject({ name: phraseSchema(200) }).meta({ id: 'CreateTenantRequest' });

export const create = defineOperation({
  id: 'createTenant',
  method: 'post',
  path: '/v1/tenants',
  tag: 'Tenants',
  summary: 'Create a tenant: the customer organisation that owns licenses',
  credential: 'operator',
  body,
  replies: { 201: { description: 'The tenant.', body: tenantSchema } },
  errors: [],
  async handle(context, input) {
    const tenant = await createTenant(context.deps, context, input.body);
    return { status: 201, body: presentTenant(tenant) };
  },
});
