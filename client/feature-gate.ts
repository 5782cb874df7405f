import {
  featureOf,
  isGranted,
  statedFeature,
  type Features,
  type FeatureValue,
  type Gate,
} from '../domain/entitlement.ts';

/** What a gate lets through: one thing more, a look at what is there, or nothing at all. */
export type GateOutcome = 'open' | 'read_only' | 'closed';

export interface GateDecision {
  outcome: GateOutcome;
  /** Undefined: the license has no feature of that name. */
  value: FeatureValue | undefined;
  /** Unless it is open: what is missing and where to find the way out, in words for the user. */
  detail: string | null;
}

/**
 * Whether the license lets the program use a feature, without asking anybody: for `feat` of a lease or a
 * license file that was verified, or the `entitlements` of a decision that was kept.
 *
 * - A limit that is used up and a feature that is off or missing close a hard gate; a soft one leaves what
 *   is there to be looked at. Nothing that a customer made is ever to be deleted for it.
 * - Tokens carry plain values: there the caller, who made the feature, says which gate it has.
 *
 * @param options `used`: how many there are already. `gate`: where `features` says nothing; default: hard.
 */
export function checkFeature(
  features: Features,
  name: string,
  { used = 0, gate = 'hard' }: { used?: number; gate?: Gate } = {},
): GateDecision {
  const feature = featureOf(features, name);
  const stated = feature === undefined ? { value: undefined, gate } : statedFeature(feature, gate);
  const { value } = stated;
  if (isGranted(value, used)) return { outcome: 'open', value, detail: null };
  const outcome = stated.gate === 'soft' ? 'read_only' : 'closed';
  return { outcome, value, detail: describe(name, { value, used, outcome }) };
}

function describe(
  name: string,
  { value, used, outcome }: { value: FeatureValue | undefined; used: number; outcome: GateOutcome },
): string {
  const limit =
    typeof value === 'number' && value > 0 ? ` more than ${value}; ${used} are used` : '';
  const kept = outcome === 'read_only' ? ' What is there can still be looked at.' : '';
  return `This license does not grant ${name}${limit}.${kept} leasehold validate --feature ${name} says which plan would.`;
}
