/**
 * The steps of services and activities that have more than one effect, and the points between those
 * effects. Each is taken as its door takes it: through HTTP, as an activity, as a sweep.
 */
import { createSessionActivities } from '../../activities/sessions.ts';
import { raiseConfigVersion } from '../../data/pools.ts';
import { withTenant } from '../../data/tenant.ts';
import { acquireSession } from '../../services/acquire-session.ts';
import type { SessionRef } from '../../services/check-lease.ts';
import type { StepPoint } from '../../services/deps.ts';
import { reconcilePools } from '../../services/reconcile-pools.ts';
import type { Answer } from '../support/api.ts';
import {
  acquire,
  acquireMany,
  afterLeaseLapses,
  forceRelease,
  givenNoRightsLeft,
  heartbeat,
  release,
  tryAcquire,
  tryHeartbeat,
  tryRelease,
  tryShow,
  type GivenLicense,
  type GivenSession,
} from '../support/given.ts';
import { askCheckOut, tryCheckIn, type CheckOutAnswer } from '../support/check-outs.ts';
import { afterSettling, seatWithoutRow } from './disagreements.ts';

/** How a step came out: an answer of the API, or, of what has no answer, whether it threw. */
export type Outcome = Pick<Answer, 'status' | 'text'>;

export interface Step {
  name: string;
  points: readonly StepPoint[];
  /** Seats of the license when the step is done; as many as every test gives it unless it changes them. */
  seatsAfter?: number;
  /** The step ends sessions as their own workflow does, which needs not be told. */
  endsAsWorkflow?: boolean;
  /** It repairs what no step of ours leaves behind, so only itself does. */
  isRepair?: boolean;
  /** The status of the step when it is taken again after a crash; below 300 unless given. */
  again?: number;
  /** Brings the license where the step can be taken, and says how to take it, as often as one likes. */
  prepare: (license: GivenLicense) => Promise<() => Promise<Outcome>>;
}

/** The seats of each license. */
export const seats = 2;

const acquiring = [
  ...(['acquire:granted-in-redis', 'acquire:recorded', 'acquire:acknowledged'] as const),
] satisfies StepPoint[];
const undoing = ['acquire:not-recorded', 'undo:left-in-redis', 'acquire:undone'] as const;
const releasing = ['release:left-in-redis', 'release:ended-in-ledger'] as const;
const settling = ['settle:dropped-in-redis', 'settle:ended-in-ledger'] as const;
const restoring = ['restore:epoch-raised', 'restore:first-chunk'] as const;

