// The index template and the index: read, compared, made.
import { z } from 'zod';
import { UnderstudyError } from '@understudy/foundation';
import { errorReason, errorType, expectBody, refused } from './answer.ts';
import type { EngineAnswer, EngineTransport } from './transport.ts';

/** Body of an index template, as `PUT _index_template` takes it. */
export type IndexTemplate = Readonly<Record<string, unknown>>;

export interface ObservedIndex {
  readonly shards: number;
  readonly replicas: number;
  /** `request` fsyncs before every acknowledgement; `async` may lose acknowledged writes. */
  readonly durability: string;
  /** Every setting by its dotted name, as the engine writes it. */
  readonly settings: Readonly<Record<string, string>>;
  /** The indices behind the name: the name itself, or what an alias stands for. */
  readonly names: readonly string[];
}

const templateAnswer = z.object({
  index_templates: z.array(z.object({ name: z.string(), index_template: z.record(z.string(), z.unknown()) })).min(1),
});

/** The stored template; undefined when the engine says that there is none (404), and for no other reason. */
export async function indexTemplate(transport: EngineTransport, name: string): Promise<IndexTemplate | undefined> {
  const answer = await transport.request('GET', `/_index_template/${name}`);
  if (isMissing(answer, 'resource_not_found_exception')) return undefined;
  return expectBody(answer, templateAnswer, 'show an index template').index_templates[0]?.index_template;
}

export async function putIndexTemplate(transport: EngineTransport, name: string, body: IndexTemplate): Promise<void> {
  const answer = await transport.request('PUT', `/_index_template/${name}`, body, { timeoutMs: 35_000 });
  if (answer.status >= 300) throw refused(answer, `store the index template ${name}`);
}

/** Absent only by the engine's own answer: a 404 from a proxy on the way does not count. */
function isMissing(answer: EngineAnswer, type: string): boolean {
  return answer.status === 404 && errorType(answer) === type;
}

/** Leaves by dotted path, as text: the engine gives numbers and booleans of settings back as strings. */
function leaves(value: unknown, path: string, into: Map<string, string>): Map<string, string> {
  if (Array.isArray(value)) into.set(path, JSON.stringify(value.map(String)));
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) leaves(inner, `${path}.${key}`, into);
  } else into.set(path, String(value));
  return into;
}

/** Whether what is stored says at least what is wanted, however the engine spells it. */
export function templateMatches(stored: IndexTemplate, wanted: IndexTemplate): boolean {
  const seen = leaves(stored, '', new Map());
  return [...leaves(wanted, '', new Map())].every(([path, value]) => seen.get(path) === value);
}

const settingsAnswer = z.record(
  z.string(),
  z.object({
    settings: z.looseObject({
      'index.number_of_shards': z.coerce.number().int(),
      'index.number_of_replicas': z.coerce.number().int(),
      // What the engine does where nothing is set.
      'index.translog.durability': z.string().default('request'),
    }),
  }),
);

export async function observeIndex(transport: EngineTransport, name: string): Promise<ObservedIndex | undefined> {
  const answer = await transport.request('GET', `/${name}/_settings?flat_settings=true`);
  if (isMissing(answer, 'index_not_found_exception')) return undefined;
  const read = expectBody(answer, settingsAnswer, 'show index settings');
  const [first] = Object.values(read);
  if (!first) throw refused(answer, `show the settings of ${name}: the answer names no index`);
  const { settings } = first;
  return {
    shards: settings['index.number_of_shards'],
    replicas: settings['index.number_of_replicas'],
    durability: settings['index.translog.durability'],
    settings: Object.fromEntries([...leaves(settings, '', new Map())].map(([path, value]) => [path.slice(1), value])),
    names: Object.keys(read),
  };
}

/** Makes the index from its template; an index that is there already stays as it is. */
export async function createIndex(transport: EngineTransport, name: string): Promise<void> {
  const answer = await transport.request('PUT', `/${name}`, undefined, { timeoutMs: 65_000 });
  if (answer.status >= 300 && errorType(answer) !== 'resource_already_exists_exception') {
    throw refused(answer, `create the index ${name}`);
  }
}

export async function putIndexSettings(
  transport: EngineTransport,
  name: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  const answer = await transport.request('PUT', `/${name}/_settings`, settings, { timeoutMs: 35_000 });
  if (answer.status >= 300) throw refused(answer, `change settings of the index ${name}`);
}

/** The names by which the index is known beside its own; undefined when there is no index. */
export async function indexAliases(transport: EngineTransport, name: string): Promise<readonly string[] | undefined> {
  const answer = await transport.request('GET', `/${name}/_alias`);
  if (isMissing(answer, 'index_not_found_exception')) return undefined;
  const read = expectBody(
    answer,
    z.record(z.string(), z.object({ aliases: z.record(z.string(), z.unknown()) })),
    'show aliases',
  );
  return Object.values(read).flatMap(({ aliases }) => Object.keys(aliases));
}

/** `aliases`: name -> options, as in a template. Those that are there already get the options. All are added, or none. */
export async function addAliases(
  transport: EngineTransport,
  name: string,
  aliases: Readonly<Record<string, unknown>>,
): Promise<void> {
  const actions = Object.entries(aliases).map(([alias, options]) => ({
    add: { ...(options as object | undefined), index: name, alias },
  }));
  const answer = await transport.request('POST', '/_aliases', { actions }, { timeoutMs: 35_000 });
  if (answer.status >= 300)
    throw refused(answer, `give the index ${name} the names ${Object.keys(aliases).join(', ')}`);
}

/** Key of a mapping's `_meta` that says which mapping of ours the index has. */
export const mappingMarkKey = 'understudy_mapping';

/** The mark in the mapping; null when it has none, undefined when there is no index. */
export async function mappingMark(
  transport: EngineTransport,
  name: string,
): Promise<{ mark: string | null } | undefined> {
  const path = `/${name}/_mapping?filter_path=error,status,*.mappings._meta`;
  const answer = await transport.request('GET', path);
  if (isMissing(answer, 'index_not_found_exception')) return undefined;
  const meta = z.object({ mappings: z.object({ _meta: z.record(z.string(), z.unknown()).optional() }).optional() });
  const [first] = Object.values(expectBody(answer, z.record(z.string(), meta), 'show the mapping'));
  const mark = first?.mappings?._meta?.[mappingMarkKey];
  return { mark: typeof mark === 'string' ? mark : null };
}

/** Error: `cluster-mapping-refused` with the engine's reason, which names the field; the engine changes all of a mapping or nothing. */
export async function putMapping(
  transport: EngineTransport,
  name: string,
  mapping: Readonly<Record<string, unknown>>,
): Promise<void> {
  const answer = await transport.request('PUT', `/${name}/_mapping`, mapping, { timeoutMs: 35_000 });
  if (answer.status < 300) return;
  const error = refused(answer, `change the mapping of the index ${name}`);
  if (error.code !== 'cluster-refused' || answer.status !== 400) throw error;
  // The engine names the field nowhere but in its words, always first and in brackets.
  const field = /\[([^\]]+)\]/.exec(errorReason(answer))?.[1];
  throw new UnderstudyError(
    'cluster-mapping-refused',
    `${error.message} Nothing of the mapping was changed. What is indexed cannot be changed, only added to: take the change of ` +
      `${field ?? 'the field'} back, or name a new index in search.indices and reindex into it.`,
    { facts: { ...error.facts, field }, cause: error },
  );
}
