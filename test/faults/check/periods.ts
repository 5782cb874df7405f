/** Sums of periods. */
import type { Period } from './story.ts';

interface Change<Item> {
  at: number;
  by: 1 | -1;
  item: Item;
}

/**
 * The beginnings and ends of all, in the order of time. Ends come before beginnings of the same instant, since a
 * lease is over at the instant that it names, unless beginnings are wanted first.
 */
export function changesOf<Item extends Period>(
  items: readonly Item[],
  first: 'ends' | 'beginnings' = 'ends',
): Change<Item>[] {
  const sign = first === 'ends' ? 1 : -1;
  return items
    .flatMap((item): Change<Item>[] => [
      { at: item.from, by: 1, item },
      { at: item.to, by: -1, item },
    ])
    .toSorted((one, other) => one.at - other.at || sign * (one.by - other.by));
}

/** When at least `count` of the periods were going on, in the order of time and apart. */
export function fullPeriods(periods: readonly Period[], count: number): Period[] {
  if (count <= 0) return [{ from: -Infinity, to: Infinity }];
  // Whoever asks at the instant at which one ends and another begins may meet both.
  const changes = changesOf(periods, 'beginnings');
  const full: Period[] = [];
  let present = 0;
  let since: number | null = null;
  for (const { at, by } of changes) {
    present += by;
    if (present >= count) since ??= at;
    else if (since !== null) {
      full.push({ from: since, to: at });
      since = null;
    }
  }
  return full;
}

/** Whether a window touches any of the periods, which are in the order of time and apart. */
export function overlapsAny(periods: readonly Period[], { from, to }: Period): boolean {
  let low = 0;
  let high = periods.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((periods[middle]?.to ?? Infinity) < from) low = middle + 1;
    else high = middle;
  }
  return (periods[low]?.from ?? Infinity) <= to;
}

/** Whether two periods have an instant in common. */
export function touches(one: Period, other: Period): boolean {
  return one.from <= other.to && other.from <= one.to;
}
