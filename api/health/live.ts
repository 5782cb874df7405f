import { z } from 'zod';
import { defineOperation } from '../operation.ts';

export const live = defineOperation({
  id: 'getLiveness',
  method: 'get',
  path: '/health/live',
  tag: 'Health',
  summary: 'Whether the process answers at all',
  credential: 'none',
  replies: { 200: { description: 'It does.', body: z.object({ status: z.literal('ok') }) } },
  errors: [],
  handle: () => Promise.resolve({ status: 200 as const, body: { status: 'ok' as const } }),
});
