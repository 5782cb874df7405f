/**
 * Judges what a fleet saw. Pure: the same run always gives the same violations. In O(n log n), but for
 * refusals, each of which is held against everybody who may have been in its way.
 */
import { checkAgreement } from './agreement.ts';
import { checkAnswers } from './answers.ts';
import { checkDenials } from './denials.ts';
import { checkEnds, checkStops, checkTenants } from './ends.ts';
import { checkFences, checkQueueOrder } from './order.ts';
import { checkOffline } from './offline.ts';
import { checkLimit, checkOneSeatEach, checkRecords } from './seats.ts';
import { tell, type Run, type Violation } from './story.ts';
import { checkWork } from './work.ts';

const checks = [
  checkLimit,
  checkRecords,
  checkOffline,
  checkEnds,
  checkOneSeatEach,
  checkFences,
  checkDenials,
  checkAnswers,
  checkQueueOrder,
  checkTenants,
  checkStops,
  checkWork,
  checkAgreement,
];

/** Every promise that the run shows broken, in the order of time; wrong denials are `denial` and `I6`. */
export function check(run: Run): Violation[] {
  const story = tell(run);
  return checks.flatMap((checkOne) => checkOne(story)).toSorted((one, other) => one.at - other.at);
}

/** Whether a violation is a conclusive no whose cause the ledger lacks. */
export function isWrongDenial({ rule }: Violation): boolean {
  return rule === 'denial' || rule === 'I6';
}
