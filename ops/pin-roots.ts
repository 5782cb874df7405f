/**
 * `npm run pin-roots -- <file>`: writes the roots that a client may trust from its first start on, the one
 * that signs and the next one, as a JWK Set. Build it into every release of the product: what is pinned before
 * it is first used needs no list to be believed. It fails while there is no next root.
 */
import { writeFile } from 'node:fs/promises';
import { loadConfig } from '../platform/config.ts';
import { readPins } from '../services/read-pins.ts';

const [file] = process.argv.slice(2);
if (file === undefined || file === '--help') {
  console.error('Usage: npm run pin-roots -- <file>, such as leasehold-roots.json');
  process.exit(64);
}
const pins = await readPins(loadConfig().DATABASE_URL);
await writeFile(file, `${JSON.stringify(pins, null, 2)}\n`);
console.log(`${file}: ${pins.keys.map(({ kid }) => kid).join(', ')}`);
