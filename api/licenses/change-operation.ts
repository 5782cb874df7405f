import type { z } from 'zod';
import { changeLicense, type LicenseChange } from '../../services/apply-license.ts';
import { poolForOperator } from '../../services/pool-for-operator.ts';
import { readLicense } from '../../services/read-license.ts';
import { defineOperation, type Operation } from '../operation.ts';
import { idParams } from '../schemas.ts';
import { licenseSchema, presentLicense } from './license-schema.ts';

/** An operator's operation that changes one license and answers it: they differ only in the change. */
export function defineLicenseChange<Body extends z.ZodObject>(declaration: {
  id: string;
  method: 'post' | 'patch';
  path: `/v1/licenses/{id}${string}`;
  summary: string;
  description?: string;
  /** For the audit log. */
  action: string;
  body: Body;
  change: (body: z.output<Body>) => LicenseChange;
}): Operation {
  const { action, change, ...operation } = declaration;
  return defineOperation({
    ...operation,
    tag: 'Licenses',
    credential: 'operator',
    params: idParams('lic'),
    replies: { 200: { description: 'The license as it is now.', body: licenseSchema } },
    errors: ['conflict'],
    async handle(context, { params, body }) {
      const { deps, caller } = context;
      const pool = await poolForOperator(deps, params.id, caller.tenantHeader);
      await changeLicense(deps, context, pool, { action, ...change(body as z.output<Body>) });
      const { license, open } = await readLicense(deps, pool);
      return { status: 200, body: presentLicense(license, open) };
    },
  });
}
