/** Where a story is told: the services in this process, with a history of what their callers hear. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { ApiDeps } from '../../api/deps.ts';
import { LicensingError } from '../../domain/errors.ts';
import { acquireSession, type AcquireInput } from '../../services/acquire-session.ts';
import { changeLicense } from '../../services/apply-license.ts';
import { changeTerms } from '../../services/license-changes.ts';
import { loadSession } from '../../services/load-session.ts';
import { releaseSession } from '../../services/release-session.ts';
import { renewSession } from '../../services/renew-session.ts';
import type { Run } from './check/story.ts';
import { readState } from './final-state.ts';
import { createRecorder, monotonicMs, wallToMonotonicMs, type HistoryEvent } from './history.ts';
import { policy, vendor, type SoldLicense } from './shop.ts';
import { takeOut } from './take-out.ts';
import { readToken } from './token.ts';

export interface StagePlan {
  deps: ApiDeps;
  store: Redis;
  license: SoldLicense;
  seats: number;
  databaseUrl: string;
}

/** How a deed is to go. */
interface Turn {
  /** The services that carry it out; those of the stage unless given. */
  by?: ApiDeps;
  /** false: the caller gives up before the answer. */
  isHeard?: boolean;
  /** When the lease is said to end, on the history's clock. */
  leaseUntil?: () => number;
}

type Heard = Partial<HistoryEvent> & Pick<HistoryEvent, 'phase'>;

export type Stage = ReturnType<typeof openStage>;

export function openStage({ deps, store, license, seats, databaseUrl }: StagePlan) {
  const recorder = createRecorder();
  const wallOffsetMs = wallToMonotonicMs();
  const held = new Map<string, string>();
  const { tenantId, licenseId } = license;
  let ops = 0;

  async function record(
    about: Pick<HistoryEvent, 'deed' | 'instance'> & Partial<HistoryEvent>,
    act: () => Promise<Heard>,
    isHeard = true,
  ): Promise<Heard> {
    const event = { client: about.instance, op: (ops += 1), licenseId, ...about };
    recorder.append({ ...event, at: monotonicMs(), phase: 'invoke' });
    const heard = await act().catch(faultOf);
    const told: Heard = isHeard ? heard : { phase: 'info', code: 'unreachable' };
    recorder.append({ ...event, ...told, at: monotonicMs() });
    return told;
  }

  /** @returns the session that the caller was told of, or ''. */
  async function take(instance: string, turn: Turn = {}): Promise<string> {
    const act = async (): Promise<Heard> => {
      const outcome = await acquireSession(turn.by ?? deps, wishOf(license, instance));
      if (outcome.kind === 'denied') return { phase: 'fail', code: outcome.denial.code };
      if (outcome.kind === 'refused') return { phase: 'fail', code: outcome.refusal.code };
      const { tenure, lease } = outcome;
      if (tenure.word === 'QUEUED') throw new Error('Nobody waits in a story');
      const { sessionId: session, fence, leaseUntil: until } = tenure;
      const leaseUntil = turn.leaseUntil?.() ?? until + wallOffsetMs;
      const grant = tenure.word === 'GRANTED' ? { isGrant: true } : {};
      const offline = readToken(lease?.leaseToken, wallOffsetMs);
      return { phase: 'ok', status: 'active', session, fence, leaseUntil, ...grant, ...offline };
    };
    const asking = { deed: 'acquire', instance, device: instance } as const;
    const { session = '' } = await record(asking, act, turn.isHeard);
    if (session !== '') held.set(session, instance);
    return session;
  }

  async function beat(session: string): Promise<void> {
    const { instance, claims } = holderOf(session);
    await record({ deed: 'renew', instance, session }, async () => {
      const { seat: reply, lease } = await renewSession(deps, claims);
      if (reply.word === 'ENDED') {
        return { phase: 'fail', code: 'session_ended', reason: reply.reason };
      }
      if (reply.word !== 'RENEWED') throw new Error('Nobody waits in a story');
      const leaseUntil = reply.leaseUntil + wallOffsetMs;
      const offline = readToken(lease?.leaseToken, wallOffsetMs);
      return { phase: 'ok', status: 'active', leaseUntil, ...offline };
    });
  }

  async function look(session: string): Promise<void> {
    const { instance, claims } = holderOf(session);
    await record({ deed: 'look', instance, session }, async () => {
      const reason = (await loadSession(deps, claims))?.endReason ?? null;
      return { phase: 'ok', ...(reason === null ? {} : { status: 'ended', reason }) };
    });
  }

  async function release(session: string, { by = deps }: Turn = {}): Promise<void> {
    const { instance, claims } = holderOf(session);
    held.delete(session);
    await record({ deed: 'release', instance, session }, async () => {
      await releaseSession(by, claims);
      return { phase: 'ok' };
    });
  }

  /** Takes a seat out with a license file for the device. */
  async function travel(device: string): Promise<void> {
    await record({ deed: 'check-out', instance: device, device }, async () => {
      const taken = await takeOut(deps, license, device);
      if ('code' in taken) return { phase: 'fail', code: taken.code };
      return { phase: 'ok', file: taken.file, offlineUntil: taken.until + wallOffsetMs };
    });
  }

  /** Sells the license anew with so many seats. */
  async function sell(seats: number, { by = deps }: Turn = {}): Promise<void> {
    await record({ deed: 'seats', instance: '', seats }, async () => {
      await changeLicense(
        by,
        vendor,
        { tenantId, licenseId },
        { ...changeTerms({ seats }), action: 'Story' },
      );
      return { phase: 'ok' };
    });
  }

  function holderOf(sessionId: string) {
    const instanceKey = held.get(sessionId) ?? '';
    return {
      instance: instanceKey,
      claims: { ...license, sessionId, instanceKey, holderId: 'main' },
    };
  }

  /** Everybody gives back what they were told of. */
  async function end(): Promise<Run> {
    await moment();
    for (const session of [...held.keys()]) await release(session);
    const redis = { primary: () => ({ store }) };
    const sites = [{ ...license, seats, offlineAllowance: 0 }];
    const state = await readState({ databaseUrl, redis, sites, wallOffsetMs });
    // There is no worker that would tell a workflow.
    return { ...state, ...figures, undelivered: 0, events: recorder.events() };
  }

  return { deps, store, license, take, beat, look, release, sell, travel, end };
}

/** Long enough for the clocks of the stores to tell what comes after from what came before. */
export function moment(): Promise<void> {
  return delay(20);
}

const figures = {
  leaseMs: policy.leaseSeconds * 1_000,
  livenessMs: (policy.queue?.livenessSeconds ?? 0) * 1_000,
  offerMs: (policy.queue?.offerSeconds ?? 0) * 1_000,
  queueWaitMs: (policy.queue?.waitMaxSeconds ?? 0) * 1_000,
  machineMs: 0,
};

function wishOf(license: SoldLicense, instanceKey: string): AcquireInput {
  return {
    ...{ ...license, instanceKey, holderId: 'main', wait: false, usageType: 'builder' },
    ...{ version: '1', device: { fingerprint: instanceKey }, metadata: {} },
  };
}

/** What a caller hears of an error. */
function faultOf(error: unknown): Heard {
  if (error instanceof LicensingError) return { phase: 'info', code: error.code };
  console.error(error);
  return { phase: 'info', code: 'internal' };
}
