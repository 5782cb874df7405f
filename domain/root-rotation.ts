/**
 * How versions of the root key follow each other: what to do next, from the facts alone.
 *
 * A version is made in Cloud KMS and then `published`: clients may learn of it, nothing is signed with it
 * yet. It becomes `active` when the one before has signed for a quarter, and not before clients have had
 * the longest time that they may be offline to learn of it; the one before is `retired` then, and what it
 * signed stays good. A published version always waits behind the active one. It takes over at once when
 * that one is `revoked`, or when KMS would not sign with it any more, for then every day counts more than
 * the clients that have not heard of it yet.
 *
 * Each step may be taken twice, and a process may die after any of them: whoever looks again finds
 * the next one.
 */
const dayMs = 86_400_000;

/** How long a version signs. */
export const rotateAfterMs = 90 * dayMs;
/** How long clients can learn of a version before it signs: the longest grace, and a day. */
export const overlapMs = 8 * dayMs;

export type RootState = 'published' | 'active' | 'retired' | 'revoked';

/** A version of the root that was published. Instants in unix milliseconds. */
export interface RootFacts {
  readonly kid: string;
  /** The number of the version in KMS. */
  readonly version: number;
  readonly state: RootState;
  readonly activeAt: number | null;
  /** When the first signed list named it. */
  readonly listedAt: number | null;
}

export interface RotationFacts {
  /** The oldest first. */
  readonly roots: readonly RootFacts[];
  /** All versions in KMS, in its words for their states, the oldest first. */
  readonly versions: readonly { readonly version: number; readonly state: string }[];
  /** Which root certified the newest delegate; null: there is none, or it may not sign. */
  readonly certifiedBy: string | null;
}

/**
 * - `activate` the version signs from now on, and the one before is retired
 * - `certify` the delegate's certificate is to be the active version's
 * - `list` the active version signs a list of all
 * - `publish` KMS has made the version: it is the next one
 * - `create` KMS is asked for another version
 * - `wait` KMS is making it
 * - `rest` there is nothing to do before that instant; null: before something changes
 */
export type RotationStep =
  | RotationAct
  | { readonly step: 'wait' }
  | { readonly step: 'rest'; readonly until: number | null };

/** A step that changes something. */
export type RotationAct =
  | { readonly step: 'activate'; readonly kid: string }
  | { readonly step: 'certify' | 'list' | 'create' }
  | { readonly step: 'publish'; readonly version: number };

/** The next step. Following it until it is `rest` leaves nothing undone. */
export function nextRotationStep(facts: RotationFacts, now: number): RotationStep {
  const { roots, certifiedBy } = facts;
  const active = usableRoot(facts, 'active');
  const next = usableRoot(facts, 'published');
  if (active === null) {
    // The root of the first start is made with the first delegate.
    return next === null ? makeNext(facts) : { step: 'activate', kid: next.kid };
  }
  if (certifiedBy !== active.kid) return { step: 'certify' };
  if (roots.some(({ state, listedAt }) => state !== 'revoked' && listedAt === null)) {
    return { step: 'list' };
  }
  if (next === null) return makeNext(facts);
  const at = firstUse(next, active);
  return now < at ? { step: 'rest', until: at } : { step: 'activate', kid: next.kid };
}

/** When a published version is meant to sign first. */
export function firstUse(next: RootFacts, active: RootFacts): number {
  return Math.max((active.activeAt ?? 0) + rotateAfterMs, (next.listedAt ?? 0) + overlapMs);
}

/**
 * Which root signs the next revocation list: one that is newer than all that it revokes, since clients
 * take no other. Null: such a root is not there yet.
 */
export function revocationSigner<Root extends Pick<RootFacts, 'state'>>(
  roots: readonly Root[],
): Root | null {
  const newer = roots.slice(roots.findLastIndex(({ state }) => state === 'revoked') + 1);
  const inState = (wanted: RootState) => newer.find(({ state }) => state === wanted);
  return inState('active') ?? inState('published') ?? null;
}

/** The oldest root in that state that KMS signs with. None is the next one that is older than the present. */
function usableRoot({ roots, versions }: RotationFacts, wanted: RootState): RootFacts | null {
  const used = roots.filter(({ activeAt }) => activeAt !== null).map(({ version }) => version);
  const newestUsed = Math.max(0, ...used);
  const enabled = new Set(
    versions.filter(({ state }) => state === 'ENABLED').map(({ version }) => version),
  );
  const isUsable = ({ state, version }: RootFacts) =>
    state === wanted && enabled.has(version) && (state !== 'published' || version > newestUsed);
  return roots.find(isUsable) ?? null;
}

/** A version that is neither enabled nor pending will not be either: another one is made. */
function makeNext({ roots, versions }: RotationFacts): RotationStep {
  const newest = Math.max(0, ...roots.map(({ version }) => version));
  const unknown = versions.filter(({ version }) => version > newest);
  const made = unknown.find(({ state }) => state === 'ENABLED');
  if (made !== undefined) return { step: 'publish', version: made.version };
  return unknown.some(({ state }) => state === 'PENDING_GENERATION')
    ? { step: 'wait' }
    : { step: 'create' };
}
