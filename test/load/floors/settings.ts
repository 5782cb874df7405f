import { z } from 'zod';

const schema = z.object({
  FLOOR_PORT: z.coerce.number().int(),
  FLOOR_DATABASE_URL: z.string(),
  FLOOR_REDIS_URL: z.string(),
  FLOOR_TENANT: z.string(),
  FLOOR_LICENSE: z.string(),
  FLOOR_PRODUCT: z.string(),
  /** What the scripts are told of the license, packed. */
  FLOOR_CONFIG: z.string(),
  /** The secret of session credentials, base64url. */
  FLOOR_SECRET: z.string(),
});

export type FloorSettings = ReturnType<typeof floorSettings>;

/** What the bench tells the process of the floors. */
export function floorSettings() {
  const given = schema.parse(process.env);
  return {
    port: given.FLOOR_PORT,
    databaseUrl: given.FLOOR_DATABASE_URL,
    redisUrl: given.FLOOR_REDIS_URL,
    pool: { tenantId: given.FLOOR_TENANT, licenseId: given.FLOOR_LICENSE },
    productId: given.FLOOR_PRODUCT,
    config: given.FLOOR_CONFIG,
    secret: given.FLOOR_SECRET,
  };
}
