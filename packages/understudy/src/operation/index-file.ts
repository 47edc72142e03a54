// The file of `search.index.template`: settings, mappings and aliases of an index, in JSON or YAML. Refuses what the topology decides.
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { problemAt, TopologyError, type Index, type Topology } from '../topology/index.ts';

type Mapping = Readonly<Record<string, unknown>>;

export interface IndexFile {
  /** By dotted name, without `index.` before it. */
  readonly settings?: Mapping;
  readonly mappings?: Mapping;
  readonly aliases?: Mapping;
}

const keys = ['settings', 'mappings', 'aliases'] as const;
const allowed = `a JSON or YAML mapping with ${keys.join(', ')}`;
/** Settings that have fields of their own in the topology. */
const decided: Readonly<Record<string, string>> = {
  number_of_shards: 'shards',
  number_of_replicas: 'replicas',
  'translog.durability': 'durability',
};

/** Every index file of the topology, by index. Error: `topology-invalid` with what was seen in which file. */
export async function indexFilesOf(topology: Topology): Promise<Readonly<Record<string, IndexFile>>> {
  const files = topology.search.indices.flatMap((index, at) =>
    index.template.from === 'file' ? [[at, index, index.template.path] as const] : [],
  );
  const read = files.map(
    async ([at, index, path]) => [index.name, await indexFile(path, refusalAt(topology, index, at))] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}

type Refuse = (saw: string, message: string, remedy: string) => TopologyError;

function refusalAt(topology: Topology, index: Index, at: number): Refuse {
  const short = topology.search.indices.length === 1;
  const path = index.template.from === 'file' ? index.template.path : '';
  return (saw, message, remedy) => {
    const words = { saw, allowed, message, remedy };
    const problem = [
      problemAt(topology, ['search', 'indices', at, 'template'], words),
      problemAt(topology, ['search', 'index', 'template'], words),
    ][short ? 1 : 0];
    return new TopologyError(path, problem ? [problem] : []);
  };
}

async function indexFile(path: string, refuse: Refuse): Promise<IndexFile> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw refuse(
      `${path} (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`,
      'it cannot be read',
      'correct the path, or write built-in or none',
    );
  });
  let read: unknown;
  try {
    read = parse(text);
  } catch (error) {
    throw refuse(path, `it is neither JSON nor YAML: ${(error as Error).message.split('\n')[0]}`, 'correct the file');
  }
  if (!isMapping(read)) throw refuse(kindOf(read), `${path} must hold a mapping`, 'write {"mappings": {…}}');
  for (const [key, value] of Object.entries(read)) {
    if (!(keys as readonly string[]).includes(key))
      throw refuse(
        `the unknown key ${key}`,
        `the engine knows no such part of an index in ${path}`,
        'rename or remove it',
      );
    if (!isMapping(value))
      throw refuse(`${kindOf(value)} for ${key}`, `${key} in ${path} must be a mapping`, 'correct it');
  }
  const { settings, mappings, aliases } = read as { [key in (typeof keys)[number]]?: Mapping };
  const flat = settings && flatSettings(settings);
  for (const [name, field] of Object.entries(decided)) {
    if (flat && name in flat)
      throw refuse(
        `${name}: ${String(flat[name])} in ${path}`,
        'the topology decides it, and it is unclear which of the two counts',
        `remove it there, and write ${field}: ${String(flat[name])} beside template`,
      );
  }
  return { ...(flat && { settings: flat }), ...(mappings && { mappings }), ...(aliases && { aliases }) };
}

/** `{index: {a: {b: 1}}}`, `{"index.a.b": 1}` and `{a: {b: 1}}` are the same setting to the engine: `a.b`. */
function flatSettings(settings: Mapping): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  const walk = (value: unknown, path: string): void => {
    if (isMapping(value))
      for (const [key, inner] of Object.entries(value)) walk(inner, path === '' ? key : `${path}.${key}`);
    else flat[path.replace(/^index\./, '')] = value;
  };
  walk(settings, '');
  return flat;
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
