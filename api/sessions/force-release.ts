import { z } from 'zod';
import { forceRelease as forceReleaseSession } from '../../services/force-release.ts';
import { ledgerSessionSchema, presentLedgerSession } from '../licenses/list-sessions.ts';
import { defineOperation } from '../operation.ts';
import { idParams, phraseSchema } from '../schemas.ts';

const body = z
  .strictObject({
    reason: phraseSchema(500).meta({ description: 'Why; kept in the audit log.' }),
  })
  .meta({ id: 'ForceReleaseRequest' });

export const forceRelease = defineOperation({
  id: 'forceReleaseSession',
  method: 'post',
  path: '/v1/sessions/{id}/force-release',
  tag: 'Sessions',
  summary: 'Take a seat back from whoever holds it',
  description: 'Idempotent: a session that has ended stays as it ended.',
  credential: 'tenant',
  scope: 'sessions:write',
  params: idParams('ses'),
  body,
  replies: { 200: { description: 'The session, ended.', body: ledgerSessionSchema } },
  errors: [],
  async handle(context, input) {
    const row = await forceReleaseSession(context.deps, context, {
      tenantId: context.caller.tenantId,
      sessionId: input.params.id,
      note: input.body.reason,
    });
    return { status: 200, body: presentLedgerSession(row) };
  },
});
