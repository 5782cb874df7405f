import { z } from 'zod';
import type { RevocationRecord } from '../../data/revocations.ts';

const numberSchema = z
  .int()
  .min(0)
  .max(2 ** 52);

export const fencesSchema = z
  .strictObject({
    epoch: numberSchema,
    first: numberSchema,
    count: z.int().min(1).max(1_000_000).meta({ description: 'How many, from the first on.' }),
  })
  .meta({
    id: 'FenceRange',
    description: 'Grants of one pool by the fence that sessions and lease tokens show.',
  });

export const revocationSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['key', 'license', 'leases']),
    subject: z.string().meta({ description: 'Id of the key or of the license.' }),
    fences: fencesSchema.nullable(),
    reason: z.string(),
    at: z.iso.datetime(),
    listedIn: z.int().nullable().meta({
      description: 'Number of the first signed list that names it; null until there is one.',
    }),
  })
  .meta({ id: 'Revocation' });

export function presentRevocation(record: RevocationRecord): z.input<typeof revocationSchema> {
  const { id, kind, subject, fences, reason, at, listedIn } = record;
  return {
    ...{ id, kind, subject, reason, listedIn, at: at.toISOString() },
    fences: fences && {
      ...{ epoch: fences.epoch, first: fences.fenceFirst },
      count: fences.fenceLast - fences.fenceFirst + 1,
    },
  };
}
