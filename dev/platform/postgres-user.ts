import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

/** A Unix user that Postgres runs as. */
export interface UnixUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Postgres refuses to run as root. Root lends it the user `postgres`, else `nobody`.
 * @returns undefined for an ordinary user, who runs it himself.
 * @throws Error when root finds neither user.
 */
export async function postgresUser(): Promise<UnixUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const user = (await lookUp('postgres')) ?? (await lookUp('nobody'));
  if (user !== null) return user;
  throw new Error('Postgres does not run as root: add a user named postgres, or run as a user.');
}

/** Whether a command succeeds when that user runs it, from a folder that everybody may enter. */
export function succeedsAs(user: UnixUser | undefined, command: string, args: string[]): boolean {
  return spawnSync(command, args, { ...user, cwd: '/', stdio: 'ignore' }).status === 0;
}

async function lookUp(name: string): Promise<UnixUser | null> {
  try {
    const run = promisify(execFile);
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}
