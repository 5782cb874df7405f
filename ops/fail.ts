/** Ends a program of this folder: words on standard error, and a code of sysexits.h. */
export function fail(code: number, message: string): never {
  console.error(message);
  process.exit(code);
}
