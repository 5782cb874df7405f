import { cryptographyFolder } from './places.mjs';
import { hasPython, offerPython } from './python-packages.mjs';

const packages = () => ({
  name: 'cryptography',
  folder: cryptographyFolder(),
  requirements: 'client/conformance/requirements.txt',
  probe: ['-c', 'import cryptography.hazmat.primitives.asymmetric.ed25519'],
});

/**
 * Offers `npm test` what the verifier in Python needs; its test is skipped without.
 *
 * @returns {Promise<void>}
 */
export function offerCryptography() {
  return offerPython(packages());
}

/** @returns {Promise<boolean>} whether it is there and runs */
export function hasCryptography() {
  return hasPython(packages());
}
