import { isDisturbed, type Story, type Violation } from './story.ts';

/** What was broken may need this long until everything answers again. */
const recoveryMs = 15_000;

/** Faults of the server's that a client may hear while something is broken. */
const excusable: ReadonlySet<string> = new Set(['unavailable', 'restoring']);

/**
 * A fault that nothing explains: one that the server did not foresee, whenever it is; one that it did,
 * while nothing is broken and nothing was for a while.
 */
export function checkAnswers(story: Story): Violation[] {
  return story.ended.flatMap(({ client, deed, instance, outcome, code = '', ...op }) => {
    if (outcome !== 'info') return [];
    const window = { from: op.invokedAt - recoveryMs, to: op.doneAt };
    const isOdd = code === 'internal';
    if (!isOdd && !(excusable.has(code) && !isDisturbed(story, window))) return [];
    const when = isOdd ? '' : ' although nothing was broken';
    const text = `${client} was told ${code} to ${deed} ${op.session ?? instance}${when}`;
    return [{ rule: 'answer', at: op.doneAt, text }];
  });
}
