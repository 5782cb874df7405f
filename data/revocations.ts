/** What was revoked. The system role alone reads and writes it. */
import { sql } from 'kysely';
import type { RevocationKind } from '../domain/revocation.ts';
import type { Page } from './catalog.ts';
import type { Database } from './database.ts';

/** Grants of a license's pool by their numbers, both inclusive. */
export interface RevokedFences {
  epoch: number;
  fenceFirst: number;
  fenceLast: number;
}

export interface NewRevocation {
  id: string;
  kind: RevocationKind;
  /** The id of the key or of the license. */
  subject: string;
  fences: RevokedFences | null;
  reason: string;
  /** Id of the credential that did it. */
  revokedBy: string;
  /** When nothing is left that it could be about; null: never. */
  until: Date | null;
}

export type RevocationRecord = Omit<NewRevocation, 'until'> & {
  at: Date;
  /** The number of the first list that names it; null: none yet. */
  listedIn: number | null;
};

const columns = [
  ...(['id', 'kind', 'subject', 'epoch', 'fenceFirst', 'fenceLast', 'reason'] as const),
  ...(['revokedBy', 'at', 'listedIn'] as const),
] as const;

/** @returns undefined when the key or the license was revoked before: a second time changes nothing. */
export async function insertRevocation(
  tx: Database,
  { fences, ...revocation }: NewRevocation,
): Promise<RevocationRecord | undefined> {
  const row = await tx
    .insertInto('revocations')
    .values({ ...revocation, ...fences, at: sql<Date>`now()` })
    .onConflict((conflict) =>
      conflict.columns(['kind', 'subject']).where('kind', '<>', 'leases').doNothing(),
    )
    .returning(columns)
    .executeTakeFirst();
  return row && read(row);
}

export async function findRevocation(
  db: Database,
  { kind, subject }: { kind: 'key' | 'license'; subject: string },
): Promise<RevocationRecord | undefined> {
  const row = await db
    .selectFrom('revocations')
    .select(columns)
    .where('kind', '=', kind)
    .where('subject', '=', subject)
    .executeTakeFirst();
  return row && read(row);
}

/** A page in the order of making. */
export async function listRevocations(db: Database, page: Page): Promise<RevocationRecord[]> {
  const rows = await db
    .selectFrom('revocations')
    .select(columns)
    .where('id', '>', page.after ?? '')
    .orderBy('id')
    .limit(page.limit)
    .execute();
  return rows.map(read);
}

/**
 * Has whoever revokes something wait for who does so already, until that transaction ends: so many more than a list
 * has room for are counted.
 */
export async function lockRevocations(tx: Database): Promise<void> {
  await sql`select pg_advisory_xact_lock(${revocationsLock})`.execute(tx);
}

/** A number that no other advisory lock has. */
const revocationsLock = 771_004;

/** How many of a kind a list must name now, and when the first of them leaves it; null: none does. */
export async function countStanding(
  tx: Database,
  kind: RevocationKind,
): Promise<{ count: number; nextUntil: Date | null }> {
  return tx
    .selectFrom('revocations')
    .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.min('until').as('nextUntil')])
    .where('kind', '=', kind)
    .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', sql<Date>`now()`)]))
    .executeTakeFirstOrThrow();
}

/** Those of one kind that a list must name at that instant: the newest, should there be more than the limit. */
export async function listStanding(
  db: Database,
  { kind, at, limit }: { kind: RevocationKind; at: Date; limit: number },
): Promise<RevocationRecord[]> {
  const rows = await db
    .selectFrom('revocations')
    .select(columns)
    .where('kind', '=', kind)
    .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', at)]))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(read).toReversed();
}

/** Notes the first list that names them. */
export async function markListed(
  tx: Database,
  { seq, ids }: { seq: number; ids: readonly string[] },
): Promise<void> {
  await sql`
    update revocations set listed_in = ${seq}
    where id = any(${[...ids]}::text[]) and listed_in is null`.execute(tx);
}

function read({
  epoch,
  fenceFirst,
  fenceLast,
  ...row
}: Omit<RevocationRecord, 'fences'> & { [Name in keyof RevokedFences]: number | null }) {
  const isRange = epoch !== null && fenceFirst !== null && fenceLast !== null;
  return { ...row, fences: isRange ? { epoch, fenceFirst, fenceLast } : null };
}
