// OpenAPI 3.0 to JSON Schema that says what its author meant: `nullable` becomes a type; an `allOf` of closed objects, which no value
// could satisfy, becomes the one object that is meant; in a request, what is read-only is gone and alternatives may overlap.

export type Node = Record<string, unknown>;
export type Direction = 'request' | 'answer';

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a `$ref` inside the document points at. */
export function follow(reference: string, document: Node): Node {
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((at, key) => (at as Node)[key.replaceAll('~1', '/').replaceAll('~0', '~')], document) as Node;
}

/** The node itself, or what it refers to. */
export function resolved(node: unknown, document: Node): Node {
  const reference = (node as Node)['$ref'];
  return typeof reference === 'string' ? resolved(follow(reference, document), document) : (node as Node);
}

export function translate(node: unknown, document: Node, direction: Direction): unknown {
  if (Array.isArray(node)) return node.map((item) => translate(item, document, direction));
  if (!isNode(node)) return node;
  const source = direction === 'request' ? writable(node, document) : node;
  let result: Node = Object.fromEntries(
    Object.entries(source).map(([key, value]) => [key, translate(value, document, direction)]),
  );
  if (Array.isArray(result['allOf'])) result = merged(result, document, direction);
  return result['nullable'] === true ? orNull(result) : result;
}

/** A schema as it holds for requests. */
function writable(node: Node, document: Node): Node {
  const { oneOf, ...rest } = node;
  const source: Node = Array.isArray(oneOf) ? { ...rest, anyOf: oneOf } : node;
  const properties = source['properties'];
  if (!isNode(properties)) return source;
  const kept = Object.entries(properties).filter(
    ([, value]) => !isNode(value) || resolved(value, document)['readOnly'] !== true,
  );
  const { required, ...open } = source;
  return {
    ...open,
    properties: Object.fromEntries(kept),
    ...(Array.isArray(required) ? { required: required.filter((name) => kept.some(([key]) => key === name)) } : {}),
  };
}

function merged({ allOf, ...own }: Node, document: Node, direction: Direction): Node {
  const parts = [...(allOf as Node[]).map((part) => resolved(part, document)), own];
  const objects = parts.map((part) => translate(part, document, direction) as Node);
  return {
    ...(Object.assign({}, ...objects) as Node),
    properties: Object.assign({}, ...objects.map((part) => part['properties'])) as unknown,
    required: [...new Set(objects.flatMap((part) => (part['required'] as string[] | undefined) ?? []))],
  };
}

function orNull(node: Node): Node {
  const schema = { ...node };
  delete schema['nullable'];
  if (typeof schema['type'] !== 'string') return { anyOf: [{ type: 'null' }, schema] };
  const values = Array.isArray(schema['enum']) ? { enum: [...(schema['enum'] as unknown[]), null] } : {};
  return { ...schema, ...values, type: [schema['type'], 'null'] };
}
