import { z } from 'zod';
import { awaitsFile, fileSecondsMax, fileSecondsMin } from '../../domain/check-out.ts';
import { errorTable, LicensingError, type ErrorCode } from '../../domain/errors.ts';
import { useRefusals } from '../../domain/validation.ts';
import {
  awaitFile,
  checkOutLicense,
  type CheckOutInput,
} from '../../services/check-out-license.ts';
import { hashDevice } from '../../signing/tokens/device-hash.ts';
import { readRequestFile } from '../../signing/tokens/request-file.ts';
import { checkOutAnswerSchema, presentCheckOut } from '../check-outs/check-out-schema.ts';
import { defineOperation } from '../operation.ts';
import { carriedFileSchema, nonceSchema, textSchema, usageTypeSchema } from '../schemas.ts';

const body = z
  .union([
    z.strictObject({
      product: textSchema(64).meta({ description: 'Code of the product that the file is for.' }),
      usageType: usageTypeSchema.default('builder'),
      device: z
        .strictObject({ fingerprint: textSchema(200) })
        .optional()
        .meta({ description: 'The device that the file is for; bound to none unless given.' }),
      ttlSeconds: z
        .int()
        .min(fileSecondsMin)
        .max(fileSecondsMax)
        .optional()
        .meta({ description: 'Life of the file; the plan’s offline grace unless given.' }),
      nonce: nonceSchema.optional().meta({
        description: 'Random; the license file repeats it.',
      }),
    }),
    z.strictObject({
      requestFile: carriedFileSchema.meta({
        description: 'What a machine that sees no network wrote to ask for its file.',
      }),
    }),
  ])
  .meta({ id: 'CheckOutRequest' });

/** A file is there in less than a second when all is well. */
const waitMs = 3_000;

export const checkOut = defineOperation({
  id: 'checkOutLicense',
  method: 'post',
  path: '/v1/licenses/check-out',
  tag: 'License files',
  summary: 'Ask for a license file, which proves what the license allows without a server',
  description:
    'A file for a device takes a seat out of the pool until it ends. Idempotent: the same wish answers the same check-out until half of its file’s life has passed or the license says something else. While the signing key is away the answer is 202, and the file follows; a server that has none answers 503 at once.',
  credential: 'license_key',
  body,
  replies: {
    201: { description: 'The file is there.', body: checkOutAnswerSchema },
    202: { description: 'The file will be: look at Location.', body: checkOutAnswerSchema },
  },
  errors: ['license_file_not_allowed', 'no_seats_available', ...useRefusals],
  async handle(context, { body: asked }) {
    const { deps, caller, makeSignal } = context;
    const { tenantId, licenseId, license } = caller;
    const wanted = { tenantId, licenseId, license, ...(await wishOf(asked)) };
    const outcome = await checkOutLicense(deps, context, wanted);
    if (outcome.kind === 'refused') {
      const { code, detail, isOfPlan: _, ...extra } = outcome.refusal;
      throw new LicensingError(code, detail, { extra });
    }
    const { id: checkOutId } = outcome.checkOut;
    const ref = { tenantId, licenseId, checkOutId };
    const found = await awaitFile(deps, ref, { waitMs, signal: makeSignal() });
    if (found.endedAt !== null) throw notSigned(found.reason);
    return {
      status: awaitsFile(found) ? 202 : 201,
      headers: { Location: `/v1/check-outs/${checkOutId}` },
      body: presentCheckOut(found),
    };
  },
});

async function wishOf(
  asked: z.output<typeof body>,
): Promise<Pick<CheckOutInput, 'use' | 'wish' | 'ttlSeconds' | 'needsSecret'>> {
  if ('requestFile' in asked) {
    const { product, usage: usageType, device, nonce, ttl } = requireRequest(asked.requestFile);
    return {
      use: { product, usageType },
      wish: { deviceHash: device, nonce },
      ttlSeconds: ttl,
      needsSecret: true,
    };
  }
  const { product, usageType, device, ttlSeconds, nonce = null } = asked;
  const deviceHash = device === undefined ? null : await hashDevice(product, device.fingerprint);
  return {
    use: { product, usageType },
    wish: { deviceHash, nonce },
    ttlSeconds,
    needsSecret: false,
  };
}

function requireRequest(file: string) {
  const check = readRequestFile(file);
  if (check.isGood) return check.request;
  const message = `is no request file (${check.fault})`;
  throw new LicensingError('invalid_request', `The text ${message}.`, {
    extra: { errors: [{ path: 'requestFile', message }] },
  });
}

/** The license was withdrawn in these seconds, or the key must be mended before it can sign. */
function notSigned(reason: string | null): LicensingError {
  const code = reason !== null && reason in errorTable ? (reason as ErrorCode) : 'unavailable';
  return new LicensingError(code, 'The license file was not signed. Ask again later.');
}
