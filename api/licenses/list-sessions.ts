import { z } from 'zod';
import type { SessionRecord } from '../../data/sessions.ts';
import { endReasons } from '../../domain/errors.ts';
import { usageTypes } from '../../domain/validation.ts';
import { listLicenseSessions } from '../../services/session-history.ts';
import { defineOperation } from '../operation.ts';
import { pageOf, readPage } from '../page.ts';
import { cursorQuery, deviceSchema, fenceSchema, idParams, pageSchema } from '../schemas.ts';

const query = cursorQuery.extend({
  open: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .meta({ description: 'true: only sessions that hold a seat or wait.' }),
});

/** A session as the ledger has it. */
export const ledgerSessionSchema = z
  .object({
    id: z.string(),
    licenseId: z.string(),
    status: z.enum(['queued', 'active', 'ended']),
    instanceKey: z.string(),
    usageType: z.enum(usageTypes),
    product: z.string(),
    version: z.string(),
    device: deviceSchema,
    metadata: z.record(z.string(), z.unknown()),
    fence: fenceSchema.nullable(),
    createdAt: z.iso.datetime(),
    grantedAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
    endReason: z.enum(endReasons).nullable(),
  })
  .meta({ id: 'LedgerSession' });

export const listSessions = defineOperation({
  id: 'listLicenseSessions',
  method: 'get',
  path: '/v1/licenses/{id}/sessions',
  tag: 'Licenses',
  summary: 'The sessions of a license, newest first',
  credential: 'tenant',
  scope: 'sessions:read',
  params: idParams('lic'),
  query,
  replies: { 200: { description: 'A page of sessions.', body: pageSchema(ledgerSessionSchema) } },
  errors: [],
  async handle({ deps, caller: { tenantId } }, input) {
    const page = readPage(input.query);
    const found = await listLicenseSessions(deps, {
      tenantId,
      licenseId: input.params.id,
      onlyOpen: input.query.open,
      ...page,
    });
    const { items, nextCursor } = pageOf(found, page);
    return { status: 200, body: { items: items.map(presentLedgerSession), nextCursor } };
  },
});

/** A row of the ledger as its readers see it. */
export function presentLedgerSession(row: SessionRecord): z.input<typeof ledgerSessionSchema> {
  return {
    id: row.id,
    licenseId: row.licenseId,
    status: row.status,
    instanceKey: row.instanceKey,
    usageType: row.usageType,
    product: row.product,
    version: row.version,
    device: row.device as z.input<typeof deviceSchema>,
    metadata: row.metadata as Record<string, unknown>,
    fence:
      row.fenceEpoch === null || row.fenceCounter === null
        ? null
        : { epoch: row.fenceEpoch, counter: row.fenceCounter },
    createdAt: row.createdAt.toISOString(),
    grantedAt: row.grantedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    endReason: row.endReason,
  };
}
