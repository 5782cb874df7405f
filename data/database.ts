import { CamelCasePlugin, Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import pg from 'pg';
import type { DB } from './schema.ts';

/** A connection pool with the rights of one role. Queries see rows only inside `withTenant`. */
export type Database = Kysely<DB>;
/** A transaction whose tenant is set; functions that need one take this type. */
export type TenantTransaction = Transaction<DB>;

/** int8 as a number: epochs, counters and offsets stay far below 2^53. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

/**
 * Opens a pool. A connection or a statement that does not answer in time fails instead of holding
 * its caller: 5 s to connect or for a lock, 10 s a statement, 10 s idle inside a transaction.
 */
export function openDatabase(options: {
  url: string;
  poolSize: number;
  onError: (error: Error) => void;
}): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 10_000,
    lock_timeout: 5_000,
    query_timeout: 12_000,
    idle_in_transaction_session_timeout: 10_000,
    // Statements are sent before the answers to those ahead of them have come: see pipeline.ts.
    pipeline: true,
    types,
  });
  pool.on('error', options.onError);
  // The pool listens to idle connections only; one that breaks in use would end the process.
  pool.on('connect', (client) => {
    client.on('error', options.onError);
  });
  const db = new Kysely<DB>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  });
  pools.set(db, pool);
  return db;
}

/** How busy the connections of a pool are. */
export interface ConnectionCounts {
  idle: number;
  busy: number;
  max: number;
  /** Requests that wait for a connection. */
  waiting: number;
}

const pools = new WeakMap<Database, pg.Pool>();

/** The connections of a database. @throws Error for a transaction, which has one only. */
export function poolOf(db: Database): pg.Pool {
  const pool = pools.get(db);
  if (pool === undefined) throw new Error('This database was not opened here');
  return pool;
}

export function countConnections(db: Database): ConnectionCounts {
  const pool = poolOf(db);
  const { idleCount: idle, totalCount, waitingCount: waiting } = pool;
  return { idle, busy: totalCount - idle, max: pool.options.max, waiting };
}

/** @throws when Postgres does not answer. */
export async function pingDatabase(db: Database): Promise<void> {
  await sql`select 1`.execute(db);
}
