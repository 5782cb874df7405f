/**
 * What a program leaves on disk about the seat it holds, so that `leasehold status` and `leasehold
 * release` find it from another process, also after a crash.
 *
 * One file for each holder, readable by its user only. It contains the session's credential, which can
 * renew, look at and give back this one seat and nothing else; the license key is never written. Where
 * roots are pinned it also contains the lease token, which proves the seat without the server. A
 * file is removed when its seat is given back or lost. Memory is a convenience: where nothing can be
 * written, a program holds its seat all the same.
 */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { readPrivately, removeFile, writePrivately } from './private-file.ts';

/** A seat as its program last saw it. */
export interface RememberedSeat {
  url: string;
  licenseId: string;
  product: string;
  instanceKey: string;
  holderId: string;
  sessionId: string;
  credential: string;
  /** The process that holds it. */
  pid: number;
  /** All but `online`: heartbeats fail. */
  state: 'online' | 'degraded' | 'grace' | 'expired';
  /** End of the lease by the server's clock. */
  leaseUntil: string;
  /** The newest lease token that was found good, and its certificate; verify them again. */
  leaseToken?: string;
  certificate?: string;
}

/** More files than this are not looked at: nobody runs so many programs. */
const filesMax = 1_000;
const sweepAfterMs = 86_400_000;
const suffix = '.seat.json';

/** @returns the folder of this user's seats: `LEASEHOLD_STATE_DIR`, else where the system keeps such data. */
export function memoryFolder(environment: NodeJS.ProcessEnv): string {
  const given = environment['LEASEHOLD_STATE_DIR']?.trim() ?? '';
  return given === '' ? join(envPaths('leasehold', { suffix: '' }).data, 'seats') : given;
}

/** Writes or overwrites the file of a holder. @returns whether that was possible. */
export function remember(folder: string, seat: RememberedSeat): boolean {
  return writePrivately(fileOf(folder, seat), JSON.stringify(seat));
}

/** Removes the file of a holder, if it is there and can be removed. */
export function forget(
  folder: string,
  seat: Pick<RememberedSeat, 'instanceKey' | 'holderId'>,
): void {
  removeFile(fileOf(folder, seat));
}

/** The seats of one instance; what is no such file, or cannot be read, is none. */
export function readMemory(folder: string, instanceKey: string): RememberedSeat[] {
  return filesIn(folder)
    .flatMap((name) => readSeat(join(folder, name)) ?? [])
    .filter((seat) => seat.instanceKey === instanceKey);
}

/** Removes what crashed programs left behind more than a day ago. */
export function sweepMemory(folder: string, nowMs: number): void {
  for (const name of filesIn(folder)) {
    const seat = readSeat(join(folder, name));
    if (seat === null || isRunning(seat.pid)) continue;
    if (nowMs - Date.parse(seat.leaseUntil) > sweepAfterMs) forget(folder, seat);
  }
}

/** Whether the process is still there; its number may have gone to another one since. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function fileOf(
  folder: string,
  { instanceKey, holderId }: Pick<RememberedSeat, 'instanceKey' | 'holderId'>,
): string {
  const hash = createHash('sha256').update(`${instanceKey}\0${holderId}`).digest('hex');
  return join(folder, `${hash.slice(0, 32)}${suffix}`);
}

function filesIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(suffix));
    return names.sort().slice(0, filesMax);
  } catch {
    return [];
  }
}

const texts = [
  ...(['url', 'licenseId', 'product', 'instanceKey', 'holderId'] as const),
  ...(['sessionId', 'credential', 'state', 'leaseUntil'] as const),
] satisfies (keyof RememberedSeat)[];

function readSeat(file: string): RememberedSeat | null {
  const seat = readPrivately(file) as Partial<RememberedSeat> | null;
  const isWhole = texts.every((name) => typeof seat?.[name] === 'string');
  return isWhole && Number.isInteger(seat?.pid) ? (seat as RememberedSeat) : null;
}
