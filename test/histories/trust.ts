import type { Client } from '@temporalio/client';
import { Worker, type NativeConnection, type WorkflowBundleOption } from '@temporalio/worker';
import type { TrustActivities } from '../../activities/trust.ts';
import type { RootFacts, RotationAct, RotationFacts } from '../../domain/root-rotation.ts';
import { trustStartOptions } from '../../workers/trust-start.ts';
import { changedSignal, type TrustMessage } from '../../workflows/contract.ts';

/** Where the lives of the workflows of keys are recorded. */
export interface TrustStage {
  client: Client;
  connection: NativeConnection;
  bundle: WorkflowBundleOption;
  /** Saves the newest run of a workflow under a name. */
  save: (workflowId: string, name: string) => Promise<void>;
}

const day = 86_400_000;

/** Every kind of life of `publishRevocations` and `rotateRoot`, on keys that are only played. */
export async function recordTrust(stage: TrustStage): Promise<void> {
  const play = { keys: playKeys(), onList: () => Promise.resolve(), seq: 0 };
  const activities: TrustActivities = {
    lookAtRoots: () => Promise.resolve(play.keys.facts()),
    takeRotationStep: (step) => {
      play.keys.take(step);
      return Promise.resolve();
    },
    async publishRevocations() {
      await play.onList();
      play.seq += 1;
      return { seq: play.seq, isNew: true };
    },
  };
  const { client, connection, bundle } = stage;
  const taskQueue = 'recording-trust';
  const worker = await Worker.create({ connection, taskQueue, workflowBundle: bundle, activities });
  const record = async (type: TrustMessage['workflowType'], name: string) => {
    const options = trustStartOptions(type, taskQueue);
    const signal = { signal: changedSignal, signalArgs: [{ eventId: 'evt_1' }] };
    const handle = await client.workflow.signalWithStart(type, { ...options, ...signal });
    await handle.result();
    await stage.save(options.workflowId, name);
  };
  await worker.runUntil(async () => {
    await record('rotateRoot', 'quarter');
    await record('rotateRoot', 'nothing-due');
    play.keys.revokeActive();
    await record('rotateRoot', 'revoked');
    await record('publishRevocations', 'published');
    let isFirst = true;
    play.onList = async () => {
      const handle = client.workflow.getHandle('publish-revocations');
      if (isFirst) await handle.signal(changedSignal, { eventId: 'evt_2' });
      isFirst = false;
    };
    await record('publishRevocations', 'changed-meanwhile');
  });
}

/** A root that has signed for a quarter, and a KMS that makes a key while one looks twice. */
function playKeys() {
  let facts: RotationFacts = {
    roots: [root(1, 'active'), root(2, 'published')],
    versions: [enabled(1), enabled(2)],
    certifiedBy: 'root-1',
  };
  const changeRoots = (change: (one: RootFacts) => RootFacts) => {
    facts = { ...facts, roots: facts.roots.map(change) };
  };
  const isActive = ({ state }: RootFacts) => state === 'active';
  return {
    facts(): RotationFacts {
      const seen = facts;
      const versions = facts.versions.map(({ version }) => enabled(version));
      facts = { ...facts, versions };
      return seen;
    },
    revokeActive() {
      changeRoots((one) => (isActive(one) ? { ...one, state: 'revoked' } : one));
    },
    take(act: RotationAct): void {
      switch (act.step) {
        case 'activate':
          changeRoots((one) => (isActive(one) ? { ...one, state: 'retired' } : one));
          changeRoots((one) =>
            one.kid === act.kid ? { ...one, state: 'active', activeAt: Date.now() } : one,
          );
          return;
        case 'certify':
          facts = { ...facts, certifiedBy: facts.roots.find(isActive)?.kid ?? null };
          return;
        case 'create': {
          const version = facts.versions.length + 1;
          const pending = { version, state: 'PENDING_GENERATION' };
          facts = { ...facts, versions: [...facts.versions, pending] };
          return;
        }
        case 'publish': {
          const next = { ...root(act.version, 'published'), listedAt: null };
          facts = { ...facts, roots: [...facts.roots, next] };
          return;
        }
        case 'list':
          changeRoots((one) => ({ ...one, listedAt: one.listedAt ?? Date.now() }));
      }
    },
  };
}

function root(version: number, state: 'active' | 'published'): RootFacts {
  const before = Date.now() - 100 * day;
  const activeAt = state === 'active' ? before : null;
  return { kid: `root-${version}`, version, state, activeAt, listedAt: before };
}

function enabled(version: number) {
  return { version, state: 'ENABLED' };
}
