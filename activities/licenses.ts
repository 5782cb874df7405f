import type { CheckOutRef } from '../data/check-outs.ts';
import type { Deps, FileSigning } from '../services/deps.ts';
import { loadLicenseFacts } from '../services/license-facts.ts';
import { fileSigningBy, signCheckOut } from '../services/sign-check-out.ts';
import type { LicenseRef, LicenseTermFacts } from '../workflows/contract.ts';

/** What the workflow of a license may do to the world. */
export type LicenseActivities = ReturnType<typeof createLicenseActivities>;

/**
 * The activities of `licenseTerm`. Each takes one object, may run any number of times, and fails only while
 * a store or the signing key is away, which Temporal answers by trying again.
 */
export function createLicenseActivities(
  deps: Deps,
  signing: FileSigning | null = fileSigningBy(deps),
) {
  return {
    /** Where the license stands, after its check-outs were brought in line with that. */
    loadFacts: (license: LicenseRef): Promise<LicenseTermFacts> =>
      loadLicenseFacts(deps, license, { hasRoot: signing !== null }),

    /** Has the root sign the file of a check-out, unless it waits for it no more. */
    signLicenseFile: (checkOut: CheckOutRef): Promise<void> =>
      signCheckOut(deps, checkOut, signing),
  };
}
