import { z } from 'zod';
import { errorTable, type ErrorCode } from '../../domain/errors.ts';
import { checkNames, type CheckOutcome } from '../../domain/validation.ts';
import { decideUse, explainDecision, type ExplainedRefusal } from '../../services/decide-use.ts';
import { countSeats } from '../../services/read-license.ts';
import { defineOperation } from '../operation.ts';
import {
  askedFeaturesSchema,
  missingFeaturesSchema,
  textSchema,
  upgradeSchema,
  usageTypeSchema,
} from '../schemas.ts';
import { licenseSchema, presentLicense } from './license-schema.ts';

const body = z
  .strictObject({
    product: textSchema(64).meta({ description: 'Code of the product that asks.' }),
    usageType: usageTypeSchema.default('builder'),
    features: askedFeaturesSchema,
    explain: z.boolean().optional().meta({
      description: 'Also tell of every check what it looked at and how it went.',
    }),
  })
  .meta({ id: 'ValidateRequest' });

const refusals = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]];
const codes = ['valid', ...refusals] as ['valid', ...ErrorCode[]];

const checkSchema = z
  .object({
    check: z.enum(checkNames),
    passed: z.boolean(),
    code: z.enum(refusals).optional(),
    input: z.record(z.string(), z.unknown()).meta({ description: 'What was looked at.' }),
    detail: z.string(),
  })
  .meta({ id: 'CheckOutcome' });

const decision = z
  .object({
    valid: z.boolean(),
    code: z.enum(codes).meta({ description: 'valid, or the first check that failed.' }),
    detail: z.string(),
    license: licenseSchema,
    entitlements: licenseSchema.shape.entitlements,
    expiresAt: z.iso.datetime().nullable(),
    missingFeatures: missingFeaturesSchema.optional(),
    upgrade: upgradeSchema.optional(),
    trace: z.array(checkSchema).optional().meta({
      description:
        'With explain: every check in its order, also those behind the first that failed.',
    }),
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
    const { explain, ...request } = input.body;
    const open = await countSeats(deps, caller);
    const outcomes = explain === true ? await explainDecision(deps, license, request) : null;
    const refusal =
      outcomes === null
        ? await decideUse(deps, license, request)
        : (outcomes.find((outcome) => outcome.refusal !== null)?.refusal ?? null);
    const presented = presentLicense(license, open);
    return {
      status: 200,
      body: {
        ...presentRefusal(refusal),
        license: presented,
        entitlements: presented.entitlements,
        expiresAt: presented.expiresAt,
        ...(outcomes === null ? {} : { trace: outcomes.map(presentOutcome) }),
      },
    };
  },
});

function presentRefusal(refusal: ExplainedRefusal | null) {
  if (refusal === null) {
    return { valid: true, code: 'valid' as const, detail: 'The license allows this use.' };
  }
  const { code, detail, missingFeatures, upgrade } = refusal;
  return { valid: false, code, detail, missingFeatures, upgrade };
}

function presentOutcome({ check, input, refusal, passes }: CheckOutcome) {
  if (refusal === null) return { check, passed: true, input, detail: passes };
  return { check, passed: false, code: refusal.code, input, detail: refusal.detail };
}
