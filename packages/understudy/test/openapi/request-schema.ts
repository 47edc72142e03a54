// Turns the schema of a request in an OpenAPI 3.0 file into plain JSON Schema that says what its author meant: references are
// followed, `allOf` of closed objects becomes one closed object, `nullable` becomes a type, and what is read-only is gone.

export type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Follows `$ref` inside the document. */
export function follow(document: Json, value: unknown): unknown {
  let here = value;
  while (isObject(here) && typeof here['$ref'] === 'string') {
    const steps = here['$ref'].slice(2).split('/');
    here = steps.reduce<unknown>(
      (at, step) => (isObject(at) ? at[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined),
      document,
    );
  }
  return here;
}

export function requestSchema(document: Json, schema: unknown, above: readonly unknown[] = []): Json {
  const source = follow(document, schema);
  // A schema inside itself accepts anything there.
  if (!isObject(source) || above.includes(source)) return {};
  const inner = (value: unknown) => requestSchema(document, value, [...above, source]);
  const members = Array.isArray(source['allOf']) ? source['allOf'].map(inner) : [];
  const own = ownKeywords(document, source, inner);
  const merged = [...members, own].reduce(mergeObjects, {});
  return source['nullable'] === true ? nullable(merged) : merged;
}

const keptAsTheyAre = [
  ...['type', 'enum', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems'],
  'additionalProperties',
];

function ownKeywords(document: Json, source: Json, inner: (value: unknown) => Json): Json {
  const result: Json = {};
  for (const key of keptAsTheyAre) if (source[key] !== undefined) result[key] = source[key];
  if (isObject(source['additionalProperties'])) result['additionalProperties'] = inner(source['additionalProperties']);
  if (source['items'] !== undefined) result['items'] = inner(source['items']);
  for (const key of ['oneOf', 'anyOf'])
    if (Array.isArray(source[key])) result['anyOf'] = (source[key] as unknown[]).map(inner);
  const properties = isObject(source['properties']) ? source['properties'] : {};
  const kept = Object.entries(properties).filter(([, value]) => {
    const target = follow(document, value);
    return !(isObject(target) && target['readOnly'] === true);
  });
  if (source['properties'] !== undefined)
    result['properties'] = Object.fromEntries(kept.map(([name, value]) => [name, inner(value)]));
  if (Array.isArray(source['required'])) result['required'] = source['required'];
  return result;
}

function mergeObjects(one: Json, other: Json): Json {
  const before = (one['properties'] ?? {}) as Record<string, Json>;
  const after = (other['properties'] ?? {}) as Record<string, Json>;
  const both = Object.entries(after).map(([name, schema]) => {
    const earlier = before[name];
    return [name, earlier === undefined ? schema : mergeObjects(earlier, schema)] as const;
  });
  const properties: Record<string, Json> = { ...before, ...Object.fromEntries(both) };
  const required = [...new Set([...asList(one['required']), ...asList(other['required'])])].filter(
    // What is read-only cannot be required of a request.
    (name) => Object.keys(properties).length === 0 || String(name) in properties,
  );
  const merged: Json = { ...one, ...other };
  if (Object.keys(properties).length > 0) merged['properties'] = properties;
  if (required.length > 0) merged['required'] = required;
  else delete merged['required'];
  return merged;
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function nullable(schema: Json): Json {
  return { anyOf: [schema, { type: 'null' }] };
}
