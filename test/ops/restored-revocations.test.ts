/** Step 4 of a restore in docs/operations.md: what was revoked since the dump is revoked again, by its own words. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '../../data/database.ts';
import { findNewestList } from '../../data/revocation-lists.ts';
import { findNewestDelegate } from '../../data/signing-keys.ts';
import { newId } from '../../platform/ids.ts';
import { publishRevocations } from '../../services/publish-revocations.ts';
import { revokeKey } from '../../services/revocations.ts';
import { openTrustWorld } from '../support/trust-world.ts';
import { root } from './compose-file.ts';

const world = await openTrustWorld();
const { deps, database } = world;
const admin = openDatabase({ url: database.adminUrl, poolSize: 1, onError: () => undefined });
afterAll(() => admin.destroy());
const context = {
  caller: { actor: { kind: 'system', id: 'test' } },
  requestId: newId('req'),
} as const;

async function newestList() {
  const list = await findNewestList(deps.db);
  if (list === undefined) throw new Error('There is no list');
  return { seq: list.seq, keys: decodeJwt<{ keys: string[] }>(list.token).keys };
}

test('a key is revoked in the first list after a restore, whose number is not below the lost one', async () => {
  await world.settle();
  await publishRevocations(deps);
  const dumped = await newestList();
  const leaked = (await findNewestDelegate(deps.db))?.kid ?? '';
  await revokeKey(deps, context, { kid: leaked, reason: 'Leaked' });
  await publishRevocations(deps);
  const lost = await newestList();
  expect(lost.keys).toEqual([leaked]);

  const manual = await readFile(join(root, 'docs/operations.md'), 'utf8');
  const [query = ''] = /select subject_id[^`;]*/.exec(manual) ?? [];
  const { rows } = await sql<{ subjectId: string; detail: { kind: string; reason: string } }>`
    ${sql.raw(query)}`.execute(admin);
  await sql`update delegates set revoked_at = null, revoked_why = null`.execute(admin);
  await sql`delete from revocations`.execute(admin);
  await sql`delete from revocation_lists where seq > ${dumped.seq}`.execute(admin);

  for (const { subjectId: kid, detail } of rows) {
    if (detail.kind === 'key') await revokeKey(deps, context, { kid, reason: detail.reason });
  }
  await publishRevocations(deps);
  const restored = await newestList();
  expect(restored.keys).toEqual([leaked]);
  expect(restored.seq).toBeGreaterThanOrEqual(lost.seq);
});
