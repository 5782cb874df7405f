import { z } from 'zod';
import type { LicenseRecord } from '../../data/licenses.ts';
import { resolveEntitlements } from '../../domain/entitlement.ts';
import { deriveLicense } from '../../domain/license.ts';
import { entitlementSchema } from '../schemas.ts';

export const licenseSchema = z
  .object({
    id: z.string(),
    tenantId: z.string(),
    productId: z.string(),
    planId: z.string(),
    status: z.enum(['trialing', 'active', 'grace', 'suspended', 'expired', 'revoked']),
    seats: z.object({
      limit: z.int(),
      used: z.int(),
      queued: z.int(),
      checkedOut: z.int().meta({ description: 'Held by devices with their license files.' }),
    }),
    expiresAt: z.iso.datetime().nullable(),
    entitlements: z.record(z.string(), entitlementSchema),
    metadata: z.record(z.string(), z.unknown()),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'License' });

/** A license as its readers see it; `open` counts its sessions by the ledger. */
export function presentLicense(
  license: LicenseRecord,
  open: { used: number; queued: number } | undefined,
): z.input<typeof licenseSchema> {
  return {
    id: license.id,
    tenantId: license.tenantId,
    productId: license.productId,
    planId: license.planId,
    status: deriveLicense(license, new Date()).status,
    seats: {
      limit: license.seats,
      used: open?.used ?? 0,
      queued: open?.queued ?? 0,
      checkedOut: license.checkedOut,
    },
    expiresAt: license.expiresAt?.toISOString() ?? null,
    entitlements: resolveEntitlements(license.planPolicy.features, license.overrides.features),
    metadata: license.metadata as Record<string, unknown>,
    createdAt: license.createdAt.toISOString(),
  };
}
