import { z } from 'zod';
import { issueLicense } from '../../services/issue-license.ts';
import { requireTenantHeader } from '../middleware/authenticate.ts';
import { defineOperation } from '../operation.ts';
import { policySchema } from '../plans/policy-schema.ts';
import { idSchema, instantSchema, metadataSchema } from '../schemas.ts';
import { licenseSchema, presentLicense } from './license-schema.ts';

const body = z
  .strictObject({
    productId: idSchema('prd'),
    planId: idSchema('pln'),
    seats: z.int().min(1).max(100_000).optional(),
    expiresAt: instantSchema.nullable().default(null),
    overrides: policySchema.partial().default({}).meta({
      description: 'Members of the plan’s policy that this license replaces.',
    }),
    metadata: metadataSchema.default({}),
  })
  .meta({ id: 'IssueLicenseRequest' });

const issued = z
  .object({
    license: licenseSchema,
    licenseKey: z.string().meta({ description: 'Shown this once; only its hash is stored.' }),
  })
  .meta({ id: 'IssuedLicense' });

export const create = defineOperation({
  id: 'issueLicense',
  method: 'post',
  path: '/v1/licenses',
  tag: 'Licenses',
  summary: 'Issue a license to the tenant named in Leasehold-Tenant',
  credential: 'operator',
  body,
  replies: { 201: { description: 'The license and its key.', body: issued } },
  errors: ['not_found'],
  async handle(context, input) {
    const tenantId = requireTenantHeader(context.caller.tenantHeader);
    const { expiresAt, ...terms } = input.body;
    const { license, licenseKey } = await issueLicense(context.deps, context, {
      ...terms,
      tenantId,
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
    });
    return { status: 201, body: { license: presentLicense(license, undefined), licenseKey } };
  },
});
