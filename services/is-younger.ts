import { skewSeconds } from '../signing/tokens/jws.ts';

/**
 * Whether what was made at an instant is younger than that. What is of the future, made by a clock that was ahead,
 * is not: else it would be taken for young until the clock has come there.
 *
 * @param at now, in unix seconds.
 */
export function isYounger(
  createdAt: Date,
  { at, seconds }: { at: number; seconds: number },
): boolean {
  const ageSeconds = at - createdAt.getTime() / 1_000;
  return ageSeconds >= -skewSeconds && ageSeconds < seconds;
}
