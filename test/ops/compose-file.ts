import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

export const root = fileURLToPath(new URL('../../', import.meta.url));

const condition = z.enum(['service_healthy', 'service_started', 'service_completed_successfully']);

/** What the tests ask of a service; the official schema holds the rest of it. */
const serviceSchema = z.looseObject({
  image: z.string(),
  build: z.looseObject({ context: z.string() }).optional(),
  command: z.union([z.string(), z.array(z.string())]).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  profiles: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  cap_drop: z.array(z.string()).default([]),
  user: z.string().optional(),
  network_mode: z.string().optional(),
  read_only: z.boolean().default(false),
  restart: z.string().optional(),
  depends_on: z.record(z.string(), z.looseObject({ condition })).default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()).optional() }).optional(),
  deploy: z
    .looseObject({ resources: z.object({ limits: z.record(z.string(), z.string()) }) })
    .optional(),
});
export type Service = z.output<typeof serviceSchema>;

const composeSchema = z.looseObject({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.unknown()),
});

/** docker-compose.yml with its anchors and merges resolved, nothing filled in. */
export async function readComposeFile() {
  const text = await readFile(`${root}docker-compose.yml`, 'utf8');
  const document = parse(text, { merge: true }) as unknown;
  return { document, ...composeSchema.parse(document) };
}

/**
 * What Compose makes of `${NAME:-fallback}` when the environment says this: the fallback too where the
 * variable is empty, and what the fallback itself asks for. Of `${NAME-fallback}` an empty variable
 * makes nothing.
 */
export function fillIn(value: string | number, environment: NodeJS.Dict<string> = {}): string {
  let text = String(value);
  // The innermost first: one without another inside.
  const variable = /\$\{(\w+)(?:(:?)-([^${}]*))?\}/;
  for (let found = variable.exec(text); found !== null; found = variable.exec(text)) {
    const [all, name = '', colon, fallback = ''] = found;
    const given = environment[name];
    const isGiven = colon === '' ? given !== undefined : (given ?? '') !== '';
    text = text.replace(all, () => (isGiven ? (given ?? '') : fallback));
  }
  return text;
}

/** Variables that a text asks for. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name = '']) => name);
}
