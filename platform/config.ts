import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { z } from 'zod';
import { isStandIn, kmsEndpointForm, parseKmsEndpoint, standInKey } from './kms-endpoint.ts';
import { isLoopback } from './loopback.ts';

const perMinute = (fallback: number) =>
  z.coerce.number().int().min(0).max(1_000_000_000).default(fallback);

/**
 * The one place that reads the environment. Every field says what it means, its unit, its default and
 * what leaving it empty does; `.env.example` repeats this and a test keeps the two equal.
 */
export const configFields = {
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('The least severe log line that is written, as JSON on standard output.'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('Postgres as role leasehold_app, which row-level security binds. Required.'),
  SYSTEM_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('Postgres as role leasehold_system: relay, sweeps and operator work. Required.'),
  OWNER_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe(
      'Postgres as a role that may create roles; only for npm run migrate. Empty: no migrations from here.',
    ),
  DATABASE_POOL_SIZE: z.coerce
    .number()
    .int()
    .min(1)
    .max(200)
    .default(10)
    .describe('Most connections that one process opens for each of the two roles.'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .describe('The Redis or Valkey that decides seats (7.0 or newer, noeviction). Required.'),
  REDIS_REPLICAS_MIN: z.coerce
    .number()
    .int()
    .min(0)
    .max(5)
    .default(0)
    .describe(
      'Replicas of Redis that must have a seat before its caller is told of it. With fewer, acquires answer 503 and the API is not ready, while heartbeats go on. 0: nobody waits; what a failover forgets comes back from Postgres.',
    ),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^:\s]+:\d+$/, 'must be host:port')
    .default('127.0.0.1:7233')
    .describe('host:port of the Temporal frontend.'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default').describe('The Temporal namespace.'),
  TEMPORAL_TASK_QUEUE: z
    .string()
    .min(1)
    .default('leasehold')
    .describe('The task queue that the workers of this deployment poll.'),
  WORKER_BUILD_ID: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores')
    .optional()
    .describe(
      'Names the code of this worker for the worker versioning of Temporal; it gets work once npm run promote-worker has named it. Empty: not versioned, each worker gets work at once.',
    ),
  API_HOST: z.string().min(1).default('127.0.0.1').describe('Address that the API listens on.'),
  API_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(8080)
    .describe('Port of the API; 0 takes a free one.'),
  API_DRAIN_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(300)
    .default(0)
    .describe(
      'Seconds that the API still serves, but says that it is not ready, once it is told to stop: as long as the load balancer takes to notice.',
    ),
  METRICS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(9464)
    .describe('Port of the Prometheus metrics; 0 takes a free one. Keep it off the internet.'),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .default('http://127.0.0.1:8080')
    .describe('How clients reach the API: the base of links and of problem types.'),
  TRUSTED_PROXIES: z
    .string()
    .transform((text, context) => parseProxies(text, context))
    .optional()
    .describe(
      'Comma-separated addresses or subnets of the proxies in front, whose X-Forwarded-For is believed. Empty: the address of the connection counts.',
    ),
  IN_FLIGHT_MAX: z.coerce
    .number()
    .int()
    .min(10)
    .max(100_000)
    .default(1_000)
    .describe(
      'Most requests that one process works on at once; beyond, administration is turned away first, then reads, then acquires. Heartbeats and waiters have ten times as much room, each of their own.',
    ),
  RATE_LIMIT_HEARTBEATS: perMinute(240).describe(
    'Most heartbeats a minute for one holder of a session; 0: no limit.',
  ),
  RATE_LIMIT_RELEASES: perMinute(120).describe(
    'Most releases a minute for one holder of a session; 0: no limit.',
  ),
  RATE_LIMIT_ACQUIRES: perMinute(12_000).describe(
    'Most acquires a minute for one license: several times the seats of the largest; 0: no limit.',
  ),
  RATE_LIMIT_READS: perMinute(12_000).describe(
    'Most reads, validations and looks at a queue a minute for one credential; 0: no limit.',
  ),
  RATE_LIMIT_ADMIN: perMinute(3_000).describe(
    'Most administrative requests a minute for one key; 0: no limit.',
  ),
  RATE_LIMIT_FAILURES: perMinute(600).describe(
    'Wrong credentials a minute from one address, after which unknown ones are no longer looked up; 0: no limit.',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'The collector of traces, by OTLP over HTTP; spans go to /v1/traces below it. Empty: nothing is traced.',
    ),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Share of requests that are traced, 0 to 1; heartbeats and probes never are.'),
  SESSION_CREDENTIAL_SECRETS: z
    .string()
    .transform((text, context) => parseSecrets(text, context))
    .describe(
      'Comma-separated kid:secret pairs (secret: base64url of 32 or more bytes) for session credentials. The first signs, all verify: rotate by putting the new one first. Required.',
    ),
  KMS_KEY: z
    .string()
    .regex(
      /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/,
      'must be projects/…/locations/…/keyRings/…/cryptoKeys/…',
    )
    .optional()
    .describe(
      'Resource name of the root key in Cloud KMS, of algorithm RSA_SIGN_PSS_4096_SHA256. Empty: nothing is signed by KMS.',
    ),
  KMS_PROTECTION_LEVEL: z
    .enum(['HSM', 'SOFTWARE'])
    .default('HSM')
    .describe('Where Cloud KMS must keep the root key; one that it keeps elsewhere is not used.'),
  KMS_ENDPOINT: z
    .string()
    .regex(kmsEndpointForm, 'must be host:port or unix:/path/of/a/socket')
    .optional()
    .describe(
      'host:port of Cloud KMS, or unix: and the absolute path of a socket. A socket, or a host that is this machine itself, is the stand-in for development, asked without TLS and credentials. Empty: the one of Google.',
    ),
  SIGNING_SEAL_KEYS: z
    .string()
    .transform((text, context) => parseSecrets(text, context))
    .optional()
    .describe(
      'Comma-separated kid:secret pairs (secret: base64url of 32 or more bytes) that seal in Postgres the key which signs leases and denials. The first seals, all open: rotate by putting the new one first. Needed with KMS_KEY. Empty: nothing is signed.',
    ),
} as const;

const fields = z.object(configFields);
const schema = fields.superRefine(refuseTrialSecrets).superRefine(requireSealKeys);
export type Config = z.infer<typeof schema>;

/** One of the secrets that a setting lists; which of them was used is told by its key id. */
export interface ListedSecret {
  kid: string;
  secret: KeyObject;
}

/**
 * Reads the configuration once.
 *
 * @throws Error that names every faulty variable at once and never prints a value.
 */
export function loadConfig(environment: Record<string, string | undefined> = process.env): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name in configFields && value !== ''),
  );
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    (issue) =>
      `  ${issue.path.join('.')}: ${issue.code === 'invalid_type' ? 'is required' : issue.message}`,
  );
  throw new Error(
    `The configuration is not valid. Set these environment variables (see .env.example):\n${faults.join('\n')}`,
  );
}

