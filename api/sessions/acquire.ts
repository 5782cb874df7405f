import { z } from 'zod';
import { LicensingError } from '../../domain/errors.ts';
import { useRefusals } from '../../domain/validation.ts';
import {
  acquireSession,
  type AcquireOutcome,
  type Tenure,
} from '../../services/acquire-session.ts';
import type { ExplainedRefusal } from '../../services/decide-use.ts';
import type { Denial } from '../../services/describe-denial.ts';
import { makeSessionCredential, type SessionClaims } from '../../signing/session-credential.ts';
import { defineOperation } from '../operation.ts';
import {
  askedFeaturesSchema,
  deviceSchema,
  holderIdSchema,
  idSchema,
  instanceKeySchema,
  metadataSchema,
  sessionAnswerSchema,
  textSchema,
  usageTypeSchema,
} from '../schemas.ts';
import { newestList } from './newest-list.ts';
import { presentSession } from './present-session.ts';

const body = z
  .strictObject({
    instanceKey: instanceKeySchema,
    holderId: holderIdSchema.default('default'),
    product: textSchema(64).meta({ description: 'Code of the product that runs.' }),
    version: textSchema(64).meta({ description: 'Version of the product that runs.' }),
    usageType: usageTypeSchema,
    device: deviceSchema,
    wait: z.boolean().default(false).meta({ description: 'Queue when all seats are in use.' }),
    takeover: idSchema('ses').optional().meta({
      description:
        'A session of the same device, as the denial lists them. When no seat is free it ends, and its seat is granted, unless others wait before the caller.',
    }),
    features: askedFeaturesSchema,
    metadata: metadataSchema.default({}),
  })
  .meta({ id: 'AcquireRequest' });

export const acquire = defineOperation({
  id: 'acquireSession',
  method: 'post',
  path: '/v1/sessions',
  tag: 'Sessions',
  summary: 'Acquire a seat, attach to the one this instance holds, or queue for one',
  description:
    'Idempotent for one instanceKey and holderId: repeat it after a lost answer. A waiter that is offered a seat takes it with the same call.',
  credential: 'license_key',
  traffic: 'acquire',
  body,
  replies: {
    200: {
      description: 'The instance already holds this seat; the holder is attached.',
      body: sessionAnswerSchema,
    },
    201: { description: 'A seat was granted.', body: sessionAnswerSchema },
    202: { description: 'All seats are in use; the instance waits.', body: sessionAnswerSchema },
  },
  errors: [
    'no_seats_available',
    'queue_full',
    'holders_exhausted',
    'takeover_refused',
    ...useRefusals,
    'restoring',
  ],
  async handle({ deps, caller, nonce }, input) {
    const outcome = await acquireSession(deps, { ...caller, ...input.body, nonce });
    const { tenure, row, license, lease } = unlessRefused(outcome);
    const { instanceKey, holderId } = input.body;
    const claims: SessionClaims = {
      tenantId: license.tenantId,
      licenseId: license.id,
      sessionId: tenure.sessionId,
      instanceKey,
      holderId,
      product: license.productCode,
    };
    return {
      status: statuses[tenure.word],
      body: {
        session: presentSession(claims, tenure, row),
        credential: makeSessionCredential(deps.config.SESSION_CREDENTIAL_SECRETS, claims),
        ...lease,
        serverTime: new Date(tenure.now).toISOString(),
        ...newestList(deps.lists),
      },
    };
  },
});

const statuses = { GRANTED: 201, ATTACHED: 200, QUEUED: 202 } as const satisfies Record<
  Tenure['word'],
  number
>;

function unlessRefused(outcome: AcquireOutcome): Extract<AcquireOutcome, { kind: 'session' }> {
  switch (outcome.kind) {
    case 'session':
      return outcome;
    case 'refused':
      throw refused(outcome.refusal);
    case 'denied':
      throw denied(outcome.denial);
  }
}

function refused({ code, detail, missingFeatures, upgrade }: ExplainedRefusal): LicensingError {
  return new LicensingError(code, detail, { extra: { missingFeatures, upgrade } });
}

function denied({ code, detail, queueLength, holders, ...facts }: Denial): LicensingError {
  return new LicensingError(code, detail, {
    extra: {
      ...facts,
      queue: { length: queueLength },
      holders: holders.map((holder) => ({ ...holder, since: holder.since.toISOString() })),
    },
  });
}
