/** Takes keys out of use for good; needs the system role. */
import { sql } from 'kysely';
import type { Database } from './database.ts';

/** Of what kind a key is, and until when something may be believed that it signed; null: for ever. */
export interface KeyInUse {
  kind: 'root' | 'delegate';
  until: Date | null;
}

export async function findKey(db: Database, kid: string): Promise<KeyInUse | undefined> {
  const root = await db
    .selectFrom('rootKeys')
    .select('kid')
    .where('kid', '=', kid)
    .executeTakeFirst();
  if (root !== undefined) return { kind: 'root', until: null };
  const delegate = await db
    .selectFrom('delegates')
    .select('verifyUntil')
    .where('kid', '=', kid)
    .executeTakeFirst();
  return delegate && { kind: 'delegate', until: delegate.verifyUntil };
}

/** What the root certified is out of use with it: no client would believe it. */
export async function revokeRoot(
  tx: Database,
  { kid, reason }: { kid: string; reason: string },
): Promise<void> {
  await tx
    .updateTable('rootKeys')
    .set({ state: 'revoked', revokedAt: sql<Date>`now()` })
    .where('kid', '=', kid)
    .where('revokedAt', 'is', null)
    .execute();
  await revokeDelegates(tx, { column: 'rootKid', kid, reason });
}

export async function revokeDelegate(
  tx: Database,
  { kid, reason }: { kid: string; reason: string },
): Promise<void> {
  await revokeDelegates(tx, { column: 'kid', kid, reason });
}

async function revokeDelegates(
  tx: Database,
  { column, kid, reason }: { column: 'kid' | 'rootKid'; kid: string; reason: string },
): Promise<void> {
  await tx
    .updateTable('delegates')
    .set({ revokedAt: sql<Date>`now()`, revokedWhy: reason })
    .where(column, '=', kid)
    .where('revokedAt', 'is', null)
    .execute();
}
