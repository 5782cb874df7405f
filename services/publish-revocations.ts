import { isDeepStrictEqual } from 'node:util';
import { decodeJwt } from 'jose';
import type { Database } from '../data/database.ts';
import { findNewestList, insertRevocationList } from '../data/revocation-lists.ts';
import { listStanding, markListed, type RevocationRecord } from '../data/revocations.ts';
import { listRoots } from '../data/roots.ts';
import { lockSigningKeys } from '../data/signing-keys.ts';
import { inTransaction } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import { fullnessOf, listedMax } from '../domain/revocation.ts';
import { revocationSigner } from '../domain/root-rotation.ts';
import {
  makeRevocationList,
  revocationListLife,
  type RevocationClaims,
} from '../signing/tokens/revocation-list.ts';
import type { Deps } from './deps.ts';
import { isYounger } from './is-younger.ts';
import { rootSigner } from './root-keys.ts';

/** The newest list, and whether it was made now. */
export interface PublishedList {
  seq: number;
  isNew: boolean;
}

type Revoked = Pick<RevocationClaims, 'keys' | 'licenses' | 'leases'>;

/**
 * Signs and stores a new list when something was revoked since the newest one, or when that one is to be
 * replaced soon. Until then the newest stays as it is, however long Cloud KMS is away.
 *
 * @returns null where nothing is signed by KMS, or before the first root key.
 * @throws LicensingError `unavailable` while KMS is away, or while no root is newer than one that is revoked.
 */
export async function publishRevocations(
  deps: Pick<Deps, 'systemDb' | 'kms' | 'signing' | 'log' | 'reached' | 'metrics'>,
  { at = Math.floor(Date.now() / 1_000) }: { at?: number } = {},
): Promise<PublishedList | null> {
  if (deps.kms === null) return null;
  return inTransaction(deps.systemDb, async (tx) => {
    await lockSigningKeys(tx);
    const newest = await findNewestList(tx);
    const { revoked, ids } = await readStanding(tx, at);
    deps.metrics.revocationListFullness.set(fullnessOf(countsOf(revoked)));
    if (newest !== undefined && !isDue(newest, { revoked, at })) {
      return { seq: newest.seq, isNew: false };
    }
    const roots = await listRoots(tx);
    if (roots.length === 0) return null;
    const root = revocationSigner(roots);
    if (root === null) {
      throw new LicensingError(
        'unavailable',
        'There is no root yet that may revoke the present one.',
      );
    }
    // By the clock, so that it rises also where newer rows were lost with a backup's restore.
    const seq = Math.max((newest?.seq ?? 0) + 1, at);
    const token = await makeRevocationList(await rootSigner(deps, tx, root), {
      ...{ issuer: deps.signing.issuer, seq, at },
      ...revoked,
    });
    deps.reached('revocations:signed');
    const nextUpdate = new Date((at + revocationListLife.updateSeconds) * 1_000);
    const createdAt = new Date(at * 1_000);
    await insertRevocationList(tx, { seq, rootKid: root.kid, token, nextUpdate, createdAt });
    await markListed(tx, { seq, ids });
    deps.log.info({ seq, kid: root.kid, revoked: ids.length }, 'A list of revocations was signed');
    return { seq, isNew: true };
  });
}

/**
 * Half-way to its next update, so that a day without KMS makes no list late. One of the future is replaced at once:
 * clients do not take it yet.
 */
function isDue(
  { token, createdAt }: { token: string; createdAt: Date },
  { revoked, at }: { revoked: Revoked; at: number },
): boolean {
  const { keys, licenses, leases } = decodeJwt<Revoked>(token);
  const seconds = revocationListLife.updateSeconds / 2 - 3_600;
  const isFresh = isYounger(createdAt, { at, seconds });
  return !isFresh || !isDeepStrictEqual({ keys, licenses, leases }, revoked);
}

function countsOf({ keys, licenses, leases }: Revoked) {
  return { key: keys.length, license: licenses.length, leases: leases.length };
}

async function readStanding(
  tx: Database,
  at: number,
): Promise<{ revoked: Revoked; ids: string[] }> {
  const standing = (kind: RevocationRecord['kind']) =>
    listStanding(tx, { kind, at: new Date(at * 1_000), limit: listedMax[kind] });
  const keys = await standing('key');
  const licenses = await standing('license');
  const leases = await standing('leases');
  const subjectOf = ({ subject }: RevocationRecord) => subject;
  return {
    revoked: {
      keys: keys.map(subjectOf),
      licenses: licenses.map(subjectOf),
      leases: leases.flatMap(({ subject: license, fences }) => {
        if (fences === null) return [];
        const { epoch, fenceFirst, fenceLast } = fences;
        return [{ license, epoch, fences: [fenceFirst, fenceLast] }];
      }),
    },
    ids: [...keys, ...licenses, ...leases].map(({ id }) => id),
  };
}
