import { z } from 'zod';
import { defineOperation } from '../operation.ts';

const keySchema = z
  .object({
    kty: z.enum(['RSA', 'OKP']),
    kid: z.string(),
    alg: z.enum(['PS256', 'Ed25519']).meta({ description: 'The only one that it is good for.' }),
    use: z.literal('sig'),
    n: z.string().optional(),
    e: z.string().optional(),
    crv: z.literal('Ed25519').optional(),
    x: z.string().optional(),
  })
  .meta({ id: 'PublishedKey' });

export const jwks = defineOperation({
  id: 'getKeys',
  method: 'get',
  path: '/.well-known/jwks.json',
  tag: 'Keys',
  summary: 'The public keys that tokens are verified with, as a JSON Web Key Set',
  description:
    'Roots, and the delegates whose tokens may still be believed. Whoever must not trust this connection pins the roots, and takes the delegates from the certificates that come with tokens.',
  credential: 'none',
  replies: {
    200: {
      description: 'The keys. It may be kept for an hour.',
      body: z
        .object({
          keys: z.array(keySchema),
          roots: z.array(z.string()).meta({
            description:
              'Tokens of type lic-roots+jwt, the oldest first: a root that you trust names in one of them the roots after it.',
          }),
        })
        .meta({ id: 'KeySet' }),
    },
  },
  errors: [],
  async handle({ deps }) {
    const keys = await deps.keySet();
    const headers = { 'Cache-Control': 'public, max-age=3600' };
    return { status: 200, headers, body: { keys: [...keys], roots: [...deps.lists.roots()] } };
  },
});
