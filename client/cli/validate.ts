import { validateLicense } from '../validate.ts';
import { exitCodes } from './exit-codes.ts';
import { reportFailure } from './failure.ts';

/** `leasehold validate`: prints the decision on standard output. @returns the exit code. */
export async function validate(
  options: Parameters<typeof validateLicense>[0] & { json: boolean },
): Promise<number> {
  try {
    const decision = await validateLicense(options);
    const { valid, code, detail, expiresAt, license } = decision;
    const until = expiresAt === null ? 'does not expire' : `runs until ${expiresAt}`;
    const { used, limit } = license.seats;
    console.log(
      options.json
        ? JSON.stringify(decision)
        : valid
          ? `The license is valid and ${until}; ${used} of ${limit} seats are in use.`
          : `The license does not allow this (${code}): ${detail}`,
    );
    return valid ? 0 : exitCodes.refused;
  } catch (error) {
    return reportFailure(error, options);
  }
}
