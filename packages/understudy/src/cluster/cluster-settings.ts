// The settings of the whole cluster: those that were set, and the effective values.
import { z } from 'zod';
import { expectBody, refused } from './answer.ts';
import type { EngineTransport } from './transport.ts';

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** Settings by their full name, as text; the parts of a list are separated by commas. */
export const flatSettings = z.record(z.string(), z.union([text, z.array(text).transform((parts) => parts.join(','))]));

const values = flatSettings.default({});
/** Both parts are there even when they are empty: an answer without them is none. */
const schema = z.object({ persistent: flatSettings, transient: flatSettings, defaults: values });
/** Here the engine leaves out what the filter emptied. */
const filteredSchema = z.object({ persistent: values, transient: values, defaults: values });

/** Values by their full name. Those of elasticsearch.yml are among the defaults. */
export type ClusterSettings = z.infer<typeof schema>;

/** `defaults` are read when asked for: they are many. */
export async function clusterSettings(
  transport: EngineTransport,
  options: { readonly defaults?: boolean } = {},
): Promise<ClusterSettings> {
  const defaults = options.defaults ? '&include_defaults=true&filter_path=*.cluster*' : '';
  const answer = await transport.request('GET', `/_cluster/settings?flat_settings=true${defaults}`);
  return expectBody(answer, options.defaults ? filteredSchema : schema, 'show its settings');
}

/** The effective value: a transient value wins over a persistent one. Undefined when it is not set and no default was read. */
export function settingIn({ persistent, transient, defaults }: ClusterSettings, key: string): string | undefined {
  return transient[key] ?? persistent[key] ?? defaults[key];
}

/** The parts of a list such as `search-1,search-2`. */
export function partsOf(list: string | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Sets persistent values and removes transient ones of the same name, which would win; null removes. */
export async function putClusterSettings(
  transport: EngineTransport,
  settings: Readonly<Record<string, string | null>>,
  what: string,
): Promise<void> {
  const nothing = Object.fromEntries(Object.keys(settings).map((key) => [key, null]));
  const body = { persistent: settings, transient: nothing };
  const answer = await transport.request('PUT', '/_cluster/settings', body, { timeoutMs: 35_000 });
  if (answer.status >= 300) throw refused(answer, what);
}
