import { schemathesisFolder } from './places.mjs';
import { ensurePython, hasPython, offerPython } from './python-packages.mjs';

/** What the command answers when it could not look, apart from 1: something was found. */
const notRunCode = 2;

const packages = () => ({
  name: 'Schemathesis',
  folder: schemathesisFolder(),
  requirements: 'test/fuzz/requirements.txt',
  probe: ['-m', 'schemathesis.cli', '--version'],
});

/**
 * Makes sure of Schemathesis, which `npm run fuzz` is nothing without.
 *
 * @returns {Promise<void>}
 */
export async function ensureSchemathesis() {
  try {
    await ensurePython(packages());
  } catch (error) {
    process.exitCode ??= notRunCode;
    throw error;
  }
}

/**
 * The same for `npm test`, which skips one test without it.
 *
 * @returns {Promise<void>}
 */
export function offerSchemathesis() {
  return offerPython(packages());
}

/** @returns {Promise<boolean>} whether it is there and runs */
export function hasSchemathesis() {
  return hasPython(packages());
}
