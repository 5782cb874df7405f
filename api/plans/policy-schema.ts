import { z } from 'zod';
import { offlineGraceHoursMax } from '../../domain/policy.ts';
import { usageTypes } from '../../domain/validation.ts';
import { featureSchema, featuresSchema } from '../schemas.ts';

const seconds = (least: number, most: number) => z.int().min(least).max(most);

/** The members of a policy at the door; `faultOfPolicy` says how they must fit together. */
export const policySchema = z
  .strictObject({
    seats: z
      .strictObject({ min: z.int().min(1).max(100_000), max: z.int().min(1).max(100_000) })
      .refine(({ min, max }) => min <= max, 'min must not be above max'),
    leaseSeconds: seconds(5, 86_400),
    heartbeatSeconds: seconds(1, 43_200),
    holdersMax: z.int().min(1).max(1_000),
    overdraft: z.int().min(0).max(1_000),
    queue: z
      .strictObject({
        lengthMax: z.int().min(1).max(10_000),
        waitMaxSeconds: seconds(1, 86_400),
        offerSeconds: seconds(5, 600),
        livenessSeconds: seconds(5, 600),
      })
      .nullable(),
    usageTypes: z.array(z.enum(usageTypes)).min(1).max(usageTypes.length),
    offlineGraceHours: z.int().min(0).max(offlineGraceHoursMax),
    offlineAllowance: z.union([z.int().min(0).max(100_000), z.literal('seats')]),
    devicesMax: z.int().min(1).max(100_000).nullable(),
    licenseFiles: z
      .strictObject({ needsDevice: z.boolean(), hoursMax: z.int().min(1).max(8_784) })
      .nullable(),
    namesHolders: z.boolean(),
    features: featuresSchema(featureSchema),
  })
  .meta({ id: 'Policy' });
