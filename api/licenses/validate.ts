import { z } from 'zod';
import { errorTable, type ErrorCode } from '../../domain/errors.ts';
import { refuseUse } from '../../services/acquire-session.ts';
import { countSeats } from '../../services/read-license.ts';
import { defineOperation } from '../operation.ts';
import { textSchema, usageTypeSchema } from '../schemas.ts';
import { licenseSchema, presentLicense } from './license-schema.ts';

const body = z
  .strictObject({
    product: textSchema(64).meta({ description: 'Code of the product that asks.' }),
    usageType: usageTypeSchema.default('builder'),
  })
  .meta({ id: 'ValidateRequest' });

const codes = ['valid', ...Object.keys(errorTable)] as ['valid', ErrorCode];

const decision = z
  .object({
    valid: z.boolean(),
    code: z.enum(codes).meta({ description: 'valid, or the first check that failed.' }),
    detail: z.string(),
    license: licenseSchema,
    entitlements: licenseSchema.shape.entitlements,
    expiresAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Decision' });

export const validate = defineOperation({
  id: 'validateLicense',
  method: 'post',
  path: '/v1/licenses/validate',
  tag: 'Licenses',
  summary: 'Would this license allow this use? A decision, not an error',
  credential: 'license_key',
  traffic: 'read',
  body,
  replies: {
    200: { description: 'The decision, with the code of the first failing check.', body: decision },
  },
  errors: [],
  async handle({ deps, caller }, input) {
    const { license } = caller;
    const open = await countSeats(deps, caller);
    const refusal = refuseUse(license, input.body);
    const presented = presentLicense(license, open);
    return {
      status: 200,
      body: {
        valid: refusal === null,
        code: refusal === null ? ('valid' as const) : refusal.code,
        detail: refusal?.detail ?? 'The license allows this use.',
        license: presented,
        entitlements: presented.entitlements,
        expiresAt: presented.expiresAt,
      },
    };
  },
});
