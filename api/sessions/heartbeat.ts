import { z } from 'zod';
import { LicensingError } from '../../domain/errors.ts';
import { renewSession } from '../../services/renew-session.ts';
import { defineOperation } from '../operation.ts';
import { idParams, sessionAnswerSchema } from '../schemas.ts';
import { newestList } from './newest-list.ts';
import { requireOwnSession } from './own-session.ts';
import { presentSession } from './present-session.ts';

const body = z
  .strictObject({
    wantsToken: z.boolean().default(false).meta({
      description:
        'The caller has no good lease token of its session: the answer brings one, where the server signs, although the last one is still good.',
    }),
  })
  .meta({ id: 'HeartbeatRequest' });

export const heartbeat = defineOperation({
  id: 'renewSession',
  method: 'post',
  path: '/v1/sessions/{id}/heartbeat',
  tag: 'Sessions',
  summary: 'Keep the seat: the lease begins anew',
  credential: 'session',
  traffic: 'heartbeat',
  params: idParams('ses'),
  body,
  replies: {
    200: {
      description: 'The seat, or the place in the queue, is kept.',
      body: sessionAnswerSchema,
    },
  },
  errors: ['session_ended', 'restoring'],
  async handle({ deps, caller, nonce }, { params, body: { wantsToken } }) {
    requireOwnSession(caller, params.id);
    const { seat, lease } = await renewSession(deps, caller, { nonce, wantsToken });
    if (seat.word === 'ENDED') {
      throw new LicensingError('session_ended', endedDetail[seat.reason], {
        extra: { reason: seat.reason },
      });
    }
    return {
      status: 200,
      body: {
        session: presentSession(caller, seat, null),
        ...lease,
        serverTime: new Date(seat.now).toISOString(),
        ...newestList(deps.lists),
      },
    };
  },
});

/** What the client may tell its user, by reason. */
const endedDetail = {
  lapsed: 'No heartbeat came in time, and the seat was given up. Acquire again.',
  released: 'This session was released. Acquire again to go on.',
  forced: 'An administrator took the seat back.',
  license_suspended: 'The license was suspended. Ask its owner or the vendor.',
  license_revoked: 'The license was revoked. Ask the vendor for a new one.',
  offer_expired: 'The seat that was offered was not taken in time. Acquire again to queue.',
  queue_timeout: 'The longest wait of this plan is over. Acquire again to queue.',
  superseded:
    'A newer session has this one’s seat: of the same instance, or of another that took it over.',
} as const;
