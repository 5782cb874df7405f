import { sql, type Kysely } from 'kysely';

/**
 * The way out of a refusal: where a product's plans are sold, and which of its plans answers may name.
 * A plan that was made for one customer is not offered: its name may tell who that is.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`set local role leasehold_owner`.execute(db);
  await sql`
    alter table products
      add column upgrade_url text check (char_length(upgrade_url) <= 500)`.execute(db);
  await sql`alter table plans add column offered boolean not null default true`.execute(db);
  await sql`reset role`.execute(db);
}
