/** Random values that a schema of the document allows, and values that nearly are. */
import fc, { type Arbitrary } from 'fast-check';

/** As much of JSON Schema as the document uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  items?: Schema;
  maxProperties?: number;
  required?: string[];
  properties?: Record<string, Schema>;
  propertyNames?: Schema;
  additionalProperties?: boolean | Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

interface Values {
  schemas: Record<string, Schema>;
  /** An id that exists, by its prefix. */
  known: Record<string, string>;
}

/** A value that the schema allows. */
export function valueOf(schema: Schema, values: Values): Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice('#/components/schemas/'.length);
    return valueOf(values.schemas[name] ?? {}, values);
  }
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map((one) => valueOf(one, values)));
  const types = [schema.type ?? 'null'].flat();
  return fc.oneof(...types.map((type) => ofType(type, schema, values)));
}

function ofType(type: string, schema: Schema, values: Values): Arbitrary<unknown> {
  const { minimum: min = 0, maximum: max = 1_000 } = schema;
  switch (type) {
    case 'string':
      return text(schema, values);
    case 'integer':
      return fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max }));
    case 'number':
      return fc.double({ min, max, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valueOf(schema.items ?? {}, values), { maxLength: schema.maxItems ?? 5 });
    case 'object':
      return object(schema, values);
    default:
      return fc.constant(null);
  }
}

function text({ pattern, format, minLength = 0, maxLength }: Schema, { known }: Values) {
  const prefix = /^\^(\w{3})_/.exec(pattern ?? '')?.[1];
  if (prefix !== undefined && known[prefix] !== undefined) {
    return fc.oneof(fc.constant(known[prefix]), fc.stringMatching(new RegExp(pattern ?? '')));
  }
  if (format === 'date-time') {
    const range = { min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true };
    return fc.date(range).map((date) => date.toISOString());
  }
  if (maxLength !== undefined) {
    const isAllowed = new RegExp(pattern ?? '', 'u');
    const length = { minLength, maxLength: Math.min(maxLength, 300) };
    return fc.string({ unit: 'grapheme', ...length }).filter((value) => isAllowed.test(value));
  }
  return fc.stringMatching(new RegExp(pattern ?? '^x$'));
}

function object(schema: Schema, values: Values): Arbitrary<unknown> {
  const { properties, required = [], additionalProperties, propertyNames } = schema;
  if (properties !== undefined) {
    const members = Object.entries(properties).map(([name, one]) => [name, valueOf(one, values)]);
    const model = Object.fromEntries(members) as Record<string, Arbitrary<unknown>>;
    return fc.record(model, { requiredKeys: required.filter((name) => name in model) });
  }
  if (typeof additionalProperties !== 'object') return fc.constant({});
  const names = valueOf(propertyNames ?? { type: 'string', maxLength: 20 }, values);
  return fc.dictionary(names as Arbitrary<string>, valueOf(additionalProperties, values), {
    maxKeys: schema.maxProperties ?? 5,
  });
}

/** A value in which one member is missing, strange or more than is known. */
export function brokenLike(value: Arbitrary<unknown>): Arbitrary<unknown> {
  const strange = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>('\u0000', '\ud800', -1, 1e308, 2 ** 53, '', 'x'.repeat(2_000), [[]]),
  );
  return fc.tuple(value, fc.nat(), strange).map(([whole, at, other]) => {
    if (typeof whole !== 'object' || whole === null) return other;
    const names = [...Object.keys(whole), 'unknown'];
    return { ...whole, [names[at % names.length] ?? 'unknown']: other };
  });
}
