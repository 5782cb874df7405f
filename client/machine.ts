import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { arch, hostname, platform } from 'node:os';
import { join } from 'node:path';
import type { components } from './generated/api.ts';

export type Device = components['schemas']['Device'];

/** Where this process and its children stand in for a machine id; made once per process. */
const instanceId = randomUUID();

/**
 * What names this machine. It never leaves the machine as it is: only hashes of it are sent.
 *
 * A container has no id of its own, or the one baked into its image, which all its copies share: there
 * it is `LICENSE_INSTANCE_ID` (a pod's UID, for example), else what tells this container from others
 * while it runs, else random for the life of this process. Elsewhere it is the id that the operating system keeps, else random too.
 */
export function machineId(environment: NodeJS.ProcessEnv, root = '/'): string {
  const given = environment['LICENSE_INSTANCE_ID']?.trim();
  if (given !== undefined && given !== '') return given;
  if (isContainer(environment, root)) return readContainerId(root) ?? instanceId;
  return readMachineId(root) ?? instanceId;
}

/** What names this machine for good; null where nothing does, as in a container that nobody named. */
export function lastingMachineId(environment: NodeJS.ProcessEnv, root = '/'): string | null {
  const id = machineId(environment, root);
  const isNamed = id === environment['LICENSE_INSTANCE_ID']?.trim();
  return isNamed || (id !== instanceId && !isContainer(environment, root)) ? id : null;
}

/** The machine as the server sees it: a hash, the host's name and its platform. */
export function describeDevice(machine: string): Device {
  return {
    fingerprint: hashOf('device', machine),
    name: hostname().slice(0, 100) || 'unnamed',
    platform: `${platform()}-${arch()}`,
  };
}

/**
 * Whether this machine is gone after this run, as in a build or a container: offline rights that it left
 * behind would be of use to nobody.
 */
export function isEphemeral(environment: NodeJS.ProcessEnv, root = '/'): boolean {
  return isBuild(environment) || isContainer(environment, root);
}

/** Whether a build runs this process: `CI` is set, and not to false. */
export function isBuild({ CI = '' }: NodeJS.ProcessEnv): boolean {
  return CI.trim() !== '' && CI !== 'false';
}

/** Names the instance of a program: one project on one machine. */
export function instanceKeyOf(machine: string, projectRoot: string): string {
  return hashOf('instance', machine, projectRoot).slice(0, 32);
}

/** What it is for goes into the hash, so that one published hash tells nothing about another. */
function hashOf(purpose: 'device' | 'instance', ...parts: string[]): string {
  const text = ['leasehold', purpose, ...parts].join('\0');
  return createHash('sha256').update(text).digest('hex');
}

/** Whether this process runs in a container, as far as one can tell from within. */
export function isContainer(environment: NodeJS.ProcessEnv, root: string): boolean {
  if (environment['KUBERNETES_SERVICE_HOST'] !== undefined) return true;
  if (existsSync(join(root, '.dockerenv')) || existsSync(join(root, 'run/.containerenv'))) {
    return true;
  }
  return /docker|kubepods|containerd|libpod|lxc/.test(readText(join(root, 'proc/1/cgroup')) ?? '');
}

/**
 * The boot of the machine, the view of its files that the container's processes share, and its name: what
 * runs in one container has the same, also what is started there by hand.
 */
function readContainerId(root: string): string | null {
  const boot = readText(join(root, 'proc/sys/kernel/random/boot_id'))?.trim() ?? '';
  const files = readLink(join(root, 'proc/self/ns/mnt'));
  return boot === '' || files === null ? null : `${boot} ${files} ${hostname()}`;
}

function readMachineId(root: string): string | null {
  switch (platform()) {
    case 'darwin':
      return firstMatch(
        runQuietly('/usr/sbin/ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice']),
        /"IOPlatformUUID" = "([^"]+)"/,
      );
    case 'win32':
      return firstMatch(
        runQuietly('reg', [
          'query',
          'HKLM\\SOFTWARE\\Microsoft\\Cryptography',
          '/v',
          'MachineGuid',
        ]),
        /MachineGuid\s+REG_SZ\s+(\S+)/,
      );
    default:
      return ['etc/machine-id', 'var/lib/dbus/machine-id', 'etc/hostid']
        .map((file) => readText(join(root, file))?.trim() ?? '')
        .reduce<string | null>((found, text) => found ?? (text === '' ? null : text), null);
  }
}

function firstMatch(text: string, pattern: RegExp): string | null {
  return pattern.exec(text)?.[1] ?? null;
}

function runQuietly(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      timeout: 3_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}

function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
