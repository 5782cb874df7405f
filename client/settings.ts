import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { usageTypes, type UsageType } from '../domain/validation.ts';
import { misconfigured } from './errors.ts';
import { describeDevice, instanceKeyOf, isEphemeral, machineId, type Device } from './machine.ts';
import { findProjectRoot } from './project-root.ts';
import type { AcquireRequest } from './transport.ts';
import { detectUsageType, surroundingsOf } from './usage-type.ts';

/** How to reach the server, and with what; each may come from the environment. */
export interface ServerOptions {
  /** Base of the API, for example `https://licenses.example.com`. Default: `LEASEHOLD_URL`. */
  url?: string | undefined;
  /** Default: `LEASEHOLD_LICENSE_KEY`, else what the file `LEASEHOLD_LICENSE_KEY_FILE` holds. */
  licenseKey?: string | undefined;
}

/** What runs: the program that asks for a seat. */
export interface ProgramOptions {
  /** The vendor's code of the product. Default: `LEASEHOLD_PRODUCT`. */
  product?: string | undefined;
  /** The version of the product that runs. Default: `LEASEHOLD_VERSION`. */
  version?: string | undefined;
  /**
   * Whether a person is at work or the program is part of a shipped product. Default:
   * `LEASEHOLD_USAGE_TYPE`, else what the surroundings show (see `detectUsageType`).
   */
  usageType?: UsageType | undefined;
}

/** Where it runs. The defaults make one seat of one project on one machine. */
export interface PlaceOptions {
  /** Names the running instance. Default: `LEASEHOLD_INSTANCE_KEY`, else a hash of project and machine. */
  instanceKey?: string | undefined;
  /** A folder of the project; names no instance if there is an instance key. Default: the working directory. */
  projectRoot?: string | undefined;
  /** Names this holder of the seat; must differ between processes. Default: unique for each call. */
  holderId?: string | undefined;
  /**
   * Default: a hash of the machine's id, the host's name and its platform, and whether it is `ephemeral`:
   * then no offline rights stay after a clean stop.
   */
  device?: Device | undefined;
}

/** How an administrator of the customer reaches the server. */
export interface TenantOptions {
  /** Default: `LEASEHOLD_URL`. */
  url?: string | undefined;
  /** With an operator's key: whose licenses are meant. Default: `LEASEHOLD_TENANT`. */
  tenant?: string | undefined;
}

export interface Server {
  url: string;
  licenseKey: string;
}

const productWanted = 'the code of the product (LEASEHOLD_PRODUCT)';
const urlWanted = 'the URL of the licence server (LEASEHOLD_URL)';

/** @throws LeaseholdError `misconfigured` that names everything that is missing. */
export function resolveServer(options: ServerOptions, environment: NodeJS.ProcessEnv): Server {
  const url = given(options.url) ?? given(environment['LEASEHOLD_URL']);
  const licenseKey =
    given(options.licenseKey) ??
    given(environment['LEASEHOLD_LICENSE_KEY']) ??
    readKeyFile('LEASEHOLD_LICENSE_KEY_FILE', environment);
  const server = required({
    url: [url, urlWanted],
    licenseKey: [licenseKey, 'the license key (LEASEHOLD_LICENSE_KEY)'],
  });
  return { ...server, url: validUrl(server.url) };
}

/**
 * The API key comes from `LEASEHOLD_API_KEY` or the file `LEASEHOLD_API_KEY_FILE` only: what stands in a
 * command line is seen by every user of the machine.
 *
 * @throws LeaseholdError `misconfigured` that names everything that is missing.
 */
