import { z } from 'zod';

/** Where an answer is damaged, each as one of Cloud KMS's own fields. */
export const corruptions = [
  'signature',
  'signatureCrc32c',
  'verifiedDigestCrc32c',
  'name',
  'pem',
  'pemCrc32c',
  'algorithm',
  'protectionLevel',
] as const;

/** What the stand-in does wrong until it is told otherwise. Without any it behaves. */
export const faultsSchema = z.strictObject({
  /** Every answer comes this much later, and up to `jitterMs` more. */
  delayMs: z.number().int().min(0).max(600_000).default(0),
  jitterMs: z.number().int().min(0).max(600_000).default(0),
  /** Calls are refused with this status. */
  status: z
    .enum(['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'PERMISSION_DENIED', 'INTERNAL'])
    .nullable()
    .default(null),
  /** Calls are taken and never answered. */
  stall: z.boolean().default(false),
  /** Answers are damaged here; `signature` and `pem` come with a checksum that fits the damage. */
  corrupt: z.enum(corruptions).nullable().default(null),
  /** New versions stay in PENDING_GENERATION. */
  holdGeneration: z.boolean().default(false),
  /** How many calls meet these faults; null: all. */
  times: z.number().int().min(1).nullable().default(null),
});
export type Faults = z.output<typeof faultsSchema>;

/** The faults at present, counted down as calls meet them. */
export function createFaultSwitches() {
  let faults = faultsSchema.parse({});
  return {
    present: (): Faults => faults,
    /** Replaces all faults: what is not named is off. */
    set(wanted: z.input<typeof faultsSchema>): void {
      faults = faultsSchema.parse(wanted);
    },
    /** The faults that this call meets. */
    meet(): Faults {
      const met = faults;
      if (met.times === 1) faults = faultsSchema.parse({});
      else if (met.times !== null) faults = { ...met, times: met.times - 1 };
      return met;
    },
  };
}
export type FaultSwitches = ReturnType<typeof createFaultSwitches>;
