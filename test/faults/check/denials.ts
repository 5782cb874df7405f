/**
 * I6 and wrong denials: for each conclusive no, whether the ledger has its cause. Whatever is not known
 * for certain (deeds without an answer, faults that were going on) speaks for the server.
 */
import { causesOf, type Causes } from './causes.ts';
import { crowdOf, type Crowd } from './crowd.ts';
import { touches } from './periods.ts';
import { suspendedPeriods } from './settings.ts';
import type { Op, Period, Story, Violation } from './story.ts';

/** What is known of a pool when its refusals are judged. */
interface Grounds {
  crowd: Crowd;
  suspended: readonly Period[];
}

/** Every no of the whole history. */
export function checkDenials(story: Story): Violation[] {
  const grounds = new Map(
    story.pools.map(({ licenseId }): [string, Grounds] => [
      licenseId,
      { crowd: crowdOf(story, licenseId), suspended: suspendedPeriods(story, licenseId) },
    ]),
  );
  const causes = causesOf(story, (op) => grounds.get(op.licenseId)?.crowd.keptOut(op) ?? true);
  return story.ended.flatMap((op) => {
    if (op.outcome !== 'fail' && op.status !== 'ended') return [];
    return judge(op, grounds.get(op.licenseId), causes);
  });
}

function judge(op: Op, grounds: Grounds | undefined, causes: Causes): Violation[] {
  const code = op.code ?? 'session_ended';
  // Rights that are out may leave no room for a file, too; which those are only the server knows for certain.
  if (op.deed === 'check-out' && code === 'no_seats_available') return [];
  switch (code) {
    case 'no_seats_available':
    case 'takeover_refused':
      if (grounds?.crowd.keptOut(op) !== true) {
        return [{ ...denial(op, 'while a seat was free and nobody waited'), rule: 'I6' }];
      }
      return denialsFor(
        op,
        code === 'takeover_refused' ? causes.ofRefusal(op) : causes.ofNoPlace(op),
      );
    case 'license_suspended': {
      const window = { from: op.invokedAt, to: op.doneAt };
      const isSuspended = grounds?.suspended.some((period) => touches(period, window)) === true;
      return denialsFor(op, isSuspended ? null : 'although nobody suspended the license');
    }
    case 'session_ended':
      return denialsFor(op, causes.ofEnd(op));
    default:
      return denialsFor(op, 'which nothing explains');
  }
}

function denialsFor(op: Op, fault: string | null): Violation[] {
  return fault === null ? [] : [denial(op, fault)];
}

function denial({ doneAt, client, deed, code, reason, session }: Op, why: string): Violation {
  const word = [code ?? 'session_ended', reason].filter((part) => part !== undefined).join(' ');
  const text = `${client} was told ${word} to ${deed} ${session ?? 'a seat'} ${why}`;
  return { rule: 'denial', at: doneAt, text };
}
