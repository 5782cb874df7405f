/** The prefixes of ids, and what each names. */
export const idPrefixes = {
  ten: 'tenant',
  prd: 'product',
  pln: 'plan',
  lic: 'license',
  ses: 'session',
  key: 'credential',
  evt: 'event',
  chk: 'check-out',
  dlg: 'delegate',
  rev: 'revocation',
  aud: 'audit entry',
  req: 'request',
} as const;

export type IdPrefix = keyof typeof idPrefixes;

/** Matches a well-formed id of one kind: prefix, underscore, 26 characters of Crockford base32. */
export function idPattern(prefix: IdPrefix): RegExp {
  return new RegExp(`^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`);
}
