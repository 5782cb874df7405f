/**
 * `npm run pin-roots -- <file>`: writes the roots that a client may trust from its first start on, the one
 * that signs and the next one, as a JWK Set. Build it into every release of the product: what is pinned before
 * it is first used needs no list to be believed. It fails while there is no next root.
 */
import { writeFile } from 'node:fs/promises';
import { loadConfig } from '../platform/config.ts';
import { readPins } from '../services/read-pins.ts';
import { fail } from './fail.ts';

const usage = 'Usage: npm run pin-roots -- <file>, such as leasehold-roots.json';

const [file, ...more] = process.argv.slice(2);
if (file === '--help') {
  console.log(usage);
  process.exit(0);
}
if (file === undefined || file.startsWith('-') || more.length > 0) fail(64, usage);
const pins = await readPins(loadConfig().DATABASE_URL).catch((error: unknown) =>
  fail(69, messageOf(error)),
);
await writeFile(file, `${JSON.stringify(pins, null, 2)}\n`).catch((error: unknown) =>
  fail(73, messageOf(error)),
);
console.log(`${file}: ${pins.keys.map(({ kid }) => kid).join(', ')}`);

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
