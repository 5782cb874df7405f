/** The signed lists of what is revoked. The app role reads them; only the system role writes. */
import type { Database } from './database.ts';

export interface RevocationListRecord {
  seq: number;
  rootKid: string;
  token: string;
  nextUpdate: Date;
  createdAt: Date;
}

export async function insertRevocationList(
  tx: Database,
  list: RevocationListRecord,
): Promise<void> {
  await tx.insertInto('revocationLists').values(list).execute();
}

export async function findNewestList(db: Database): Promise<RevocationListRecord | undefined> {
  return db
    .selectFrom('revocationLists')
    .select(['seq', 'rootKid', 'token', 'nextUpdate', 'createdAt'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
}
