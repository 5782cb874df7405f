/** What a rotation of the root looks at, and how each of its steps is taken. */
import { insertAuditEntry } from '../data/audit-log.ts';
import type { Database } from '../data/database.ts';
import {
  activateRoot,
  insertRootList,
  listRootLists,
  listRoots,
  publishRoot,
  type RootRecord,
} from '../data/roots.ts';
import { findNewestDelegate, listSigningDelegates, lockSigningKeys } from '../data/signing-keys.ts';
import { inTransaction } from '../data/tenant.ts';
import {
  firstUse,
  type RootFacts,
  type RotationAct,
  type RotationFacts,
} from '../domain/root-rotation.ts';
import { newId } from '../platform/ids.ts';
import { makeRootList, type ListedRoot } from '../signing/tokens/root-list.ts';
import type { Deps } from './deps.ts';
import { renewDelegate } from './renew-delegate.ts';
import { rootJwk } from './root-jwk.ts';
import { kidOfVersion, readRootKey, rootSigner } from './root-keys.ts';

type RotationDeps = Pick<Deps, 'systemDb' | 'kms' | 'signing' | 'log' | 'reached'>;

/** Roots that a list names: the newest, which is those of three years. */
const listedMax = 12;

/**
 * The facts that the next step follows from.
 * @returns null where nothing is signed by KMS, or before the first root, which the first delegate brings.
 * @throws LicensingError `unavailable` while Cloud KMS or Postgres is away.
 */
export async function lookAtRoots({
  kms,
  systemDb,
  metrics,
}: Pick<Deps, 'kms' | 'systemDb' | 'metrics'>): Promise<RotationFacts | null> {
  const roots = await listRoots(systemDb);
  if (kms === null || roots.length === 0) return null;
  const facts: RotationFacts = {
    roots: roots.map(factsOf),
    versions: (await kms.listVersions()).map(({ version, state }) => ({
      version: numberOf(version),
      state,
    })),
    certifiedBy: await certifiedBy(systemDb),
  };
  const active = facts.roots.find(({ state }) => state === 'active');
  const inKms = facts.versions.find(({ version }) => version === active?.version);
  metrics.rootUsable.set(inKms?.state === 'ENABLED' ? 1 : 0);
  if (active?.activeAt) metrics.rootActiveTimestamp.set(active.activeAt / 1_000);
  return facts;
}

/** Takes one step. Each may be taken twice: what is done is left as it is. */
export async function takeRotationStep(deps: RotationDeps, step: RotationAct): Promise<void> {
  switch (step.step) {
    case 'create':
      return createVersion(deps);
    case 'publish':
      return publish(deps, step.version);
    case 'list':
      return listAll(deps);
    case 'activate':
      return activate(deps, step.kid);
    case 'certify':
      return certify(deps);
  }
}

/** Asking twice would make two: an answer that was lost is found in the list. */
async function createVersion({ kms, systemDb, reached, log }: RotationDeps): Promise<void> {
  if (kms === null) return;
  await inTransaction(systemDb, async (tx) => {
    await lockSigningKeys(tx);
    const known = await listRoots(tx);
    const newest = Math.max(0, ...known.map(({ kmsVersion }) => numberOf(kmsVersion)));
    const versions = await kms.listVersions();
    const isThere = versions.some(
      ({ version, state }) =>
        numberOf(version) > newest && ['ENABLED', 'PENDING_GENERATION'].includes(state),
    );
    if (isThere) return;
    const { version: kmsVersion } = await kms.createVersion();
    reached('root:version-created');
    log.info({ kmsVersion }, 'Cloud KMS makes another version of the root key');
  });
}