export const steps: readonly Step[] = [
  {
    name: 'granting a free seat',
    points: acquiring,
    async prepare(license) {
      await acquire(license);
      return () => tryAcquire(license, { instance: 'i' });
    },
  },
  {
    name: 'granting the seat of somebody who lapsed',
    points: acquiring,
    async prepare(license) {
      await fillAndLapseOne(license);
      return () => tryAcquire(license, { instance: 'i' });
    },
  },
  {
    name: 'queueing',
    points: acquiring,
    async prepare(license) {
      await acquireMany(license, seats);
      return () => tryAcquire(license, { instance: 'i', wait: true });
    },
  },
  {
    name: 'taking an offer',
    points: acquiring,
    async prepare(license) {
      const first = await fill(license);
      await acquire(license, { instance: 'i', wait: true });
      await release(first);
      return () => tryAcquire(license, { instance: 'i' });
    },
  },
  {
    name: 'attaching another process',
    points: acquiring,
    async prepare(license) {
      await acquire(license, { instance: 'i', holderId: 'p1' });
      return () => tryAcquire(license, { instance: 'i', holderId: 'p2' });
    },
  },
  {
    name: 'gaining offline rights with a beat',
    points: ['heartbeat:rights-offered', 'heartbeat:rights-recorded'],
    async prepare(license) {
      await acquire(license);
      const makeRoom = await givenNoRightsLeft(license);
      const session = await acquire(license, { instance: 'i' });
      await makeRoom();
      return () => tryHeartbeat(session);
    },
  },
  {
    name: 'taking over a session of the same device',
    points: acquiring,
    async prepare(license) {
      const device = { fingerprint: 'mine' };
      await acquire(license);
      const old = await acquire(license, { device });
      return () => tryAcquire(license, { instance: 'i', device, takeover: old.id });
    },
  },
  {
    name: 'undoing an attachment to a session that has ended',
    points: ['acquire:not-recorded', 'acquire:undone'],
    endsAsWorkflow: true,
    async prepare(license) {
      const session = await acquire(license, { instance: 'i' });
      await createSessionActivities(license.api.deps).forceEnd(refOf(session));
      return () => tryAcquire(license, { instance: 'i' });
    },
  },
  {
    name: 'undoing a grant whose license changed meanwhile',
    points: undoing,
    async prepare(license) {
      await acquire(license);
      return () => acquireWhileItChanges(license, { wait: false });
    },
  },
  {
    name: 'undoing a place in the queue whose license changed meanwhile',
    points: undoing,
    async prepare(license) {
      await acquireMany(license, seats);
      return () => acquireWhileItChanges(license, { wait: true });
    },
  },
  {
    name: 'undoing an attachment whose license changed meanwhile',
    points: undoing,
    async prepare(license) {
      await acquire(license, { instance: 'i', holderId: 'p1' });
      return () => acquireWhileItChanges(license, { wait: false, holderId: 'p2' });
    },
  },
  {
    name: 'beating',
    points: ['heartbeat:renewed'],
    async prepare(license) {
      const session = await acquire(license);
      return () => tryHeartbeat(session);
    },
  },
  {
    name: 'releasing',
    points: releasing,
    async prepare(license) {
      const session = await acquire(license);
      return () => tryRelease(session);
    },
  },
  {
    name: 'releasing while others wait',
    points: releasing,
    async prepare(license) {
      const first = await fill(license);
      await acquire(license, { wait: true });
      return () => tryRelease(first);
    },
  },
  {
    name: 'releasing after somebody else lapsed',
    points: [...settling, ...releasing],
    async prepare(license) {
      const [lapsed, session] = await fillAndLapseOne(license);
      if (session === lapsed) throw new Error('One session is not two');
      return () => tryRelease(session);
    },
  },
  {
    name: 'forcing a release',
    points: ['force-release:ended-in-ledger'],
    async prepare(license) {
      const session = await acquire(license);
      return () => forceRelease(session);
    },
  },
  {
    name: 'forcing a release after somebody else lapsed',
    points: ['force-release:ended-in-ledger', ...settling],
    async prepare(license) {
      const [, session] = await fillAndLapseOne(license);
      return () => forceRelease(session);
    },
  },
  {
    name: 'settling what a look at the queue dropped',
    points: settling,
    async prepare(license) {
      const first = await fill(license);
      const waiter = await acquire(license, { wait: true });
      await afterLeaseLapses(first);
      return () => tryShow(waiter);
    },
  },
  {
    name: 'settling what a refused request dropped',
    points: settling,
    again: 409,
    async prepare(license) {
      const first = await fill(license);
      await acquire(license, { wait: true });
      await afterLeaseLapses(first);
      return () => tryAcquire(license, { instance: 'i' });
    },
  },
  {
    name: 'restoring',
    points: restoring,
    async prepare(license) {
      await acquire(license);
      await acquire(license, { instance: 'i' });
      await license.api.redis.flush();
      return () => tryAcquire(license, { instance: 'i' });
    },
  },
  {
    name: 'changing the seats',
    points: ['license:applied'],
    seatsAfter: 1,
    async prepare(license) {
      await acquireMany(license, seats);
      return () => patchSeats(license, 1);
    },
  },
  {
    name: 'changing the seats after somebody lapsed',
    points: ['license:applied', ...settling],
    seatsAfter: 1,
    async prepare(license) {
      await fillAndLapseOne(license);
      return () => patchSeats(license, 1);
    },
  },
  {
    name: 'checking a license file out',
    points: ['check-out:recorded'],
    seatsAfter: 1,
    async prepare(license) {
      await acquire(license, { instance: 'i' });
      return () => askCheckOut(license);
    },
  },
  {
    name: 'checking a license file in',
    points: ['check-in:recorded'],
    async prepare(license) {
      await acquire(license, { instance: 'i' });
      const { body } = await askCheckOut(license);
      const { id } = (body as CheckOutAnswer).checkOut;
      return () => tryCheckIn(license, id);
    },
  },
  {
    name: 'suspending',
    points: ['license:applied'],
    async prepare(license) {
      await acquireMany(license, seats);
      const path = `/v1/licenses/${license.licenseId}/suspend`;
      return () => license.api.asOperator('POST', path, { body: { reason: 'x' } });
    },
  },
  {
    name: 'issuing another license under a key',
    points: ['idempotency:answer-kept'],
    prepare({ api, tenantId, productId, planId }) {
      const body = { productId, planId, seats };
      const headers = { 'idempotency-key': `license-of-${tenantId}` };
      const how = { tenantId, body, headers };
      return Promise.resolve(() => api.asOperator('POST', '/v1/licenses', how));
    },
  },
  {
    name: 'lapsing a lease, as its workflow does',
    endsAsWorkflow: true,
    points: [...settling, 'lapse:settled'],
    async prepare(license) {
      const [lapsed] = await fillAndLapseOne(license);
      const { lapseLease } = createSessionActivities(license.api.deps);
      return () => outcomeOf(lapseLease(refOf(lapsed)));
    },
  },
  {
    name: 'lapsing a lease of a pool that is gone, as its workflow does',
    endsAsWorkflow: true,
    points: restoring,
    async prepare(license) {
      const session = await acquire(license);
      await license.api.redis.flush();
      const { lapseLease } = createSessionActivities(license.api.deps);
      return () => outcomeOf(lapseLease(refOf(session)));
    },
  },
  {
    name: 'confirming a release that died half-way, as its workflow does',
    endsAsWorkflow: true,
    points: settling,
    async prepare(license) {
      const [, session] = await fillAndLapseOne(license);
      const { forceEnd, confirmRelease } = createSessionActivities(license.api.deps);
      await forceEnd(refOf(session));
      return () => outcomeOf(confirmRelease({ ...refOf(session), reason: 'forced' }));
    },
  },
  {
    name: 'confirming a release in a pool that is gone, as its workflow does',
    endsAsWorkflow: true,
    points: restoring,
    async prepare(license) {
      const session = await acquire(license);
      const { forceEnd, confirmRelease } = createSessionActivities(license.api.deps);
      await forceEnd(refOf(session));
      await license.api.redis.flush();
      return () => outcomeOf(confirmRelease({ ...refOf(session), reason: 'forced' }));
    },
  },
  {
    name: 'sweeping what lapsed, what has no seat and what has no row',
    isRepair: true,
    points: [...settling, 'sweep:rows-ended', 'sweep:strangers-dropped'],
    async prepare(license) {
      const session = await acquire(license);
      const { id: sessionId, instanceKey } = session;
      const rest = { holderId: null, mode: 'free', reason: 'released' } as const;
      await license.api.deps.seats.releaseSeat(license, { sessionId, instanceKey, ...rest });
      await afterLeaseLapses(await acquire(license));
      await seatWithoutRow(license);
      await afterSettling(license);
      return () => outcomeOf(sweep(license));
    },
  },
  {
    name: 'sweeping a pool that is gone',
    points: restoring,
    async prepare(license) {
      await heartbeat(await acquire(license));
      await license.api.redis.flush();
      return () => outcomeOf(sweep(license));
    },
  },
];

