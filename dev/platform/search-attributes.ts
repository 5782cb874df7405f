/** The keyword attributes by which every workflow can be listed in Temporal. */
export const searchAttributes = [
  'TenantId',
  'LicenseId',
  'ProductId',
  'Status',
  'EndReason',
] as const;
