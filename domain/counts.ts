/** How often each kind of thing happened. */
export type Counts = Readonly<Record<string, number>>;

/** The sum of two tallies, kind by kind. */
export function addCounts(one: Counts, other: Counts): Counts {
  const sum: Record<string, number> = { ...one };
  for (const [kind, count] of Object.entries(other)) sum[kind] = (sum[kind] ?? 0) + count;
  return sum;
}
