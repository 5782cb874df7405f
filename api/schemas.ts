/** Pieces that several operations share. A name given with `meta({ id })` becomes a schema of the document. */
import { z } from 'zod';
import {
  featureKinds,
  featureName,
  featuresMax,
  featureTextMax,
  gates,
} from '../domain/entitlement.ts';
import { endReasons } from '../domain/errors.ts';
import { idPattern, idPrefixes, type IdPrefix } from '../domain/ids.ts';
import { usageTypes } from '../domain/validation.ts';

/** An id of one kind in a path, a query or a body. */
export function idSchema(prefix: IdPrefix) {
  return z.string().regex(idPattern(prefix), `must be the id of a ${idPrefixes[prefix]}`);
}

/** The path parameter `{id}`. */
export function idParams(prefix: IdPrefix) {
  return z.strictObject({ id: idSchema(prefix) });
}

/**
 * Control characters would act on the terminal that shows them; a NUL or half a surrogate pair cannot
 * be stored at all.
 */
const printable = /^[^\p{Cc}\p{Cs}]*$/u;
const notPrintable = 'must not contain control characters';

/** Text as a program sends it, on one line. */
export function textSchema(lengthMax: number) {
  return z.string().min(1).max(lengthMax).regex(printable, notPrintable);
}

/** Blanks, then one character that is none, then any; each part excludes the next, so it is linear. */
const phrase = /^[^\p{Cc}\p{Cs}\S]*[^\p{Cc}\p{Cs}\s][^\p{Cc}\p{Cs}]*$/u;
const noPhrase = 'must be more than blanks, without control characters';

/**
 * Text as a person types it. The blanks around it are dropped after it was checked: the document can
 * only tell what must hold of the text as it is sent.
 */
export function phraseSchema(lengthMax: number) {
  return z
    .string()
    .min(1, { error: noPhrase, abort: true })
    .max(lengthMax)
    .regex(phrase, noPhrase)
    .trim();
}

/** A number that every part on its way keeps as it is. */
const numberSchema = z.number().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER);

const featureNameSchema = z
  .string()
  .regex(
    featureName,
    'must begin with a letter, go on with letters, digits and _ . : -, and be up to 64 long',
  );

const featureValueSchema = z.union([
  z.boolean(),
  z.number().min(0).max(Number.MAX_SAFE_INTEGER),
  textSchema(featureTextMax),
]);

const gateSchema = z.enum(gates).meta({
  description:
    'hard: beyond its limit there is nothing. soft: what is there stays, to be looked at and not changed.',
});

/** A feature as plans and overrides state it. */
export const featureSchema = z
  .union([featureValueSchema, z.strictObject({ value: featureValueSchema, gate: gateSchema })], {
    error: `must be on or off, a number from 0 or a text of up to ${featureTextMax} characters, as it is or as the value beside a gate that is hard or soft`,
  })
  .meta({
    id: 'Feature',
    description:
      'On or off, a limit (the text unlimited is one without an end) or a text. The plain value is short for a hard gate, in overrides for the gate of the plan.',
  });

/** Features by name, or what is to become of them. */
export function featuresSchema<Stated extends z.ZodType>(stated: Stated) {
  return z
    .record(featureNameSchema, stated)
    .refine(
      (value) => Object.keys(value).length <= featuresMax,
      `must have at most ${featuresMax} members`,
    )
    .meta({ maxProperties: featuresMax });
}

/** What holds for one feature of a license. */
export const entitlementSchema = z
  .object({
    value: z.union([z.boolean(), z.number(), z.string()]),
    kind: z.enum(featureKinds),
    gate: gateSchema,
    from: z.enum(['plan', 'license']).meta({
      description: 'license: it replaces what the plan says, or comes beside it.',
    }),
  })
  .meta({ id: 'Entitlement' });

/** Features that a program needs to run at all. */
export const askedFeaturesSchema = z
  .array(featureNameSchema)
  .max(50)
  .optional()
  .meta({ description: 'Names of features without which the program is of no use.' });

/** Features that were asked for and are not granted. */
export const missingFeaturesSchema = z
  .array(
    z.object({
      name: z.string(),
      value: entitlementSchema.shape.value.nullable().meta({
        description: 'null: the license has no feature of that name.',
      }),
      gate: gateSchema.nullable(),
    }),
  )
  .meta({ description: 'With feature_not_granted: what is missing.' });

/** What would allow a use that the plan does not. */
export const upgradeSchema = z
  .object({
    plans: z.array(z.object({ code: z.string(), name: z.string() })).meta({
      description: 'The plans on offer that would allow it, five at most.',
    }),
    url: z.string().nullable().meta({ description: 'Where the vendor sells them.' }),
  })
  .meta({
    id: 'Upgrade',
    description: 'With usage_type_not_allowed and feature_not_granted: the way out.',
  });

