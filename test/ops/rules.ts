import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

/** Where the rules are. */
export const rulesPath = fileURLToPath(new URL('../../ops/prometheus/rules.yml', import.meta.url));

const recordingSchema = z.strictObject({
  record: z.string().regex(/^leasehold:/),
  expr: z.string(),
  labels: z.record(z.string(), z.string()).optional(),
});
const alertSchema = z.strictObject({
  alert: z.string().regex(/^[A-Z]\w+$/),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
  annotations: z.strictObject({ summary: z.string().min(10), runbook: z.string() }),
});
const fileSchema = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      interval: z.enum(['15s', '1m']),
      rules: z.array(z.union([alertSchema, recordingSchema])),
    }),
  ),
});

/** @throws when the file is no YAML, or a rule lacks what every rule of its kind must have. */
export function readRules() {
  const rules = fileSchema
    .parse(parse(readFileSync(rulesPath, 'utf8')))
    .groups.flatMap((group) => group.rules);
  return {
    alerts: rules.filter((rule) => 'alert' in rule),
    recordings: rules.filter((rule) => 'record' in rule),
  };
}

const words = new Set(
  'and or unless on by without ignoring group_left group_right bool offset'.split(' '),
);

/** Names of metrics in an expression of PromQL: what is left without labels, texts, ranges and functions. */
export function metricsIn(expression: string): string[] {
  const bare = expression
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}/g, ' ')
    .replace(/\[[^\]]*\]/g, ' ')
    .replace(/\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
    .replace(/\boffset\s+\w+/g, ' ');
  return [...bare.matchAll(/[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])/g)]
    .map(([name]) => name)
    .filter((name) => !words.has(name));
}

/** The metric that a series of a histogram belongs to. */
export function baseName(name: string): string {
  return name.replace(/_(bucket|sum|count)$/, '');
}
