/** A decision, check by check, as plain text. Pure. */
import type { Decision } from '../transport.ts';

type Trace = NonNullable<Decision['trace']>;
type Entitlements = Decision['entitlements'];

/** Every check in its order, what it found and what it looked at. */
export function traceLines(trace: Trace): string[] {
  const width = Math.max(...trace.map(({ check }) => check.length));
  const indent = ' '.repeat(width + 12);
  return [
    'The checks in their order; the first that fails decides:',
    ...trace.flatMap(({ check, passed, detail, input }) => [
      `  ${check.replaceAll('_', ' ').padEnd(width)}  ${passed ? 'passed' : 'FAILED'}  ${detail}`,
      ...Object.entries(input).map(([name, value]) => `${indent}${name}: ${tell(value)}`),
    ]),
  ];
}

/** What the license grants, and where each feature comes from. */
export function entitlementLines(entitlements: Entitlements): string[] {
  const lines = Object.entries(entitlements).map(([name, one]) => `  ${name}: ${tell(one)}`);
  return lines.length === 0 ? ['The license has no features.'] : ['It grants:', ...lines];
}

function tell(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(tell).join(', ');
  if (typeof value !== 'object') return JSON.stringify(value);
  if (isEntitlement(value)) return `${String(value.value)} (${value.gate}, of the ${value.from})`;
  const members = Object.entries(value).map(([name, member]) => `${name} ${tell(member)}`);
  return members.length === 0 ? 'none' : members.join(', ');
}

function isEntitlement(value: object): value is Entitlements[string] {
  return 'value' in value && 'gate' in value && 'from' in value;
}
