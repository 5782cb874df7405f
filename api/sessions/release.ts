import { releaseSession } from '../../services/release-session.ts';
import { defineOperation } from '../operation.ts';
import { idParams } from '../schemas.ts';
import { requireOwnSession } from './own-session.ts';

export const release = defineOperation({
  id: 'releaseSession',
  method: 'delete',
  path: '/v1/sessions/{id}',
  tag: 'Sessions',
  summary: 'Give the seat back; the seat is free when its last holder has left',
  description: 'Idempotent: a session that has ended answers 204 too.',
  credential: 'session',
  traffic: 'release',
  params: idParams('ses'),
  replies: { 204: { description: 'This holder holds nothing any more.', body: undefined } },
  errors: ['restoring'],
  async handle({ deps, caller }, { params }) {
    requireOwnSession(caller, params.id);
    await releaseSession(deps, caller);
    return { status: 204 };
  },
});
