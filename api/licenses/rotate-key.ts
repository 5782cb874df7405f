import { z } from 'zod';
import { rotateLicenseKey } from '../../services/rotate-license-key.ts';
import { defineOperation } from '../operation.ts';
import { idParams } from '../schemas.ts';

const body = z
  .strictObject({
    overlapHours: z.int().min(0).max(168).default(0).meta({
      description: 'How long the key before goes on, so that programs can change to the new one.',
    }),
  })
  .meta({ id: 'RotateLicenseKeyRequest' });

const rotated = z
  .object({
    licenseId: z.string(),
    licenseKey: z.string().meta({ description: 'Shown this once; only its hash is stored.' }),
    previousKeysUntil: z.iso.datetime().nullable().meta({
      description: 'Until when earlier keys are good at most; null: they have stopped.',
    }),
  })
  .meta({ id: 'RotatedLicenseKey' });

export const rotateKey = defineOperation({
  id: 'rotateLicenseKey',
  method: 'post',
  path: '/v1/licenses/{id}/rotate-key',
  tag: 'Licenses',
  summary: 'Give a license a new key',
  description:
    'Running sessions go on. Programs that still have the key before cannot acquire or validate once it has stopped. Without an overlap every earlier key stops at once, one that an earlier rotation left an overlap too.',
  credential: 'tenant',
  scope: 'licenses:write',
  params: idParams('lic'),
  body,
  replies: { 201: { description: 'The new key.', body: rotated } },
  errors: ['conflict'],
  async handle(context, { params, body: { overlapHours } }) {
    const { license, licenseKey, previousKeysUntil } = await rotateLicenseKey(
      context.deps,
      context,
      { tenantId: context.caller.tenantId, licenseId: params.id, overlapHours },
    );
    return {
      status: 201,
      body: {
        licenseId: license.id,
        licenseKey,
        previousKeysUntil: previousKeysUntil?.toISOString() ?? null,
      },
    };
  },
});
