// Indices of a simulated cluster: made from their template, changed, opened, closed, deleted.
import type { Identity } from './simulated-cluster.ts';
import type { SimulatedIndex } from './simulated-copies.ts';
import type { SimulatedRequest } from './simulated-answers.ts';

interface IndexSettings {
  readonly number_of_shards?: number;
  readonly number_of_replicas?: number;
  readonly translog?: { readonly durability?: string };
}

export function indexSettings({ shards, replicas, durability, settings = {} }: SimulatedIndex): Record<string, string> {
  return {
    ...settings,
    'index.number_of_shards': String(shards),
    'index.number_of_replicas': String(replicas),
    'index.translog.durability': durability,
  };
}

export function indexAnswer(identity: Identity, { method, route, body }: SimulatedRequest): [number, unknown] {
  if (route === '/_aliases') return addAliases(identity, body);
  const [, name = '', part] = route.split('/');
  const index = identity.indices.get(name);
  if (part === undefined && method === 'PUT') {
    if (index) return [400, { error: { type: 'resource_already_exists_exception' } }];
    const template = identity.templates.get(name) as { template: { settings: { index: IndexSettings } } } | undefined;
    const settings = template?.template.settings.index;
    const made = { shards: settings?.number_of_shards ?? 1, replicas: settings?.number_of_replicas ?? 1 };
    const { aliases = {}, mappings = {} } = (template?.template ?? {}) as Pick<SimulatedIndex, 'aliases'> & {
      readonly mappings?: Record<string, unknown>;
    };
    const durability = settings?.translog?.durability ?? 'request';
    identity.indices.set(name, { ...made, durability, aliases: { ...aliases }, mapping: mappings });
    return [200, {}];
  }
  if (!index) return [404, { error: { type: 'index_not_found_exception' } }];
  if (part === undefined && method === 'DELETE') identity.indices.delete(name);
  if (part === '_alias') return [200, { [name]: { aliases: index.aliases ?? {} } }];
  if (part === '_mapping') return mapping(name, index, method, body);
  if (part === '_open') index.closed = false;
  if (part === '_close') index.closed = true;
  if (method === 'PUT' && part === '_settings') change(index, body);
  return [200, { [name]: { settings: indexSettings(index) } }];
}

function addAliases(identity: Identity, body: Record<string, unknown>): [number, unknown] {
  const { actions } = body as { actions: { add: { index: string; alias: string } }[] };
  for (const { add } of actions) {
    const index = identity.indices.get(add.index);
    if (index) index.aliases = { ...index.aliases, [add.alias]: {} };
  }
  return [200, { acknowledged: true }];
}

/** As the engine: fields are added, and a field whose type changes is refused with everything else in the request. */
function mapping(
  name: string,
  index: SimulatedIndex,
  method: string,
  body: Record<string, unknown>,
): [number, unknown] {
  const fields = (of: Record<string, unknown> = {}) => (of['properties'] ?? {}) as Record<string, { type: string }>;
  const present = fields(index.mapping);
  if (method === 'PUT') {
    const other = Object.entries(fields(body)).find(
      ([field, { type }]) => present[field] && present[field].type !== type,
    );
    if (other) {
      const [field, { type }] = other;
      const reason = `mapper [${field}] cannot be changed from type [${present[field]?.type}] to [${type}]`;
      return [400, { error: { type: 'illegal_argument_exception', reason }, status: 400 }];
    }
    index.mapping = { ...index.mapping, ...body, properties: { ...present, ...fields(body) } };
  }
  return [200, { [name]: { mappings: index.mapping ?? {} } }];
}

function change(index: SimulatedIndex, body: Record<string, unknown>): void {
  const { index: nested, ...others } = body;
  const { number_of_replicas: replicas, translog } = (nested ?? {}) as IndexSettings;
  index.replicas = replicas ?? index.replicas;
  index.durability = translog?.durability ?? index.durability;
  const merged = { ...index.settings, ...others } as Record<string, string | null>;
  const set = Object.entries(merged).flatMap(([key, value]) => (value === null ? [] : [[key, value]]));
  index.settings = Object.fromEntries(set) as Record<string, string>;
}
