// What an index is meant to be: its template, the settings and the mapping that an existing one is compared with.
import { mappingMarkKey, type IndexTemplate } from '../cluster/index.ts';
import { contentHash } from '../machines/index.ts';
import type { Index } from '../topology/index.ts';
import type { Intent } from './intent-shape.ts';

/** Above templates that applications store without a priority, so that settings of the topology hold. */
const filePriority = 200;

/** The index settings that can also be changed on an existing index, below `index`. */
export function indexSettingsOf({ replicas, durability }: Index): object {
  return { number_of_replicas: replicas, translog: { durability } };
}

/** Undefined for an index that its application makes itself: it gets no template, so that no template of its own is hidden. */
export function indexTemplateOf(intent: Intent, index: Index): IndexTemplate | undefined {
  const { name, shards, aliases, template: source } = index;
  if (source.from === 'none') return undefined;
  const base = source.from === 'built-in' ? intent.indexTemplate : templateFromFile(intent, index);
  const { template = {} } = base as { readonly template?: { readonly settings?: { readonly index?: object } } };
  const settings = {
    ...template.settings,
    index: { ...template.settings?.index, number_of_shards: shards, ...indexSettingsOf(index) },
  };
  const given = (template as { readonly aliases?: object }).aliases;
  const named = { ...given, ...Object.fromEntries(aliases.map((alias) => [alias, {}])) };
  const withAliases = Object.keys(named).length === 0 ? {} : { aliases: named };
  return { ...base, index_patterns: [name], template: { ...template, settings, ...withAliases } };
}

function templateFromFile(intent: Intent, index: Index): IndexTemplate {
  const { settings } = intent.indexFiles?.[index.name] ?? {};
  const mappings = mappingOf(intent, index)?.mapping;
  return {
    priority: filePriority,
    template: {
      ...(settings === undefined ? {} : { settings: { index: nested(settings) } }),
      ...(mappings === undefined ? {} : { mappings }),
    },
  };
}

/** The mapping of the index's file with a mark in its `_meta`, by which one that changed is recognised however the engine writes it. */
export function mappingOf(
  { indexFiles }: Intent,
  { name }: Index,
): { readonly mark: string; readonly mapping: Readonly<Record<string, unknown>> } | undefined {
  const mappings = indexFiles?.[name]?.mappings;
  if (mappings === undefined) return undefined;
  const mark = contentHash(JSON.stringify(mappings)).slice(0, 16);
  const { _meta: meta } = mappings as { readonly _meta?: object };
  return { mark, mapping: { ...mappings, _meta: { ...meta, [mappingMarkKey]: mark } } };
}

/** Every alias that the index is to have: the topology's and its file's. */
export function aliasesOf({ indexFiles }: Intent, { name, aliases }: Index): readonly string[] {
  return [...new Set([...aliases, ...Object.keys(indexFiles?.[name]?.aliases ?? {})])];
}

/** Settings of the file that the index has not, by dotted name. */
export function differingSettings(
  { indexFiles }: Intent,
  { name }: Index,
  seen: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const wanted = Object.entries(indexFiles?.[name]?.settings ?? {});
  return Object.fromEntries(wanted.filter(([key, value]) => seen[`index.${key}`] !== text(value)));
}

const text = (value: unknown) => (Array.isArray(value) ? JSON.stringify(value.map(String)) : String(value));

/** `{'analysis.analyzer.own.type': 'custom'}` as nested objects. */
function nested(flat: Readonly<Record<string, unknown>>): object {
  const result: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(flat)) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const owner = keys.reduce<Record<string, unknown>>(
      (here, key) => (here[key] ??= {}) as Record<string, unknown>,
      result,
    );
    owner[last] = value;
  }
  return result;
}
