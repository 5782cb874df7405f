/**
 * `npm run -s compare-signatures -- <since> <until> < entries.json`: compares the signatures that Cloud KMS
 * recorded with those that our audit log has, and ends with 1 when KMS made one that we know nothing of. The
 * entries are those of the log of data access, which has to be turned on:
 *
 *     gcloud logging read 'protoPayload.methodName:"AsymmetricSign"' --format json
 *
 * Any other failure ends with another code, so that 1 is always an alarm.
 */
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { openDatabase } from '../data/database.ts';
import { loadConfig } from '../platform/config.ts';
import { compareSignatures, type SignatureCount } from '../services/compare-signatures.ts';
import { fail } from './fail.ts';

const usage = `Usage: npm run -s compare-signatures -- <since> <until> < entries.json
  <since>, <until>  instants such as 2026-11-25T00:00:00Z; the period is without its end
  entries.json      of Cloud Logging, two minutes longer than the period at both ends
Ends with 0: no signature is foreign, 1: some are, 64: bad arguments, 65: bad entries, 69: no answer of Postgres`;

const words = process.argv.slice(2);
if (words.includes('--help')) {
  console.log(usage);
  process.exit(0);
}
const [since = new Date(NaN), until = new Date(NaN)] = words.map((word) => new Date(word));
if (words.length !== 2 || !(since < until)) fail(64, usage);
const { SYSTEM_DATABASE_URL: url, KMS_KEY: key } = loadConfig();
const log = parse(await text(process.stdin));
const db = openDatabase({ url, poolSize: 1, onError: () => undefined });
const counts = await compareSignatures(db, { ...{ since, until, log }, key })
  .catch((error: unknown) => {
    if (error instanceof z.ZodError)
      fail(65, `No entries of Cloud Logging:\n${z.prettifyError(error)}`);
    return fail(69, `Postgres did not answer: ${String(error)}`);
  })
  .finally(() => db.destroy());
for (const count of counts) tell(count);
if (counts.some(({ foreign }) => foreign.length > 0)) process.exitCode = 1;

function tell({ version, inKms, inAudit, foreign, missing, principals }: SignatureCount): void {
  console.log(
    `${version}: ${inKms} in Cloud KMS (${principals.join(', ')}), ${inAudit} in our log`,
  );
  for (const { at, principals: callers } of foreign) {
    console.log(`  ${at.toISOString()} by ${callers.join(' or ')}: not in our log`);
  }
  if (missing > 0)
    console.log(`  ${missing} of ours not in these entries: ask for them again later`);
}

function parse(entries: string): unknown {
  try {
    return JSON.parse(entries);
  } catch (error) {
    return fail(65, `No JSON: ${String(error)}`);
  }
}
