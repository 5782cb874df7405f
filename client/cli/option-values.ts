import { InvalidArgumentError } from 'commander';

/** The value of an option, or a refusal that the parser shows. */
export function positiveNumber(text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError('It must be a positive number.');
}

/** One more value of an option that may be repeated. */
export function oneMore(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text];
}

/** How long a license file is wanted for: a minute at least. */
export function lifeSeconds(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 60) return number;
  throw new InvalidArgumentError('It must be a whole number of seconds, 60 or more.');
}

/** A whole number from 1 to `max`. */
export function countUpTo(max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= 1 && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${max}.`);
  };
}
