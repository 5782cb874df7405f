import {
  ActivityFailure,
  condition,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { TrustActivities } from '../activities/trust.ts';
import { nextRotationStep, type RotationAct, type RotationStep } from '../domain/root-rotation.ts';
import { changedSignal, type ChangedSignal } from './contract.ts';

const changed = defineSignal<[ChangedSignal]>(changedSignal);

const retry = { initialInterval: '1 second', maximumInterval: '1 minute' } as const;
const looking = proxyActivities<TrustActivities>({ startToCloseTimeout: '30 seconds', retry });
/** A few times only: what kept a step from being taken may be that another one is due by now. */
const acting = proxyActivities<TrustActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { ...retry, maximumAttempts: 3 },
});

/** Waits for KMS to make a key, or to sign again: a version of RSA takes seconds there, rarely minutes. */
const waits = { firstMs: 2_000, longestMs: 300_000, max: 20 };

/**
 * Keeps one root that signs and a next one that clients know: looks at the facts, takes the step that
 * `domain/root-rotation.ts` says is next, and looks again, until there is nothing to do. A Schedule starts
 * it every few hours, a message when a key was revoked. A run that dies leaves the rest to the next.
 *
 * It asks for one new version at most: should KMS fail to make it, the next run asks again. A step that
 * cannot be taken is given up after a few attempts: it waits, and looks at the facts anew.
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
      const isTaken = step.step !== 'wait' && (await take(step));
      if (!isTaken) await condition(() => isChanged, waitMs(steps), { summary: 'key' });
      steps.push(isTaken ? step.step : 'wait');
    }
  }
  return { steps };
}

async function next(): Promise<RotationStep> {
  const facts = await looking.lookAtRoots();
  if (facts === null) return { step: 'rest', until: null };
  const step = nextRotationStep(facts, Date.now());
  setCurrentDetails(describe(step));
  return step;
}

/** @returns false when it failed at every attempt. */
async function take(step: RotationAct): Promise<boolean> {
  try {
    await acting.takeRotationStep(step);
    return true;
  } catch (error) {
    const isGivenUp =
      error instanceof ActivityFailure && error.retryState === 'MAXIMUM_ATTEMPTS_REACHED';
    if (!isGivenUp) throw error;
    return false;
  }
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
