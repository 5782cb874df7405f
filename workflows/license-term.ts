import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  isCancellation,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';
import type { LicenseActivities } from '../activities/licenses.ts';
import {
  licenseSignals,
  stateQuery,
  type CheckOutRequestedSignal,
  type FactsChangedSignal,
  type LicenseTermInput,
  type LicenseTermProgress,
  type LicenseTermResult,
} from './contract.ts';
import { FollowedTerm } from './followed-term.ts';
import { isHistoryLong } from './long-history.ts';

const factsChanged = defineSignal<[FactsChangedSignal]>(licenseSignals.factsChanged);
const checkOutRequested = defineSignal<[CheckOutRequestedSignal]>(licenseSignals.checkOutRequested);
const state = defineQuery<LicenseTermProgress>(stateQuery);

const activities = proxyActivities<LicenseActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '15 seconds' },
  // Each of them may run again, so a cancelled one need not be waited for.
  cancellationType: 'TRY_CANCEL',
});

/**
 * What a license owes while it has license files: each is signed, however long the signing key is away;
 * those that are over give back their device's seat; a revoked license ends them all. It completes when
 * nothing of that is left, at once for a license without files, and lives again with the next message.
 *
 * Signing waits for Cloud KMS and so goes on beside everything else: news of the license is taken in, and
 * seats are given back, while a file waits. Cancelling the workflow harms nothing that its next run would
 * not repair.
 */
export async function licenseTerm(input: LicenseTermInput): Promise<LicenseTermResult> {
  const term = new FollowedTerm(input);
  setHandler(factsChanged, () => term.hear());
  setHandler(checkOutRequested, () => term.hear());
  setHandler(state, () => term.progress);
  for (;;) {
    await readFacts(term);
    signFiles(term);
    if (term.isSettled()) return { status: term.progress.status };
    await untilNews(term);
    if (isHistoryLong()) await continueInNewRun(term, input);
  }
}

async function readFacts(term: FollowedTerm): Promise<void> {
  term.beginReading();
  term.learn(await activities.loadFacts(term.ref));
}

/** Sets out to sign whatever waits for it and is not being signed yet. */
function signFiles(term: FollowedTerm): void {
  for (const checkOutId of term.unsigned()) void signFile(term, checkOutId);
}

async function signFile(term: FollowedTerm, checkOutId: string): Promise<void> {
  term.beginSigning(checkOutId);
  try {
    await activities.signLicenseFile({ ...term.ref, checkOutId });
  } catch (error) {
    if (!isCancellation(error)) throw error;
  } finally {
    term.endSigning(checkOutId);
  }
}

/** Waits for a message, for a signature, for the next file's end, or until the history has grown long. */
async function untilNews(term: FollowedTerm): Promise<void> {
  await term.deadline.reached(() => term.hasNews || isHistoryLong());
}

/** What is being signed is signed anew by the new run, unless it was finished. */
async function continueInNewRun(term: FollowedTerm, input: LicenseTermInput): Promise<void> {
  await condition(allHandlersFinished);
  const { progress } = term;
  await continueAsNew<typeof licenseTerm>({ ...input, status: progress.status, carried: progress });
}