/** An instant as callers write it: in UTC, with a bound on the digits of its seconds. */
export const instantSchema = z.iso.datetime().max(35);

/** Printable ASCII without blanks, so that it travels in credentials, keys and logs as it is. */
export const instanceKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable ASCII characters without blanks')
  .meta({
    description:
      'Names one running instance on its device; the same instance never takes two seats.',
    examples: ['f3b1c2d4e5f60718'],
  });

export const holderIdSchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 printable ASCII characters without blanks')
  .meta({ description: 'Names one process of the instance. Left out: the instance has one.' });

export const nonceSchema = textSchema(200);

export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x20-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters')
  .meta({
    description:
      'Makes the request safe to repeat: within 24 hours the same key with the same body answers the same and creates nothing more. Belongs to the credential, the tenant and the operation.',
    examples: ['8e03978e-40d5-43dd-bc93-6894a57f9324'],
  });

/** A text between the lines that say what it is; its reader says what is wrong with it. */
export const carriedFileSchema = z.string().min(1).max(8_192);

export const metadataSchema = z
  .record(
    textSchema(64),
    z.union([
      z.string().max(500).regex(printable, notPrintable),
      numberSchema,
      z.boolean(),
      z.null(),
    ]),
  )
  .refine((value) => Object.keys(value).length <= 20, 'must have at most 20 members')
  .meta({ description: 'Up to 20 flat members of your own.', maxProperties: 20 });

export const usageTypeSchema = z.enum(usageTypes).meta({
  description: 'builder: a person at work. runtime: inside a shipped product.',
});

export const deviceSchema = z
  .strictObject({
    fingerprint: textSchema(200).meta({ description: 'A hash that names the machine.' }),
    name: textSchema(100).optional(),
    platform: textSchema(50).optional(),
    ephemeral: z.boolean().optional().meta({
      description:
        'Whether the machine is gone after this run, as in a build or a container. Then no offline rights stay after a clean stop.',
    }),
  })
  .meta({ id: 'Device' });

const instant = z.iso.datetime();

export const fenceSchema = z.object({ epoch: z.int(), counter: z.int() }).meta({
  id: 'Fence',
  description: 'Rises with every grant of the license: compare epoch first.',
});

const seatsSchema = z.object({ used: z.int(), limit: z.int() });

export const sessionSchema = z
  .object({
    id: z.string(),
    status: z.enum(['queued', 'offered', 'active', 'ended']),
    licenseId: z.string(),
    instanceKey: z.string(),
    usageType: z.enum(usageTypes).optional(),
    seats: seatsSchema.nullable(),
    queue: z
      .object({
        position: z.int().nullable().meta({ description: '1 is next.' }),
        length: z.int().nullable(),
        estimatedWaitSeconds: z.int().nullable(),
        offerUntil: instant.nullable().meta({
          description: 'A seat is held back until then: acquire again with the same instanceKey.',
        }),
        waitUntil: instant.nullable().meta({ description: 'When the wait is given up.' }),
      })
      .nullable(),
    leaseUntil: instant.nullable(),
    heartbeatSeconds: z.number().nullable(),
    fence: fenceSchema.nullable(),
    createdAt: instant.optional(),
    endedAt: instant.nullable().optional(),
    endReason: z.enum(endReasons).nullable().optional(),
  })
  .meta({
    id: 'Session',
    description: 'A heartbeat leaves out usageType, createdAt, endedAt and endReason.',
  });

export const sessionAnswerSchema = z
  .object({
    session: sessionSchema,
    credential: z.string().optional().meta({
      description: 'Authorises heartbeat, status and release of this holder. Keep it secret.',
    }),
    leaseToken: z.string().optional().meta({
      description:
        'Proves the seat, and what the license grants, without the server: typ lic-lease+jwt. There when one was signed for this answer; the last one is good until then.',
    }),
    certificate: z.string().optional().meta({
      description:
        'Of the key that signed the lease token: typ lic-delegate+jwt, signed by a root.',
    }),
    serverTime: instant,
    revocationSeq: z.int().optional().meta({
      description: 'Number of the newest list of what is revoked; absent before the first.',
    }),
  })
  .meta({ id: 'SessionAnswer' });

export const cursorQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z
    .string()
    .regex(/^[a-z]{3}_[0-9a-z]{26}$/, 'must be the nextCursor of the page before')
    .optional(),
});

/** A page: what it holds and where the next begins. */
export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}
