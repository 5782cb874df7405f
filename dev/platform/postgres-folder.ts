import { createHash, randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { succeedsAs, type UnixUser } from './postgres-user.ts';

const sharedFolder = '/var/lib/leasehold';
const pointerName = 'moved-to';

/** Where one cluster lives. */
export interface PostgresFolder {
  /** PGDATA; exists once initdb has succeeded. */
  readonly cluster: string;
  /** A file only its owner may read, with the superuser's password. */
  readonly passwordFile: string;
}

/**
 * Prepares the wanted folder for a cluster run by the given user. When that user cannot get there
 * (below a 0700 home) the cluster lives in /var/lib/leasehold instead, and the wanted folder keeps
 * a file that says where.
 */
export async function postgresFolder(
  wanted: string,
  user: UnixUser | undefined,
): Promise<PostgresFolder> {
  const asked = resolve(wanted);
  await mkdir(asked, { recursive: true });
  if (await isUsable(asked, user)) return foldersIn(asked);
  const moved = join(sharedFolder, createHash('sha256').update(asked).digest('hex').slice(0, 16));
  await mkdir(moved, { recursive: true, mode: 0o755 });
  if (!(await isUsable(moved, user))) throw new Error(`Postgres may not write to ${moved}.`);
  await writeFile(join(asked, pointerName), `${moved}\n`);
  return foldersIn(moved);
}

/** Removes a cluster wherever it lives. It must be stopped. */
export async function removePostgresFolder(wanted: string): Promise<void> {
  const pointer = await readFile(join(wanted, pointerName), 'utf8').catch(() => '');
  const moved = pointer.trim();
  if (moved.startsWith(`${sharedFolder}/`)) await rm(moved, { recursive: true, force: true });
  await rm(wanted, { recursive: true, force: true });
}

/** The superuser's password, made at the first call. */
export async function superuserPassword(
  folder: PostgresFolder,
  user: UnixUser | undefined,
): Promise<string> {
  const known = await readFile(folder.passwordFile, 'utf8').catch(() => '');
  if (known !== '') return known.trim();
  const password = randomBytes(24).toString('base64url');
  await writeFile(folder.passwordFile, `${password}\n`, { mode: 0o600 });
  // initdb reads it, as that user.
  if (user !== undefined) await chown(folder.passwordFile, user.uid, user.gid);
  return password;
}

async function isUsable(folder: string, user: UnixUser | undefined): Promise<boolean> {
  if (user === undefined) return true;
  await chown(folder, user.uid, user.gid);
  return succeedsAs(user, '/bin/sh', ['-c', 'cd "$1" && test -w .', 'sh', folder]);
}

function foldersIn(home: string): PostgresFolder {
  return { cluster: join(home, 'cluster'), passwordFile: join(home, 'password') };
}
