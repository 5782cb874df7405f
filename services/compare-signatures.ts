import { z } from 'zod';
import { listSignatures, type RecordedSignature } from '../data/audit-log.ts';
import type { Database } from '../data/database.ts';

/** Entries of Cloud Logging, as `gcloud logging read --format json` prints them. */
const logEntries = z.array(
  z.object({
    timestamp: z.coerce.date(),
    insertId: z.string().optional(),
    protoPayload: z.object({
      methodName: z.string(),
      resourceName: z.string(),
      authenticationInfo: z.object({ principalEmail: z.string() }).partial().default({}),
      // A call that was refused is logged, too, and signed nothing.
      status: z.object({ code: z.number() }).partial().default({}),
    }),
  }),
);

/** A signature as Cloud KMS recorded it. */
export interface ForeignSignature {
  at: Date;
  /** At whose request. Several: it or one near it, for whose row is whose cannot be told. */
  principals: string[];
}

/** How often a version of the root signed, by the log of Cloud KMS and by ours. */
export interface SignatureCount {
  version: string;
  inKms: number;
  inAudit: number;
  /** Those in KMS of which our log has nothing near that time. */
  foreign: ForeignSignature[];
  /** How many in our log have none in KMS near that time. */
  missing: number;
  /** At whose request, as KMS says. */
  principals: string[];
}

export interface Comparison {
  /** What Cloud Logging printed. */
  log: unknown;
  since: Date;
  until: Date;
  /** Resource name of the key in Cloud KMS; signatures of other keys are not looked at. All keys unless given. */
  key?: string | undefined;
}

/** How far apart the two logs may have the same signature: ours has the begin of its transaction. */
const apartMs = 120_000;

/**
 * Holds the signatures of a period that Cloud KMS recorded against our audit log. One there without one here is
 * somebody else's, or was thrown away: an answer that came damaged or too late, a process that
 * died with it. One here without one there means that the log of KMS is not complete. Who asked for it tells
 * the rest. At both ends the logs are read a little further, so that a signature on the edge has its row.
 *
 * @throws ZodError when what was read are no such entries.
 */
export async function compareSignatures(
  db: Database,
  { log, since, until, key }: Comparison,
): Promise<SignatureCount[]> {
  const [from, to] = [new Date(since.getTime() - apartMs), new Date(until.getTime() + apartMs)];
  const isIn = (at: Date) => at >= since && at < until;
  const isOurs = ({ version }: { version: string }) =>
    key === undefined || version.startsWith(`${key}/`);
  const signed = readLog(log).filter((one) => isOurs(one) && one.at >= from && one.at < to);
  const recorded = await listSignatures(db, { since: from, until: to });
  const versions = new Set([...signed, ...recorded].map(({ version }) => version));
  return [...versions].toSorted().map((version) => {
    const ofVersion = (one: { version: string }) => one.version === version;
    const inKms = signed.filter(ofVersion);
    const inAudit = recorded.filter(ofVersion);
    const { foreign, missing } = pair(inKms, inAudit);
    const ofPeriod = inKms.filter(({ at }) => isIn(at));
    return {
      ...{ version, inKms: ofPeriod.length },
      inAudit: inAudit.filter(({ at }) => isIn(at)).length,
      foreign: foreign
        .filter(({ at }) => isIn(at))
        .map((one) => ({ at: one.at, principals: callersOf(confusable(inKms, one)) })),
      missing: missing.filter(({ at }) => isIn(at)).length,
      principals: callersOf(ofPeriod),
    };
  });
}

/** The signatures of Cloud KMS, the oldest first; an entry that was read twice counts once. */
function readLog(log: unknown): (RecordedSignature & { principal: string })[] {
  const known = new Set<string>();
  return logEntries
    .parse(log)
    .filter(({ protoPayload: { methodName, status } }) => {
      return /(^|\.)AsymmetricSign$/.test(methodName) && (status.code ?? 0) === 0;
    })
    .filter(({ insertId, timestamp }) => {
      if (insertId === undefined) return true;
      const id = `${timestamp.toISOString()} ${insertId}`;
      return !known.has(id) && known.add(id);
    })
    .map(({ timestamp, protoPayload: { resourceName, authenticationInfo } }) => ({
      ...{ version: resourceName, at: timestamp },
      principal: authenticationInfo.principalEmail ?? '',
    }))
    .toSorted((one, other) => one.at.getTime() - other.at.getTime());
}

function callersOf(signatures: readonly { principal: string }[]): string[] {
  return [...new Set(signatures.map(({ principal }) => principal))].toSorted();
}

/** The signatures that may have the row of that one, or of one that may have its row, and so on; the oldest first. */
function confusable<Signature extends { at: Date }>(
  signatures: readonly Signature[],
  one: Signature,
): Signature[] {
  let group: Signature[] = [];
  for (const other of signatures) {
    const last = group.at(-1);
    const isNear = last !== undefined && other.at.getTime() - last.at.getTime() <= 2 * apartMs;
    if (!isNear && group.includes(one)) return group;
    if (isNear) group.push(other);
    else group = [other];
  }
  return group;
}

/** Gives each signature the oldest row near it that no other has: no way of pairing them leaves fewer over. */
function pair<Signature extends { at: Date }>(
  signatures: readonly Signature[],
  rows: readonly RecordedSignature[],
): { foreign: Signature[]; missing: RecordedSignature[] } {
  const missing: RecordedSignature[] = [];
  const left = [...rows];
  const foreign = signatures.filter(({ at }) => {
    const later = left.findIndex((row) => row.at.getTime() >= at.getTime() - apartMs);
    missing.push(...left.splice(0, later < 0 ? left.length : later));
    const row = left[0];
    if (row === undefined || row.at.getTime() > at.getTime() + apartMs) return true;
    left.shift();
    return false;
  });
  return { foreign, missing: [...missing, ...left] };
}
