/**
 * Transactions of the hot paths: prepared statements that are sent together, before any of them has
 * been answered. What takes nine round trips one by one takes one, and Postgres neither parses nor
 * plans what it has met on that connection before.
 */
import type pg from 'pg';
import { poolOf, type Database } from './database.ts';

/** A statement by a name that stands for its text on every connection. */
export interface Statement {
  name: string;
  text: string;
  values: readonly unknown[];
}

export type Rows = readonly Record<string, unknown>[];

/**
 * Runs the statements in one transaction and one round trip, the commit with them; given
 * `beforeCommit`, the commit goes alone in a second one, after that call, once all of them succeeded: a
 * failure before the call means that nothing was written.
 *
 * No statement can know another's answer but through the database itself.
 *
 * @returns the rows of each statement.
 * @throws the first fault; nothing was committed unless it was the commit that failed.
 */
export async function runPipelined(
  db: Database,
  statements: readonly Statement[],
  { beforeCommit }: { beforeCommit?: (() => void) | undefined } = {},
): Promise<Rows[]> {
  const client = await poolOf(db).connect();
  try {
    const sent = ['begin', ...statements.map(prepared), ...(beforeCommit ? [] : ['commit'])];
    const [, ...results] = await sendTogether(client, sent);
    if (beforeCommit) {
      beforeCommit();
      await client.query('commit');
    }
    client.release();
    return results.slice(0, statements.length).map(({ rows }) => rows as Rows);
  } catch (error) {
    // What a broken transaction leaves on a connection is not worth finding out.
    client.release(true);
    throw error;
  }
}

/** The driver writes each statement by itself; held back, all of them leave in one write. */
function sendTogether(client: pg.PoolClient, statements: readonly (string | pg.QueryConfig)[]) {
  const { stream } = client.connection;
  stream.cork();
  try {
    return Promise.all(statements.map((statement) => client.query(statement)));
  } finally {
    stream.uncork();
  }
}

function prepared({ name, text, values }: Statement): pg.QueryConfig {
  return { name, text, values: [...values] };
}
