import { sql, type Kysely } from 'kysely';

/**
 * Which root signed a license file, so that the file of a root that is revoked since is signed anew instead of
 * handed out. Of files that were signed before, their own header says it. One of which nobody knows it, signed
 * by an older program while a newer one is rolled out, is signed anew too.
 *
 * A revoked license need not be listed for ever: no file lives longer than a leap year, so a day after that
 * there is none left that the entry could be about.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`set local role leasehold_owner`.execute(db);
  await sql`alter table check_outs add column root_kid text`.execute(db);
  // The owner sees no row of a tenant otherwise; the table is locked until the end of this.
  await sql`alter table check_outs no force row level security`.execute(db);
  await sql`
    update check_outs set root_kid = convert_from(decode(
        rpad(head, (length(head) + 3) / 4 * 4, '='), 'base64'), 'utf8')::jsonb ->> 'kid'
    from (
      select id as file_id, translate(split_part(
          regexp_replace(file, '-----[^-]*-----|\\s', '', 'g'), '.', 1), '-_', '+/') as head
      from check_outs where file is not null
    ) as files
    where id = file_id`.execute(db);
  await sql`alter table check_outs force row level security`.execute(db);
  await sql`
    update revocations set until = at + interval '367 days'
    where kind = 'license' and until is null`.execute(db);
  await sql`reset role`.execute(db);
}
