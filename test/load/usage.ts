/** What processes use, as Linux counts it. Elsewhere nothing is known: NaN. */
import { readFile, readdir } from 'node:fs/promises';

/** A tick of the kernel's accounting; 100 a second on every Linux that Node runs on. */
const tickMs = 10;

/**
 * CPU time that a process and its children have used, in milliseconds; with those that have ended, or
 * the figure would fall whenever Postgres ends a helper.
 */
export async function cpuMsOf(pid: number): Promise<number> {
  const own = await ticksOf(pid);
  const children = await Promise.all((await childrenOf(pid)).map(ticksOf));
  return [own, ...children].reduce((sum, ticks) => sum + ticks, 0) * tickMs;
}

/** Memory that a process holds, in bytes. */
export async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) * 1_024;
}

async function ticksOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  // The name may hold blanks: fields count from behind its bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [own, ended] = [fields.slice(11, 13), fields.slice(13, 15)];
  return [...own, ...ended].reduce((sum, ticks) => sum + Number(ticks), 0);
}

async function childrenOf(pid: number): Promise<number[]> {
  const path = `/proc/${String(pid)}/task/${String(pid)}/children`;
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text !== null) return text.split(' ').filter(Boolean).map(Number);
  const all = (await readdir('/proc').catch(() => [])).map(Number).filter(Number.isInteger);
  const parents = await Promise.all(all.map(async (one) => [one, await parentOf(one)] as const));
  return parents.flatMap(([one, parent]) => (parent === pid ? [one] : []));
}

async function parentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8').catch(() => '');
  return Number(/PPid:\s+(\d+)/.exec(status)?.[1] ?? NaN);
}
