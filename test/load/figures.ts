/** Figures with their spread over repetitions, and the lines of the table that they make. */

export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** One line of the table: a figure of ours, and what it is held against if there is such a thing. */
export interface Line {
  measurement: string;
  what: string;
  unit: string;
  value: Spread;
  /** A floor of the same run: the ratio is ours to the floor's, repetition by repetition. */
  floor?: { name: string; value: Spread; ratio: Spread };
  /** What the design asks for, in words. */
  target?: string;
  note?: string;
}

/** @throws RangeError for no values: a figure of nothing is a mistake. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (index: number) => sorted[index] ?? NaN;
  if (sorted.length === 0) throw new RangeError('No values');
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

/** Three figures that count: 12,300, 4.56, 0.0123. */
export function written(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (digits >= 2) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.min(4, Math.max(0, 2 - digits)));
}

export function writtenSpread({ median, min, max }: Spread): string {
  if (min === max) return written(median);
  return `${written(median)} (${written(min)}–${written(max)})`;
}

/** A line of one value, measured once. */
export function single(line: Omit<Line, 'value'> & { value: number }): Line {
  return { ...line, value: { median: line.value, min: line.value, max: line.value } };
}
