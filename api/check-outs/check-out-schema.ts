import { z } from 'zod';
import type { CheckOutWithFile } from '../../data/check-outs.ts';
import { awaitsFile, checkOutStatuses } from '../../domain/check-out.ts';

const instant = z.iso.datetime();

const checkOutSchema = z
  .object({
    id: z.string(),
    licenseId: z.string(),
    status: z.enum(checkOutStatuses).meta({
      description:
        'pending: to be signed, or to be signed anew because its root was revoked. signed: there is a file. The others are ends: expired by time, failed to be signed, revoked with its license, checked_in by its device.',
    }),
    reason: z
      .string()
      .nullable()
      .meta({ description: 'With failed and revoked: the code of why.' }),
    device: z.string().nullable().meta({
      description: 'The hash of the device that the file is for; null: it is bound to none.',
    }),
    nonce: z.string().nullable(),
    ttlSeconds: z.int(),
    createdAt: instant,
    signedAt: instant.nullable(),
    expiresAt: instant
      .nullable()
      .meta({ description: 'When the file ends; null: none is signed.' }),
    endedAt: instant.nullable(),
  })
  .meta({ id: 'CheckOut' });

export const checkOutAnswerSchema = z
  .object({
    checkOut: checkOutSchema,
    licenseFile: z.string().optional().meta({
      description: 'The text to keep or to carry to the machine, while the check-out is signed.',
    }),
  })
  .meta({ id: 'CheckOutAnswer' });

const noFile = { file: null, signedAt: null, fileExpiresAt: null };

/** A check-out as its license's callers see it, with the file while it is good. */
export function presentCheckOut(checkOut: CheckOutWithFile): z.input<typeof checkOutAnswerSchema> {
  const status = awaitsFile(checkOut) ? 'pending' : checkOut.status;
  const { file, signedAt, fileExpiresAt } = status === 'pending' ? noFile : checkOut;
  return {
    checkOut: {
      id: checkOut.id,
      licenseId: checkOut.licenseId,
      status,
      reason: checkOut.reason,
      device: checkOut.deviceHash,
      nonce: checkOut.nonce,
      ttlSeconds: checkOut.ttlSeconds,
      createdAt: checkOut.createdAt.toISOString(),
      signedAt: signedAt?.toISOString() ?? null,
      expiresAt: fileExpiresAt?.toISOString() ?? null,
      endedAt: checkOut.endedAt?.toISOString() ?? null,
    },
    ...(status === 'signed' && file !== null ? { licenseFile: file } : {}),
  };
}
