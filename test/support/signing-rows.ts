import { sql } from 'kysely';
import type { Database } from '../../data/database.ts';
import { newId } from '../../platform/ids.ts';

/** Stores a root of that number, whose key nobody has. */
export async function givenRootRow(
  db: Database,
  version: number,
  state: 'published' | 'active' | 'retired',
): Promise<string> {
  const kid = `root-${version}`;
  await sql`
    insert into root_keys (kid, kms_version, public_key, state, active_at, retired_at)
    values (${kid}, ${`projects/dev/cryptoKeyVersions/${version}`}, '{}', ${state},
      ${state === 'published' ? null : new Date()}, ${state === 'retired' ? new Date() : null})`.execute(
    db,
  );
  return kid;
}

/** Stores a delegate that the root certified; nobody has its key. */
export async function givenDelegateRow(
  db: Database,
  { rootKid, seq }: { rootKid: string; seq: number },
): Promise<string> {
  const kid = newId('dlg');
  await sql`
    insert into delegates (kid, seq, root_kid, public_key, certificate, seal_kid, sealed_key,
      sign_until, verify_until, created_at)
    values (${kid}, ${seq}, ${rootKid}, '{}', '', 's1', '', now() + interval '1 day',
      now() + interval '9 days', now())`.execute(db);
  return kid;
}
