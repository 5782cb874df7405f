import { z } from 'zod';
import { defineOperation } from '../operation.ts';

const body = z
  .object({
    seq: z
      .int()
      .meta({ description: 'Its number, which rises with every list; 0 before the first.' }),
    revocations: z.string().nullable().meta({
      description: 'The list, a token of type lic-revoked+jwt; null before the first.',
    }),
  })
  .meta({ id: 'Revocations' });

export const revocations = defineOperation({
  id: 'getRevocations',
  method: 'get',
  path: '/.well-known/revocations',
  tag: 'Keys',
  summary: 'The signed list of all that is revoked',
  description:
    'Ask for it when a heartbeat or a lease token tells a higher number than the one that you have. A root that you trust must have signed it.',
  credential: 'none',
  replies: {
    200: { description: 'The newest list.', body },
    304: { description: 'It is the one that If-None-Match names.', body: undefined },
  },
  errors: [],
  handle({ deps }) {
    const { seq, token } = deps.lists.revocations() ?? { seq: 0, token: null };
    const headers = { 'Cache-Control': 'public, max-age=60', ETag: `"${seq}"` };
    return Promise.resolve({ status: 200 as const, headers, body: { seq, revocations: token } });
  },
});
