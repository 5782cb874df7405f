/** Versions of the root key over their life, and the signed lists of them; what writes needs the system role. */
import type { JsonWebKey } from 'node:crypto';
import { sql } from 'kysely';
import type { RootState } from '../domain/root-rotation.ts';
import type { Database } from './database.ts';

export interface RootRecord {
  kid: string;
  kmsVersion: string;
  publicKey: JsonWebKey;
  state: RootState;
  activeAt: Date | null;
  /** When the first signed list named it. */
  listedAt: Date | null;
}

/** All that were ever published, the oldest first: in the order of their versions in Cloud KMS. */
export async function listRoots(db: Database): Promise<RootRecord[]> {
  const { rows } = await sql<RootRecord>`
    select kid, kms_version, public_key, state, active_at,
      (select min(created_at) from root_lists where kids ? kid) as listed_at
    from root_keys
    order by substring(kms_version from '[0-9]+$')::bigint`.execute(db);
  return rows;
}

/** Makes a version known that signs nothing yet. One that is known stays as it is. */
export async function publishRoot(
  tx: Database,
  root: Pick<RootRecord, 'kid' | 'kmsVersion' | 'publicKey'>,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('rootKeys')
    .values({ ...root, publicKey: JSON.stringify(root.publicKey), state: 'published' })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** The published version signs from now on, and the one before is retired. @returns whether it did not yet. */
export async function activateRoot(tx: Database, kid: string): Promise<boolean> {
  await sql`
    update root_keys set state = 'retired', retired_at = now()
    where state = 'active'
      and exists (select from root_keys where kid = ${kid} and state = 'published')`.execute(tx);
  const { numUpdatedRows } = await tx
    .updateTable('rootKeys')
    .set({ state: 'active', activeAt: sql<Date>`now()` })
    .where('kid', '=', kid)
    .where('state', '=', 'published')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/**
 * Keeps a root from being revoked until the transaction ends: whoever revokes it waits for that, and then finds
 * what was stored.
 */
export async function holdRoot(tx: Database, kid: string): Promise<void> {
  await tx.selectFrom('rootKeys').select('kid').where('kid', '=', kid).forShare().execute();
}

/** A list of roots that one of them signed. */
export interface RootListRecord {
  seq: number;
  rootKid: string;
  kids: string[];
  token: string;
  createdAt: Date;
}

export async function insertRootList(tx: Database, list: RootListRecord): Promise<void> {
  await tx
    .insertInto('rootLists')
    .values({ ...list, kids: JSON.stringify(list.kids) })
    .execute();
}

/** The newest lists, the oldest of them first. */
export async function listRootLists(db: Database, limit: number): Promise<RootListRecord[]> {
  const newest = await db
    .selectFrom('rootLists')
    .select(['seq', 'rootKid', 'kids', 'token', 'createdAt'])
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
  return newest.toReversed();
}