async function publish({ kms, systemDb, reached }: RotationDeps, version: number): Promise<void> {
  if (kms === null) return;
  const versions = await kms.listVersions();
  const made = versions.find((one) => numberOf(one.version) === version);
  if (made === undefined) return;
  const { version: kmsVersion } = made;
  const kid = kidOfVersion(kmsVersion);
  const publicKey = await readRootKey(kms, kmsVersion);
  await inTransaction(systemDb, async (tx) => {
    await lockSigningKeys(tx);
    const isNew = await publishRoot(tx, { kid, kmsVersion, publicKey });
    if (isNew) await auditRoot(tx, { action: 'root.publish', kid });
  });
  reached('root:published');
}

/** Names the newest roots that are not revoked, signed by the active one. */
async function listAll(deps: RotationDeps): Promise<void> {
  const at = Math.floor(Date.now() / 1_000);
  await inTransaction(deps.systemDb, async (tx) => {
    await lockSigningKeys(tx);
    const roots = await listRoots(tx);
    const active = roots.find(({ state }) => state === 'active');
    const wanted = roots.filter(({ state }) => state !== 'revoked').slice(-listedMax);
    if (active === undefined || wanted.every(({ listedAt }) => listedAt !== null)) return;
    const [newest] = await listRootLists(tx, 1);
    const seq = Math.max((newest?.seq ?? 0) + 1, at);
    const keys = wanted.map((root) => listedRoot(root, active));
    const { issuer } = deps.signing;
    const token = await makeRootList(await rootSigner(deps, tx, active), { issuer, seq, keys, at });
    deps.reached('root:list-signed');
    const kids = wanted.map(({ kid }) => kid);
    await insertRootList(tx, {
      ...{ seq, rootKid: active.kid, kids, token },
      createdAt: new Date(at * 1_000),
    });
  });
}

async function activate(deps: RotationDeps, kid: string): Promise<void> {
  await inTransaction(deps.systemDb, async (tx) => {
    await lockSigningKeys(tx);
    const isNew = await activateRoot(tx, kid);
    if (isNew) await auditRoot(tx, { action: 'root.activate', kid });
  });
  deps.reached('root:activated');
  deps.log.info({ kid }, 'Another version of the root key signs');
}

/** Of two that come at once, one certifies. Without an active root another step comes first. */
async function certify(deps: RotationDeps): Promise<void> {
  await inTransaction(deps.systemDb, async (tx) => {
    await lockSigningKeys(tx);
    const active = (await listRoots(tx)).find(({ state }) => state === 'active');
    if (active === undefined || (await certifiedBy(tx)) === active.kid) return;
    await renewDelegate({ ...deps, systemDb: tx }, { isForced: true });
  });
  deps.reached('root:delegate-certified');
}

/** Whose the newest delegate is. Of one that was revoked an older one is no replacement: it may have leaked too. */
async function certifiedBy(db: Database): Promise<string | null> {
  const [delegate] = await listSigningDelegates(db, new Date());
  const newest = await findNewestDelegate(db);
  return delegate !== undefined && delegate.kid === newest?.kid ? delegate.rootKid : null;
}

function listedRoot(root: RootRecord, active: RootRecord): ListedRoot {
  const planned = () => firstUse(factsOf(root), factsOf(active));
  const firstUsed = root.activeAt?.getTime() ?? planned();
  return { ...rootJwk(root), not_before: Math.floor(firstUsed / 1_000) };
}

function factsOf({ kid, kmsVersion, state, activeAt, listedAt }: RootRecord): RootFacts {
  return {
    ...{ kid, state, version: numberOf(kmsVersion) },
    activeAt: activeAt?.getTime() ?? null,
    listedAt: listedAt?.getTime() ?? null,
  };
}

function numberOf(kmsVersion: string): number {
  return Number(kmsVersion.slice(kmsVersion.lastIndexOf('/') + 1));
}

async function auditRoot(
  tx: Database,
  { action, kid }: { action: 'root.publish' | 'root.activate'; kid: string },
): Promise<void> {
  await insertAuditEntry(tx, {
    ...{ id: newId('aud'), tenantId: null, action, subjectId: kid },
    actor: { kind: 'system', id: 'signing' },
    detail: {},
    requestId: null,
  });
}
