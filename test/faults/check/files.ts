/** Seats that a device takes out of the pool with a license file. */
import type { Hold } from './holds.ts';
import type { Op, Period, Story } from './story.ts';

/** Reading two clocks one after the other costs less than this. */
const clockSlackMs = 20;

/** When a device surely had its file: from the answer that it came with until it was about to be given up. */
export function fileHoldsOf({ ended, ops }: Story): Hold[] {
  const givenUp = new Map<string, number>();
  for (const { deed, file, invokedAt } of ops) {
    if (deed === 'check-in' && file !== undefined && !givenUp.has(file)) {
      givenUp.set(file, invokedAt);
    }
  }
  const holds = new Map<string, Hold>();
  for (const op of ended) {
    const { file, offlineUntil, licenseId, instance, outcome, doneAt: from } = op;
    if (file === undefined || offlineUntil === undefined || outcome !== 'ok') continue;
    const to = Math.min(offlineUntil - clockSlackMs, givenUp.get(file) ?? Infinity);
    if (to > from && !holds.has(file)) {
      holds.set(file, { licenseId, instance, session: file, from, to, by: op });
    }
  }
  return [...holds.values()];
}

/**
 * When each device may have had a seat with a file: from its question to the answer that the file was given up.
 * A question without an answer may be carried out after that, so from then on nobody knows. One that a suspension
 * overtook had its seat while it waited for a signature.
 */
export function takenOut(ops: readonly Op[]): (Period & { device: string })[] {
  const asked = ops.filter(({ deed }) => deed === 'check-out' || deed === 'check-in');
  return [...Map.groupBy(asked, ({ device = '' }) => device)].flatMap(([device, own]) => {
    const periods: (Period & { device: string })[] = [];
    let since: number | null = null;
    let isKnown = true;
    for (const { deed, outcome, code, invokedAt, doneAt } of own) {
      if (deed === 'check-out' && code === 'license_suspended') {
        periods.push({ device, from: invokedAt, to: doneAt });
      } else if (deed === 'check-out' && outcome !== 'fail') {
        since ??= invokedAt;
        isKnown &&= outcome === 'ok';
      } else if (deed === 'check-in' && outcome === 'ok' && since !== null && isKnown) {
        periods.push({ device, from: since, to: doneAt });
        since = null;
      }
    }
    return since === null ? periods : [...periods, { device, from: since, to: Infinity }];
  });
}
