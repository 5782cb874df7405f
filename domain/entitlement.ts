/**
 * What a license lets its product do beyond running: named features, each on or off, a limit or a text.
 * A plan states them, a license may replace single ones, and what holds is told together with where it
 * comes from. Pure, and the same on the server and in a client without a network.
 *
 * A feature's **gate** says what its end means. `hard`: there is nothing beyond it, the product behaves
 * as if the feature did not exist. `soft`: what is there beyond it stays, to be looked at and not
 * changed; so a smaller plan takes nothing away that a customer has made.
 */

/** What a feature is worth. The text `unlimited` is a limit without an end. */
export type FeatureValue = boolean | number | string;

export const gates = ['hard', 'soft'] as const;
export type Gate = (typeof gates)[number];

export const featureKinds = ['boolean', 'number', 'text'] as const;
export type FeatureKind = (typeof featureKinds)[number];

/**
 * A feature as a policy states it. The plain value is short for a hard gate in a plan, and for the gate
 * of the plan in a license that replaces it.
 */
export type Feature = FeatureValue | { value: FeatureValue; gate: Gate };

/** Features by name. */
export type Features = Readonly<Record<string, Feature>>;

/** What holds for one feature of a license. */
export interface Entitlement {
  value: FeatureValue;
  kind: FeatureKind;
  gate: Gate;
  /** `license`: the license replaces what its plan says, or has it beside its plan. */
  from: 'plan' | 'license';
}

/** Entitlements by the name of the feature. */
export type Entitlements = Readonly<Record<string, Entitlement>>;

/** Stable and readable, and never a name by which JavaScript means something of an object's own. */
export const featureName = /^[A-Za-z][A-Za-z0-9_.:-]{0,63}$/;

export const featureTextMax = 200;
export const featuresMax = 200;

/** Bytes of JSON: a token that carries them stays well below what a verifier looks at. */
const featuresBytesMax = 16_384;

/** The text that is a number: a limit without an end. */
const unlimited = 'unlimited';

/** What holds for a license: the features of its plan, with single ones replaced by its own. */
export function resolveEntitlements(plan: Features, license: Features = {}): Entitlements {
  const entitlements = new Map<string, Entitlement>();
  for (const [name, feature] of Object.entries(plan)) {
    entitlements.set(name, { ...statedFeature(feature, 'hard'), from: 'plan' });
  }
  for (const [name, feature] of Object.entries(license)) {
    const { gate } = entitlements.get(name) ?? { gate: 'hard' };
    entitlements.set(name, { ...statedFeature(feature, gate), from: 'license' });
  }
  return Object.fromEntries(entitlements);
}

/** What tokens and license files carry: the plain values by name. */
export function tokenFeatures(entitlements: Entitlements): Record<string, FeatureValue> {
  return Object.fromEntries(Object.entries(entitlements).map(([name, { value }]) => [name, value]));
}

/** The member of that name where there is one; nothing that every object has by itself. */
export function featureOf<Value>(
  features: Readonly<Record<string, Value>>,
  name: string,
): Value | undefined {
  return Object.hasOwn(features, name) ? features[name] : undefined;
}

/**
 * Whether a feature of this value lets the product do one thing more, when it has done `used` already.
 * One that is not there, is off, or whose limit is used up does not. A text always does: what it means
 * is the product's to say.
 */
export function isGranted(value: FeatureValue | undefined, used = 0): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true;
  return typeof value === 'string' || used < value;
}

/** What is wrong with features; `name` is null when it is not a single one of them. */
export interface FeatureFault {
  name: string | null;
  message: string;
}

/**
 * What is wrong with the features of a new plan, whose names and values are each valid, or null.
 *
 * @param known features of the product's other plans: one of each name is enough, since they agree.
 */
export function faultOfPlanFeatures(features: Features, known: Features): FeatureFault | null {
  return faultOfKind(features, known) ?? faultOfSize(resolveEntitlements(features));
}

/**
 * What is wrong with the features of a license's own, or null. Each must be one of its product, so that
 * a misspelt name is refused instead of sold: any that some plan of the product has, if only as `false`.
 */
export function faultOfOwnFeatures(
  own: Features,
  { plan, known }: { plan: Features; known: Features },
): FeatureFault | null {
  const all = { ...known, ...plan };
  const unknown = Object.keys(own).find((name) => featureOf(all, name) === undefined);
  if (unknown !== undefined) {
    return { name: unknown, message: 'must be a feature of one of the product’s plans' };
  }
  return faultOfKind(own, all) ?? faultOfSize(resolveEntitlements(plan, own));
}

/** A product asks for a feature by its name alone, and must know what it gets. */
function faultOfKind(features: Features, known: Features): FeatureFault | null {
  for (const [name, feature] of Object.entries(features)) {
    const other = featureOf(known, name);
    if (other === undefined) continue;
    const { kind } = statedFeature(other, 'hard');
    if (statedFeature(feature, 'hard').kind === kind) continue;
    const wanted = kind === 'number' ? `a number or '${unlimited}'` : `a ${kind}`;
    return { name, message: `must be ${wanted}, as in the product’s other plans` };
  }
  return null;
}

function faultOfSize(entitlements: Entitlements): FeatureFault | null {
  if (Object.keys(entitlements).length > featuresMax) {
    return { name: null, message: `must be at most ${featuresMax} together with the plan’s` };
  }
  const text = JSON.stringify(tokenFeatures(entitlements));
  if (new TextEncoder().encode(text).length <= featuresBytesMax) return null;
  return { name: null, message: `must take at most ${featuresBytesMax} bytes as JSON` };
}

/** Value, kind and gate of a feature; `gate` is that of a plain value. */
export function statedFeature(feature: Feature, gate: Gate): Omit<Entitlement, 'from'> {
  const stated = typeof feature === 'object' ? feature : { value: feature, gate };
  return { value: stated.value, kind: kindOf(stated.value), gate: stated.gate };
}

function kindOf(value: FeatureValue): FeatureKind {
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'number' || value === unlimited ? 'number' : 'text';
}
