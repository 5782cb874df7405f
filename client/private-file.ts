/** Files that this user alone may read, as a program leaves them for another one. Nothing here throws. */
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes or overwrites a file. @returns whether that was possible. */
export function writePrivately(file: string, text: string): boolean {
  const arriving = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    removeFile(arriving);
    // A new file or none: one that somebody else put there would be theirs to read, or a link elsewhere.
    writeFileSync(arriving, text, { mode: 0o600, flag: 'wx' });
    // A reader sees the old text or the new one, never half of it.
    renameSync(arriving, file);
    return true;
  } catch {
    removeFile(arriving);
    return false;
  }
}

/** The object in a file of this user's own; null when it is none, or cannot be read. */
export function readPrivately(file: string): Partial<Record<string, unknown>> | null {
  try {
    if (!isOwn(file)) return null;
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

/** Removes a file, if it is there and can be removed. */
export function removeFile(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Whoever reads it next finds out that it is of no use any more.
  }
}

/** A file of somebody else could name a server of theirs, which would then be shown the license key. */
function isOwn(file: string): boolean {
  const stats = lstatSync(file);
  // Windows has no owner to compare; there the folder is the user's own.
  return stats.isFile() && (process.getuid === undefined || stats.uid === process.getuid());
}
