/**
 * `npm run migrate`: brings the database at OWNER_DATABASE_URL to the newest migration and lets the
 * users of DATABASE_URL and SYSTEM_DATABASE_URL log in. Safe to run from several places at once.
 */
import { ensureLogins, migrateToLatest, type RoleLogin } from '../data/migrate.ts';
import { loadConfig } from '../platform/config.ts';

const { OWNER_DATABASE_URL, DATABASE_URL, SYSTEM_DATABASE_URL } = loadConfig();
if (OWNER_DATABASE_URL === undefined) {
  console.error('Set OWNER_DATABASE_URL: Postgres as a role that may create roles.');
  process.exit(78);
}
const done = await migrateToLatest(OWNER_DATABASE_URL);
await ensureLogins(OWNER_DATABASE_URL, [
  loginOf(DATABASE_URL, 'leasehold_app'),
  loginOf(SYSTEM_DATABASE_URL, 'leasehold_system'),
]);
console.log(done.length === 0 ? 'The database is up to date.' : `Migrated: ${done.join(', ')}.`);

function loginOf(url: string, role: RoleLogin['role']): RoleLogin {
  const { username, password } = new URL(url);
  return { role, user: decodeURIComponent(username), password: decodeURIComponent(password) };
}
