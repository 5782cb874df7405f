/** Root keys and delegates. The app role reads them; whatever writes needs the system role. */
import type { JsonWebKey } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from './database.ts';

/** A version of the root key. `kmsVersion` is its resource name in Cloud KMS. */
export interface RootKeyRecord {
  kid: string;
  kmsVersion: string;
  publicKey: JsonWebKey;
}

/** What is stored of a delegate; its private key is sealed, and empty once it may not sign any more. */
export interface DelegateRecord {
  kid: string;
  seq: number;
  rootKid: string;
  publicKey: JsonWebKey;
  certificate: string;
  sealKid: string;
  sealedKey: Buffer;
  signUntil: Date;
  verifyUntil: Date;
  createdAt: Date;
}

/**
 * Holds what makes or changes a signing key, until the transaction ends: of two that would make the same,
 * the second finds the first one's.
 */
export async function lockSigningKeys(tx: Database): Promise<void> {
  await sql`select pg_advisory_xact_lock(${signingKeysLock})`.execute(tx);
}

/** A number that no other advisory lock has. */
const signingKeysLock = 771_003;

/** The root key that signs now. */
export async function findActiveRoot(db: Database): Promise<RootKeyRecord | undefined> {
  return db
    .selectFrom('rootKeys')
    .select(['kid', 'kmsVersion', 'publicKey'])
    .where('state', '=', 'active')
    .executeTakeFirst();
}

/** Whether a root key was ever in use. */
export async function hasRoots(db: Database): Promise<boolean> {
  const root = await db.selectFrom('rootKeys').select('kid').limit(1).executeTakeFirst();
  return root !== undefined;
}

/** Stores a root key that signs from now on; fails while there is another. */
export async function insertActiveRoot(tx: Database, root: RootKeyRecord): Promise<void> {
  await tx
    .insertInto('rootKeys')
    .values({
      ...root,
      publicKey: JSON.stringify(root.publicKey),
      state: 'active',
      activeAt: sql<Date>`now()`,
    })
    .execute();
}

/**
 * The delegates that may sign at an instant and are not revoked, the newest first. One that a clock made which was
 * ahead may not: its certificate begins a minute before it was made.
 */
export async function listSigningDelegates(db: Database, at: Date): Promise<DelegateRecord[]> {
  return db
    .selectFrom('delegates')
    .select(delegateColumns)
    .where('revokedAt', 'is', null)
    .where('createdAt', '<=', new Date(at.getTime() + skewMs))
    .where('signUntil', '>', at)
    .where('verifyUntil', '>', at)
    .orderBy('seq', 'desc')
    .limit(4)
    .execute();
}

/** The newest delegate of all, whatever became of it; the next one's `seq` is higher. */
export async function findNewestDelegate(
  db: Database,
): Promise<(DelegateRecord & { revokedAt: Date | null }) | undefined> {
  return db
    .selectFrom('delegates')
    .select([...delegateColumns, 'revokedAt'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** The public halves of all roots but revoked ones, and of delegates whose tokens may still be believed. */
export async function listPublicKeys(
  db: Database,
  at: Date,
): Promise<Record<'roots' | 'delegates', { kid: string; publicKey: JsonWebKey }[]>> {
  const [roots, delegates] = await Promise.all([
    db
      .selectFrom('rootKeys')
      .select(['kid', 'publicKey'])
      .where('state', '<>', 'revoked')
      .orderBy('publishedAt')
      .orderBy('kid')
      .execute(),
    db
      .selectFrom('delegates')
      .select(['kid', 'publicKey'])
      .where('revokedAt', 'is', null)
      .where('verifyUntil', '>', at)
      .orderBy('seq')
      .execute(),
  ]);
  return { roots, delegates };
}

export async function insertDelegate(tx: Database, delegate: DelegateRecord): Promise<void> {
  await tx
    .insertInto('delegates')
    .values({ ...delegate, publicKey: JSON.stringify(delegate.publicKey) })
    .execute();
}

/** Erases the private keys of delegates that are revoked, or that might sign until an instant and no longer. */
export async function eraseSealedKeys(tx: Database, signUntil: Date): Promise<void> {
  await tx
    .updateTable('delegates')
    .set({ sealedKey: Buffer.alloc(0) })
    .where('sealedKey', '<>', Buffer.alloc(0))
    .where((eb) => eb.or([eb('revokedAt', 'is not', null), eb('signUntil', '<', signUntil)]))
    .execute();
}

const skewMs = 60_000;

const delegateColumns = [
  ...(['kid', 'seq', 'rootKid', 'publicKey', 'certificate', 'sealKid', 'sealedKey'] as const),
  ...(['signUntil', 'verifyUntil', 'createdAt'] as const),
] as const;
