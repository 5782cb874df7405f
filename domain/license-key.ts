/**
 * License keys are for people: `LH-7KD2QM-…`, Crockford's base32 without I, L, O and U, upper or lower
 * case, dashes anywhere. 26 characters carry 130 random bits, four more are a checksum, so a typing
 * error is told apart from an unknown key before anything is looked up.
 */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const randomLength = 26;
const checksumLength = 4;
const groupLength = 6;

/** Random bytes that a key takes: one for each of its 26 characters, of which five bits are used. */
export const licenseKeyBytes = randomLength;

/** Makes the key from 26 random bytes. */
export function licenseKeyFrom(random: Uint8Array): string {
  if (random.length !== randomLength)
    throw new RangeError(`A license key takes ${randomLength} bytes`);
  const body = Array.from(random, (byte) => alphabet.charAt(byte & 31)).join('');
  const whole = body + checksumOf(body);
  const groups = whole.match(new RegExp(`.{${groupLength}}`, 'g')) ?? [];
  return `LH-${groups.join('-')}`;
}

/**
 * The one spelling of a key as typed: upper case, no dashes or blanks, O read as 0, I and L as 1.
 * Null when it cannot be a key: wrong length, foreign characters, wrong checksum.
 */
export function normalizeLicenseKey(typed: string): string | null {
  if (typed.length > 100) return null;
  const text = typed.toUpperCase().replace(/[\s-]/g, '').replace(/^LH/, '');
  const whole = text.replaceAll('O', '0').replace(/[IL]/g, '1');
  if (whole.length !== randomLength + checksumLength) return null;
  const body = whole.slice(0, randomLength);
  return whole.slice(randomLength) === checksumOf(body) ? whole : null;
}

/** Twenty bits over the body; a prime modulus catches each single error and each swap of neighbours. */
function checksumOf(body: string): string {
  let sum = 1;
  for (const character of body) {
    const value = alphabet.indexOf(character);
    if (value === -1) return '';
    sum = (sum * 37 + value) % 1_048_573;
  }
  let text = '';
  for (let index = 0; index < checksumLength; index += 1) {
    text = alphabet.charAt(sum % 32) + text;
    sum = Math.floor(sum / 32);
  }
  return text;
}
