import { validateLicense, type ValidateOptions } from '../validate.ts';
import { entitlementLines, traceLines } from './decision-words.ts';
import { exitCodes } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import { usageTypeAdvice } from './words.ts';

/** `leasehold validate`: prints the decision on standard output. @returns the exit code. */
export async function validate(options: ValidateOptions & { json: boolean }): Promise<number> {
  try {
    const decision = await validateLicense(options);
    const lines = options.json ? [JSON.stringify(decision)] : linesOf(decision);
    for (const line of lines) console.log(line);
    return decision.valid ? 0 : exitCodes.refused;
  } catch (error) {
    return reportFailure(error, options);
  }
}

function linesOf(decision: Awaited<ReturnType<typeof validateLicense>>): string[] {
  const { valid, code, detail, expiresAt, license, trace, entitlements } = decision;
  const until = expiresAt === null ? 'does not expire' : `runs until ${expiresAt}`;
  const { used, limit } = license.seats;
  return [
    valid
      ? `The license is valid and ${until}; ${used} of ${limit} seats are in use.`
      : `The license does not allow this (${code}): ${detail}`,
    ...(code === 'usage_type_not_allowed' ? [usageTypeAdvice] : []),
    ...(trace === undefined ? [] : [...traceLines(trace), ...entitlementLines(entitlements)]),
  ];
}
