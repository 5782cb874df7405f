/**
 * `npm run -s compare-signatures -- <since> <until> < entries.json`: compares the signatures that Cloud KMS
 * recorded with those that our audit log has, and ends with 1 when KMS made more. The entries are those of
 * the log of data access, which has to be turned on:
 *
 *     gcloud logging read 'protoPayload.methodName:"AsymmetricSign"' --format json
 */
import { text } from 'node:stream/consumers';
import { openDatabase } from '../data/database.ts';
import { loadConfig } from '../platform/config.ts';
import { compareSignatures } from '../services/compare-signatures.ts';

const [since = new Date(NaN), until = new Date(NaN)] = process.argv
  .slice(2)
  .map((argument) => new Date(argument));
if (Number.isNaN(since.getTime()) || Number.isNaN(until.getTime())) {
  console.error('Usage: npm run -s compare-signatures -- <since> <until> < entries.json');
  process.exit(64);
}
const url = loadConfig().SYSTEM_DATABASE_URL;
const db = openDatabase({ url, poolSize: 1, onError: () => undefined });
const counts = await compareSignatures(db, {
  ...{ since, until, log: JSON.parse(await text(process.stdin)) as unknown },
}).finally(() => db.destroy());
for (const { version, inKms, inAudit, principals } of counts) {
  console.log(
    `${version}: ${inKms} in Cloud KMS (${principals.join(', ')}), ${inAudit} in our log`,
  );
}
if (counts.some(({ inKms, inAudit }) => inKms > inAudit)) process.exitCode = 1;