function parseProxies(text: string, context: z.RefinementCtx): string[] {
  const proxies = text.split(',').map((proxy) => proxy.trim());
  const isAddress = (proxy: string) => {
    const [address = '', bits, ...rest] = proxy.split('/');
    const longest = isIP(address) === 4 ? 32 : 128;
    // Of no bits at all would be everybody: whoever asks could then name any address as theirs.
    const isSubnet = bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= longest);
    return isIP(address) > 0 && isSubnet && rest.length === 0;
  };
  if (proxies.every(isAddress)) return proxies;
  context.addIssue({ code: 'custom', message: 'must be addresses or subnets such as 10.0.0.0/8' });
  return [];
}

/** What the compose file fills in where nothing is set: the key id of its secret, and its passwords. */
const trial = 'trial';
/** SHA-256 of its secret for sessions and for sealing, which is known under any key id. */
const trialSecretHash = 'hLgSmkY65NSBB-nwXaHB7Ku4w_ddZmYjl_bNPHgyxVg';

/** Everybody knows the secrets of a local trial, so nobody but this machine may be served with them. */
function refuseTrialSecrets(config: z.output<typeof fields>, context: z.RefinementCtx): void {
  const { hostname } = new URL(config.PUBLIC_URL);
  const isHere = isLoopback(hostname);
  // Whoever has a proxy in front serves others, even where the address was not set.
  if (isHere && config.TRUSTED_PROXIES === undefined) return;
  const passwords = [
    'DATABASE_URL',
    'SYSTEM_DATABASE_URL',
    'OWNER_DATABASE_URL',
    'REDIS_URL',
  ] as const;
  const known: string[] = passwords.filter((name) => {
    const url = config[name];
    return url !== undefined && new URL(url).password === trial;
  });
  for (const name of ['SESSION_CREDENTIAL_SECRETS', 'SIGNING_SEAL_KEYS'] as const) {
    if (config[name]?.some(isTrialSecret) === true) known.push(name);
  }
  // Who trusts what the stand-in signs trusts everybody: its key lies in a folder.
  if (config.KMS_KEY === standInKey) known.push('KMS_KEY');
  const { KMS_ENDPOINT: endpoint } = config;
  if (endpoint !== undefined && isStandIn(parseKmsEndpoint(endpoint))) known.push('KMS_ENDPOINT');
  for (const name of known) {
    const message = 'is the one of the local trial, which everybody knows; set your own';
    context.addIssue({ code: 'custom', path: [name], message });
  }
}

/** What Cloud KMS certifies must outlive this process, and is stored in no readable form. */
function requireSealKeys(config: z.output<typeof fields>, context: z.RefinementCtx): void {
  if (config.KMS_KEY === undefined || config.SIGNING_SEAL_KEYS !== undefined) return;
  const message = 'is required with KMS_KEY';
  context.addIssue({ code: 'custom', path: ['SIGNING_SEAL_KEYS'], message });
}

function isTrialSecret({ kid, secret }: ListedSecret): boolean {
  const hash = createHash('sha256').update(secret.export()).digest('base64url');
  return kid === trial || hash === trialSecretHash;
}

function parseSecrets(text: string, context: z.RefinementCtx): ListedSecret[] {
  const secrets = text.split(',').map((pair) => {
    const [kid = '', encoded = ''] = pair.trim().split(':');
    return { kid, secret: createSecretKey(encoded, 'base64url') };
  });
  const isValid = secrets.every(
    ({ kid, secret }) => /^[\w-]{1,16}$/.test(kid) && (secret.symmetricKeySize ?? 0) >= 32,
  );
  if (!isValid || new Set(secrets.map(({ kid }) => kid)).size !== secrets.length) {
    context.addIssue({
      code: 'custom',
      message: 'must be kid:secret pairs with distinct kids and secrets of at least 32 bytes',
    });
  }
  return secrets;
}
