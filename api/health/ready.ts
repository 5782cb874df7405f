import { z } from 'zod';
import { defineOperation } from '../operation.ts';

const part = z.enum(['ok', 'down']);
const readiness = z
  .object({
    status: part,
    parts: z.record(z.string(), part),
  })
  .meta({ id: 'Readiness' });

export const ready = defineOperation({
  id: 'getReadiness',
  method: 'get',
  path: '/health/ready',
  tag: 'Health',
  summary: 'Whether each part that the API needs answers; Temporal is not one of them',
  credential: 'none',
  replies: {
    200: { description: 'All of them do.', body: readiness },
    503: { description: 'At least one does not.', body: readiness },
  },
  errors: [],
  async handle({ deps: { probes, log } }) {
    const outcomes = await Promise.all(
      Object.entries(probes).map(async ([name, probe]) => {
        try {
          await probe();
          return { name, state: 'ok' as const };
        } catch (error) {
          log.warn({ err: error, part: name }, 'A part is not ready');
          return { name, state: 'down' as const };
        }
      }),
    );
    const status = outcomes.every(({ state }) => state === 'ok')
      ? ('ok' as const)
      : ('down' as const);
    const parts = Object.fromEntries(outcomes.map(({ name, state }) => [name, state]));
    return { status: status === 'ok' ? 200 : 503, body: { status, parts } };
  },
});
