/**
 * `npm run create-operator-key -- <name>`: prints a new operator key, the one credential that cannot be
 * made over the API. Only its hash is stored.
 */
import { loadConfig } from '../platform/config.ts';
import { createOperatorKey } from '../services/create-operator-key.ts';
import { fail } from './fail.ts';

const [name] = process.argv.slice(2);
if (name === undefined || name === '--help') {
  fail(64, 'Usage: npm run create-operator-key -- <name of the person or machine that gets it>');
}
console.log(await createOperatorKey(loadConfig().SYSTEM_DATABASE_URL, name));