export function resolveTenant(
  options: TenantOptions,
  environment: NodeJS.ProcessEnv,
): { url: string; apiKey: string; tenantId: string | null } {
  const named = required({
    url: [given(options.url) ?? given(environment['LEASEHOLD_URL']), urlWanted],
    apiKey: [
      given(environment['LEASEHOLD_API_KEY']) ?? readKeyFile('LEASEHOLD_API_KEY_FILE', environment),
      'an API key of the customer (LEASEHOLD_API_KEY)',
    ],
  });
  const tenantId = given(options.tenant) ?? given(environment['LEASEHOLD_TENANT']) ?? null;
  return { ...named, url: validUrl(named.url), tenantId };
}

/** @throws LeaseholdError `misconfigured` when none is named, or it is none. */
export function resolveUrl(
  { url }: Pick<ServerOptions, 'url'>,
  environment: NodeJS.ProcessEnv,
): string {
  const named = given(url) ?? given(environment['LEASEHOLD_URL']);
  return validUrl(required({ url: [named, urlWanted] }).url);
}

/** @throws LeaseholdError `misconfigured` when none is named. */
export function resolveProduct(
  { product }: Pick<ProgramOptions, 'product'>,
  environment: NodeJS.ProcessEnv,
): string {
  const named = given(product) ?? given(environment['LEASEHOLD_PRODUCT']);
  return required({ product: [named, productWanted] }).product;
}

/** @throws LeaseholdError `misconfigured` that names everything that is missing. */
export function resolveProgram(
  options: ProgramOptions & Pick<PlaceOptions, 'projectRoot'>,
  environment: NodeJS.ProcessEnv,
): Required<{ product: string; version: string; usageType: UsageType }> {
  const names = required({
    product: [given(options.product) ?? given(environment['LEASEHOLD_PRODUCT']), productWanted],
    version: [
      given(options.version) ?? given(environment['LEASEHOLD_VERSION']),
      'its version (LEASEHOLD_VERSION)',
    ],
  });
  const folder = options.projectRoot ?? process.cwd();
  const marker =
    options.usageType ??
    given(environment['LEASEHOLD_USAGE_TYPE']) ??
    detectUsageType(surroundingsOf(environment, folder));
  const usageType = usageTypes.find((known) => known === marker);
  if (usageType === undefined) {
    throw misconfigured(`The usage type must be ${usageTypes.join(' or ')}, not "${marker}".`);
  }
  return { ...names, usageType };
}

export function resolvePlace(
  options: PlaceOptions,
  environment: NodeJS.ProcessEnv,
): Pick<AcquireRequest, 'instanceKey' | 'holderId' | 'device'> {
  const machine = machineId(environment);
  return {
    instanceKey:
      given(options.instanceKey) ??
      given(environment['LEASEHOLD_INSTANCE_KEY']) ??
      instanceKeyOf(machine, findProjectRoot(options.projectRoot ?? process.cwd())),
    holderId: given(options.holderId) ?? `${process.pid}-${randomBytes(8).toString('hex')}`,
    device: options.device ?? {
      ...describeDevice(machine),
      ...(isEphemeral(environment) ? { ephemeral: true } : {}),
    },
  };
}

function required<Name extends string>(
  members: Record<Name, [value: string | undefined, description: string]>,
): Record<Name, string> {
  const all = Object.entries<[string | undefined, string]>(members);
  const missing = all.filter(([, [value]]) => value === undefined);
  if (missing.length > 0) {
    const wanted = missing.map(([, [, description]]) => description).join(' and ');
    throw misconfigured(`Something is missing: ${wanted}.`);
  }
  return Object.fromEntries(all.map(([name, [value]]) => [name, value])) as Record<Name, string>;
}

function validUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw misconfigured(`The URL of the licence server must begin with http:// or https://: ${text}`);
}

function readKeyFile(variable: string, environment: NodeJS.ProcessEnv): string | undefined {
  const file = given(environment[variable]);
  if (file === undefined) return undefined;
  try {
    return given(readFileSync(file, 'utf8'));
  } catch {
    throw misconfigured(`The key cannot be read from ${variable}: ${file}`);
  }
}

function given(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === '' ? undefined : trimmed;
}
