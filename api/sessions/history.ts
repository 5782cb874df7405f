import { z } from 'zod';
import { readSessionHistory } from '../../services/session-history.ts';
import { defineOperation } from '../operation.ts';
import { idParams } from '../schemas.ts';

const historySchema = z
  .object({
    items: z.array(
      z.object({
        at: z.iso.datetime(),
        event: z.string(),
        detail: z.record(z.string(), z.unknown()),
      }),
    ),
  })
  .meta({ id: 'History' });

export const history = defineOperation({
  id: 'getSessionHistory',
  method: 'get',
  path: '/v1/sessions/{id}/history',
  tag: 'Sessions',
  summary: 'What happened to a session, oldest first',
  credential: 'tenant',
  scope: 'sessions:read',
  params: idParams('ses'),
  replies: { 200: { description: 'The session’s events.', body: historySchema } },
  errors: [],
  async handle({ deps, caller: { tenantId } }, { params }) {
    const events = await readSessionHistory(deps, { tenantId, sessionId: params.id });
    const items = events.map(({ at, event, detail }) => ({
      at: at.toISOString(),
      event,
      detail: detail as Record<string, unknown>,
    }));
    return { status: 200, body: { items } };
  },
});
