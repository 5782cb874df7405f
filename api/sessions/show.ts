import { z } from 'zod';
import { watchSession } from '../../services/watch-session.ts';
import { defineOperation } from '../operation.ts';
import { idParams, sessionAnswerSchema } from '../schemas.ts';
import { requireOwnSession } from './own-session.ts';
import { presentSession } from './present-session.ts';

const query = z.strictObject({
  wait: z.coerce.number().int().min(0).max(25).default(0).meta({
    description:
      'Seconds to wait for a change while the session is queued: its place, an offer, its end.',
  }),
});

export const show = defineOperation({
  id: 'getSession',
  method: 'get',
  path: '/v1/sessions/{id}',
  tag: 'Sessions',
  summary: 'Where the session stands; a waiter asks with wait and is told of its offer at once',
  credential: 'session',
  traffic: 'wait',
  params: idParams('ses'),
  query,
  replies: {
    200: { description: 'The session, also when it has ended.', body: sessionAnswerSchema },
  },
  errors: ['restoring'],
  async handle({ deps, caller, makeSignal }, { params, query: { wait } }) {
    requireOwnSession(caller, params.id);
    const waiting = { waitMs: wait * 1000, signal: makeSignal() };
    const { seat, row } = await watchSession(deps, caller, waiting);
    const session = presentSession(caller, seat, row);
    const isEnded = seat.word === 'ENDED';
    return {
      status: 200,
      body: {
        session: isEnded ? { ...session, endReason: row.endReason ?? seat.reason } : session,
        serverTime: new Date(seat.now).toISOString(),
      },
    };
  },
});
