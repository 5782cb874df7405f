import { z } from 'zod';
import { countSignatures } from '../data/audit-log.ts';
import type { Database } from '../data/database.ts';

/** Entries of Cloud Logging, as `gcloud logging read --format json` prints them. */
const logEntries = z.array(
  z.object({
    timestamp: z.coerce.date(),
    protoPayload: z.object({
      methodName: z.string(),
      resourceName: z.string(),
      authenticationInfo: z.object({ principalEmail: z.string() }).partial().default({}),
    }),
  }),
);

/** How often a version of the root signed, by the log of Cloud KMS and by ours. */
export interface SignatureCount {
  version: string;
  inKms: number;
  inAudit: number;
  /** At whose request, as KMS says. */
  principals: string[];
}

/**
 * Holds the signatures of a period that Cloud KMS recorded against our audit log. More of them there than
 * here are somebody else's, or were thrown away: an answer that came damaged or too late, a process that
 * died with it. Fewer mean that the log of KMS is not complete. Who asked for them tells the rest.
 *
 * @throws ZodError when what was read are no such entries.
 */
export async function compareSignatures(
  db: Database,
  { log, since, until }: { log: unknown; since: Date; until: Date },
): Promise<SignatureCount[]> {
  const ours = await countSignatures(db, { since, until });
  const signatures = logEntries
    .parse(log)
    .filter(({ timestamp }) => timestamp >= since && timestamp < until)
    .map(({ protoPayload }) => protoPayload)
    .filter(({ methodName }) => /(^|\.)AsymmetricSign$/.test(methodName));
  const versions = new Set([...signatures.map(({ resourceName }) => resourceName), ...ours.keys()]);
  return [...versions].toSorted().map((version) => {
    const made = signatures.filter(({ resourceName }) => resourceName === version);
    const principals = made.map(
      ({ authenticationInfo }) => authenticationInfo.principalEmail ?? '',
    );
    return {
      ...{ version, inKms: made.length, inAudit: ours.get(version) ?? 0 },
      principals: [...new Set(principals)].toSorted(),
    };
  });
}
