import { isDisturbed, type Story, type Violation } from './story.ts';

/** What was broken may need this long until everything answers again. */
const recoveryMs = 15_000;

/** Faults of the server's that a client may hear while something is broken, and refusals that nobody signed. */
const excusable: ReadonlySet<string> = new Set(['unavailable', 'restoring', 'unproven']);
/** Faults that nothing excuses: the server did not foresee them, or it signed what does not verify. */
const odd: ReadonlySet<string> = new Set(['internal', 'tampered']);

/**
 * A fault that nothing explains: one that the server did not foresee, whenever it is; one that it did,
 * while nothing is broken and nothing was for a while. What a server says of a place in the queue it does not
 * sign, so whoever waits may hear an end that is unproven.
 */
export function checkAnswers(story: Story): Violation[] {
  return story.ended.flatMap(({ client, deed, instance, outcome, code = '', ...op }) => {
    if (outcome !== 'info' || (code === 'unproven' && op.wait === true)) return [];
    const window = { from: op.invokedAt - recoveryMs, to: op.doneAt };
    const isOdd = odd.has(code);
    if (!isOdd && !(excusable.has(code) && !isDisturbed(story, window))) return [];
    const when = isOdd ? '' : ' although nothing was broken';
    const text = `${client} was told ${code} to ${deed} ${op.session ?? instance}${when}`;
    return [{ rule: 'answer', at: op.doneAt, text }];
  });
}