/** The license changes between the script and the record of the first attempt, so that it is undone. */
function acquireWhileItChanges(
  { api, tenantId, licenseId, product }: GivenLicense,
  options: { wait: boolean; holderId?: string },
): Promise<Outcome> {
  const { seats: scripts, systemDb } = api.deps;
  let isFirst = true;
  const acquireSeat: typeof scripts.acquireSeat = async (...call) => {
    const reply = await scripts.acquireSeat(...call);
    if (isFirst) {
      isFirst = false;
      await withTenant(systemDb, tenantId, (tx) => raiseConfigVersion(tx, { tenantId, licenseId }));
    }
    return reply;
  };
  const deps = { ...api.deps, seats: { ...scripts, acquireSeat } };
  const asking = acquireSession(deps, {
    ...{ tenantId, licenseId, product, instanceKey: 'i', holderId: 'main', version: '1' },
    ...{ usageType: 'builder', device: { fingerprint: 'i' }, metadata: {}, ...options },
  });
  return outcomeOf(asking);
}

/** A whole sweep over every pool there is. */
export async function sweep({ api }: GivenLicense): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  let cursor: string | null = null;
  do {
    const page = await reconcilePools(api.deps, { cursor, limit: 100 });
    for (const [kind, count] of Object.entries(page.found)) {
      found[kind] = (found[kind] ?? 0) + count;
    }
    cursor = page.cursor;
  } while (cursor !== null);
  return found;
}

/** What an activity does is tried again as long as it throws. */
function outcomeOf(work: Promise<unknown>): Promise<Outcome> {
  return work.then(
    () => ({ status: 200, text: '' }),
    (error: unknown) => ({ status: 500, text: String(error) }),
  );
}

function refOf({ license, id, instanceKey }: GivenSession): SessionRef & { productId: string } {
  const { tenantId, licenseId, productId } = license;
  return { tenantId, licenseId, productId, sessionId: id, instanceKey };
}

/** Takes every seat. @returns one of the sessions. */
async function fill(license: GivenLicense): Promise<GivenSession> {
  const [first] = await acquireMany(license, seats);
  if (first === undefined) throw new Error('No seat');
  return first;
}

/** Takes every seat and lets one lapse. @returns that session, and another. */
async function fillAndLapseOne(license: GivenLicense): Promise<[GivenSession, GivenSession]> {
  const [first, second] = await acquireMany(license, seats);
  if (first === undefined || second === undefined) throw new Error('No seats');
  await afterLeaseLapses(first);
  return [first, second];
}

function patchSeats({ api, licenseId }: GivenLicense, count: number): Promise<Answer> {
  return api.asOperator('PATCH', `/v1/licenses/${licenseId}`, { body: { seats: count } });
}
