/** The way out of a refusal that comes from the plan: which plan of the product would allow the use. */
import { wouldPassOn, type UseRequest, type ValidatedLicense } from './validation.ts';

/** A plan that the vendor offers to everybody. */
export interface OfferedPlan {
  code: string;
  name: string;
  /** As much of its policy as the request is about. */
  policy: ValidatedLicense['planPolicy'];
}

export interface Upgrade {
  /** The plans that would allow it, in the order in which they were made. */
  plans: { code: string; name: string }[];
  /** Where the vendor sells them, or null. */
  url: string | null;
}

/** Most plans that an answer names. */
const plansNamed = 5;

/** What would allow this use. What the license replaces of its plan it would keep. */
export function findUpgrade(
  license: ValidatedLicense,
  request: UseRequest,
  { offered, url, now }: { offered: readonly OfferedPlan[]; url: string | null; now: Date },
): Upgrade {
  const plans = offered
    .filter(({ policy }) => wouldPassOn(policy, license, request, now))
    .map(({ code, name }) => ({ code, name }));
  return { plans: plans.slice(0, plansNamed), url };
}

/** The way out in a sentence. Where to go comes last, so that no full stop is taken for a part of it. */
export function describeUpgrade({ plans, url }: Upgrade): string {
  if (plans.length === 0) return 'No plan on offer would: ask the vendor.';
  const names = plans.map(({ name }) => name);
  const last = names.at(-1) ?? '';
  const told =
    names.length === 1
      ? `The plan ${last} would`
      : `The plans ${names.slice(0, -1).join(', ')} and ${last} would`;
  return url === null ? `${told}.` : `${told}: ${url}`;
}
