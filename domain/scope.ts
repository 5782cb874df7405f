/** What a tenant's API key may be allowed to do. A key without a list of its own may do all of it. */
export const scopes = [
  'licenses:read',
  'licenses:write',
  'sessions:read',
  'sessions:write',
] as const;
export type Scope = (typeof scopes)[number];
