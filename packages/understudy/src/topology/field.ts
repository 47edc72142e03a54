// One field of the topology file: its schema with what editors show (JSON Schema) and what a refusal says (hints).
import { z } from 'zod';

export interface FieldText {
  /** What the field means; shown by editors. */
  readonly about: string;
  readonly examples?: readonly unknown[];
  /** The values that are accepted, in words. */
  readonly allowed: string;
  /** What to do when it is refused. */
  readonly remedy: string;
}

const texts = z.registry<FieldText>();

/** Attaches the words to a schema. Apply it last: it returns a new schema. */
export function field<Schema extends z.ZodType>(schema: Schema, text: FieldText): Schema {
  const described = schema.meta({
    description: text.about,
    ...(text.examples === undefined ? {} : { examples: [...text.examples] }),
  });
  texts.add(described, text);
  return described;
}

/** The words of the field at `path` below `root`, those of the nearest field above it when it has none of its own. */
export function textAt(root: z.ZodType, path: readonly PropertyKey[]): FieldText | undefined {
  let found = textOf(root);
  let here: z.ZodType | undefined = root;
  for (const step of path) {
    here = child(here, step);
    if (here === undefined) return found;
    found = textOf(here) ?? found;
  }
  return found;
}

/** Keys that the mapping at `path` may have; undefined when it is no mapping with fixed keys. */
export function keysAt(root: z.ZodType, path: readonly PropertyKey[]): readonly string[] | undefined {
  let here: z.ZodType | undefined = root;
  for (const step of path) here = here && child(here, step);
  const objects = here ? unwrapped(here).filter((schema) => schema instanceof z.ZodObject) : [];
  return objects.length === 0 ? undefined : objects.flatMap((object) => Object.keys(object.shape));
}

function textOf(schema: z.ZodType): FieldText | undefined {
  return unwrapped(schema)
    .map((inner) => texts.get(inner))
    .find((text) => text !== undefined);
}

function child(schema: z.ZodType, step: PropertyKey): z.ZodType | undefined {
  for (const inner of unwrapped(schema)) {
    const own = inner instanceof z.ZodObject ? (inner.shape as Record<PropertyKey, z.ZodType>)[step] : undefined;
    if (own !== undefined) return own;
    if (inner instanceof z.ZodArray) return inner.element as z.ZodType;
    if (inner instanceof z.ZodRecord) return inner.valueType as z.ZodType;
  }
  return undefined;
}

/** The schema, then what it wraps, outermost first; of a union, each member. */
function unwrapped(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return [schema, ...unwrapped(schema.unwrap() as z.ZodType)];
  if (schema instanceof z.ZodUnion)
    return [schema, ...schema.options.flatMap((option) => unwrapped(option as z.ZodType))];
  return [schema];
}
