import { z } from 'zod';
import { LicensingError } from '../../domain/errors.ts';
import { checkIn as checkInFile, type GivingUp } from '../../services/check-in.ts';
import { readDeactivationFile } from '../../signing/tokens/deactivation-file.ts';
import { defineOperation } from '../operation.ts';
import { carriedFileSchema, idParams, textSchema } from '../schemas.ts';
import { checkOutAnswerSchema, presentCheckOut } from './check-out-schema.ts';

const body = z
  .union([
    z.strictObject({
      deactivationFile: carriedFileSchema.meta({
        description: 'What a machine wrote when it gave its license file up.',
      }),
    }),
    z.strictObject({
      device: z.strictObject({ fingerprint: textSchema(200) }).meta({
        description: 'The device that gives its file up, if it had it without a request file.',
      }),
    }),
  ])
  .meta({ id: 'CheckInRequest' });

export const checkIn = defineOperation({
  id: 'checkIn',
  method: 'post',
  path: '/v1/check-outs/{id}/check-in',
  tag: 'License files',
  summary: 'Give a license file up: its device’s seat is the pool’s again',
  description:
    'Ends what the same request file got, or without one every check-out of the device that was got without one. Idempotent. Nothing offline can show that no copy of the file was kept: such a copy is good on that one device until the file ends.',
  credential: 'license_key',
  params: idParams('chk'),
  body,
  replies: { 200: { description: 'The check-out, which has ended.', body: checkOutAnswerSchema } },
  errors: ['conflict', 'forbidden'],
  async handle(context, { params, body: asked }) {
    const { deps, caller } = context;
    const { tenantId, licenseId } = caller;
    const ref = { tenantId, licenseId, checkOutId: params.id };
    const checkOut = await checkInFile(deps, context, { ref, givingUp: givingUpBy(asked) });
    return { status: 200, body: presentCheckOut(checkOut) };
  },
});

function givingUpBy(asked: z.output<typeof body>): GivingUp {
  if ('device' in asked) return { fingerprint: asked.device.fingerprint };
  const check = readDeactivationFile(asked.deactivationFile);
  if (check.isGood) return { deactivation: check.deactivation };
  const message = `is no deactivation file (${check.fault})`;
  throw new LicensingError('invalid_request', `The text ${message}.`, {
    extra: { errors: [{ path: 'deactivationFile', message }] },
  });
}
