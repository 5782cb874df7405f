import { sql } from 'kysely';
import type { Database } from './database.ts';

/**
 * What time it is by the clock of Postgres, which all processes share. Ask under the lock that the time is
 * for: the beginning of the transaction may be long ago by then.
 */
export async function databaseNow(db: Database): Promise<Date> {
  const now = sql<Date>`clock_timestamp()`.as('now');
  return (await db.selectNoFrom(now).executeTakeFirstOrThrow()).now;
}
