import { z } from 'zod';
import { poolForOperator } from '../../services/pool-for-operator.ts';
import { revokeKey, revokeLeases, type Revoked } from '../../services/revocations.ts';
import { defineOperation, type RequestContext } from '../operation.ts';
import { idSchema, phraseSchema, textSchema } from '../schemas.ts';
import { fencesSchema, presentRevocation, revocationSchema } from './revocation-schema.ts';

const reason = phraseSchema(500);
const body = z
  .union([
    z.strictObject({
      kind: z.literal('key'),
      kid: textSchema(64).meta({
        description:
          'Key id of a root or a delegate; of a delegate also one that the ledger lost with a restore.',
      }),
      reason,
    }),
    z.strictObject({
      kind: z.literal('leases'),
      licenseId: idSchema('lic'),
      fences: fencesSchema,
      reason,
    }),
  ])
  .meta({ id: 'CreateRevocationRequest' });

export const create = defineOperation({
  id: 'createRevocation',
  method: 'post',
  path: '/v1/revocations',
  tag: 'Keys',
  summary: 'Revoke a key, or leases that were granted; for good',
  description:
    'The server uses a revoked key no more. A new signed list follows in a moment, and its number with the next heartbeats. A list that is full takes no more of that kind, which is a conflict. A delegate is replaced at once; of a root the next version takes the place. Leases end offline alone: to end a session, force its release. To revoke a license, use its own operation.',
  credential: 'operator',
  body,
  replies: {
    200: { description: 'It was revoked before.', body: revocationSchema },
    201: { description: 'It is revoked.', body: revocationSchema },
  },
  errors: ['not_found', 'conflict'],
  async handle(context, input) {
    const { revocation, isNew } = await revoke(context, input.body);
    return { status: isNew ? 201 : 200, body: presentRevocation(revocation) };
  },
});

async function revoke(
  context: RequestContext<'operator'>,
  wanted: z.output<typeof body>,
): Promise<Revoked> {
  const { deps, caller } = context;
  if (wanted.kind === 'key') return revokeKey(deps, context, wanted);
  const { epoch, first, count } = wanted.fences;
  const pool = await poolForOperator(deps, wanted.licenseId, caller.tenantHeader);
  const fences = { epoch, fenceFirst: first, fenceLast: first + count - 1 };
  return revokeLeases(deps, context, { pool, fences, reason: wanted.reason });
}
