/** What commands read and write where their user says. */
import { readFileSync, writeFileSync } from 'node:fs';
import { misconfigured } from '../errors.ts';

/** `-` is standard input. @throws LeaseholdError `misconfigured` when it cannot be read. */
export function readText(file: string, what: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch {
    throw misconfigured(`The ${what} cannot be read: ${file}`);
  }
}

/** `-` is standard output. @throws LeaseholdError `misconfigured` when it cannot be written. */
export function writeText(file: string, text: string): void {
  if (file === '-') {
    process.stdout.write(text);
    return;
  }
  try {
    writeFileSync(file, text);
  } catch {
    throw misconfigured(`The file cannot be written: ${file}`);
  }
}
