import { z } from 'zod';
import { changeTerms } from '../../services/license-changes.ts';
import { featureSchema, featuresSchema, instantSchema } from '../schemas.ts';
import { defineLicenseChange } from './change-operation.ts';

const body = z
  .strictObject({
    seats: z.int().min(1).max(100_000).optional(),
    expiresAt: instantSchema.nullable().optional(),
    features: featuresSchema(featureSchema.nullable()).optional().meta({
      description:
        'Features that replace the plan’s, or come beside them, one by one; null gives back what the plan says.',
    }),
  })
  .refine((value) => Object.keys(value).length > 0, 'must name what to change')
  .meta({ id: 'ChangeLicenseRequest', minProperties: 1 });

export const update = defineLicenseChange({
  id: 'changeLicense',
  method: 'patch',
  path: '/v1/licenses/{id}',
  summary: 'Change the seats, the expiry or the features of a license',
  description:
    'More seats go to the queue at once. With fewer seats nobody loses one: nothing is granted until enough are given back.',
  action: 'license.change',
  body,
  change: ({ seats, expiresAt, features }) =>
    changeTerms({
      ...{ seats, features },
      expiresAt: typeof expiresAt === 'string' ? new Date(expiresAt) : expiresAt,
    }),
});
