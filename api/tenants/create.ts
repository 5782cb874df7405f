import { z } from 'zod';
import { insertTenant } from '../../data/catalog.ts';
import { withTenant } from '../../data/tenant.ts';
import { newId } from '../../platform/ids.ts';
import { audit } from '../audit.ts';
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
    const id = newId('ten');
    const tenant = await withTenant(context.deps.systemDb, id, async (tx) => {
      const created = await insertTenant(tx, { id, name: input.body.name });
      await audit(tx, context, { tenantId: id, action: 'tenant.create', subjectId: id });
      return created;
    });
    return { status: 201, body: presentTenant(tenant) };
  },
});
