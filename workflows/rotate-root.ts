import {
  condition,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { TrustActivities } from '../activities/trust.ts';
import { nextRotationStep, type RotationStep } from '../domain/root-rotation.ts';
import { changedSignal, type ChangedSignal } from './contract.ts';

const changed = defineSignal<[ChangedSignal]>(changedSignal);

const activities = proxyActivities<TrustActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/** Waits for KMS to make a key: a version of RSA takes seconds there, rarely minutes. */
const waits = { firstMs: 2_000, longestMs: 300_000, max: 20 };

/**
 * Keeps one root that signs and a next one that clients know: looks at the facts, takes the step that
 * `domain/root-rotation.ts` says is next, and looks again, until there is nothing to do. A Schedule starts
 * it every few hours, a message when a key was revoked. A run that dies leaves the rest to the next.
 *
 * It asks for one new version at most: should KMS fail to make it, the next run asks again.
 *
 * @returns the steps that it took.
 */
export async function rotateRoot(): Promise<{ steps: string[] }> {
  let isChanged = true;
  setHandler(changed, () => {
    isChanged = true;
  });
  const steps: string[] = [];
  while (isChanged) {
    isChanged = false;
    for (let step = await next(); step.step !== 'rest'; step = await next()) {
      const isAgain = step.step === 'create' && steps.includes('create');
      if (isAgain || countOf(steps, 'wait') >= waits.max) return { steps };
      if (step.step === 'wait') await condition(() => isChanged, waitMs(steps), { summary: 'key' });
      else await activities.takeRotationStep(step);
      steps.push(step.step);
    }
  }
  return { steps };
}

async function next(): Promise<RotationStep> {
  const facts = await activities.lookAtRoots();
  if (facts === null) return { step: 'rest', until: null };
  const step = nextRotationStep(facts, Date.now());
  setCurrentDetails(describe(step));
  return step;
}

function describe(step: RotationStep): string {
  if (step.step !== 'rest') return `Next: ${step.step}.`;
  return step.until === null ? 'Rests.' : `Rests until ${new Date(step.until).toISOString()}.`;
}

function waitMs(steps: readonly string[]): number {
  return Math.min(waits.firstMs * 2 ** countOf(steps, 'wait'), waits.longestMs);
}

function countOf(steps: readonly string[], wanted: string): number {
  return steps.filter((step) => step === wanted).length;
}
