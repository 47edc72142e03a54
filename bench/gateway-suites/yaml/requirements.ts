// What a test says that it needs (`skip`, `requires`), and whether this runner and this engine have it.
import { ask } from './http.ts';
import { includes, type EngineVersion } from './version-range.ts';

/** Of the runner; a test that needs another is skipped. */
const runnerFeatures = new Set([
  ...['contains', 'arbitrary_key', 'headers', 'stash_in_path', 'stash_in_key', 'stash_path_replace', 'capabilities'],
  ...['warnings', 'warnings_regex', 'allowed_warnings', 'allowed_warnings_regex', 'default_shards', 'close_to'],
  ...['catch_unauthorized', 'gtelte', 'node_selector'],
]);

interface Needs {
  readonly features?: string | readonly string[];
  readonly test_runner_features?: string | readonly string[];
  readonly cluster_features?: string | readonly string[];
  readonly capabilities?: readonly Capability[];
  readonly version?: string;
  readonly awaits_fix?: string;
  readonly reason?: string;
}

interface Capability {
  readonly method?: string;
  readonly path?: string;
  readonly parameters?: readonly string[];
  readonly capabilities?: readonly string[];
}

/** Why the test is not run, or undefined. */
export async function skipReason(name: 'skip' | 'requires', value: unknown, url: string): Promise<string | undefined> {
  const needs = (value ?? {}) as Needs;
  const missing = [...list(needs.features), ...list(needs.test_runner_features)].find(
    (feature) => !runnerFeatures.has(feature),
  );
  if (missing !== undefined) return `the runner has no feature ${missing}`;
  const skips = name === 'skip';
  if (needs.awaits_fix !== undefined) return `known to fail: ${needs.awaits_fix}`;
  if (skips && needs.version !== undefined && (await isWithin(url, needs.version))) return needs.reason ?? 'skipped';
  const wanted = list(needs.cluster_features);
  if (wanted.length > 0) {
    const has = await clusterHas(url, wanted);
    if (skips ? has.some(Boolean) : !has.every(Boolean))
      return `features of the cluster: ${skips ? 'not with' : 'needs'} ${wanted.join(', ')}`;
  }
  for (const capability of needs.capabilities ?? []) {
    const supported = await isCapable(url, capability);
    if (supported === skips)
      return `capability: ${skips ? 'not with' : 'needs'} ${capability.path ?? ''} ${(capability.capabilities ?? []).join(', ')}`;
  }
  return undefined;
}

const versions = new Map<string, EngineVersion>();

/** Whether the server's version is one of the range, such as `2.0.0 - 2.14.99, 3.1.0 -`. */
export async function isWithin(url: string, range: string): Promise<boolean> {
  if (range.trim() === 'all') return true;
  let version = versions.get(url);
  if (version === undefined) {
    const { status, text } = await ask(url, { method: 'GET', path: '/', headers: {}, body: undefined });
    if (status !== 200) throw new Error(`GET / answered ${status}, expected 200 with the engine's version.`);
    version = (JSON.parse(text) as { version: EngineVersion }).version;
    versions.set(url, version);
  }
  return includes(range, version);
}

async function clusterHas(url: string, wanted: readonly string[]): Promise<readonly boolean[]> {
  const path = '/_cluster/state/nodes?filter_path=nodes_features';
  const { text } = await ask(url, { method: 'GET', path, headers: { accept: 'application/json' }, body: undefined });
  const { nodes_features: nodes = [] } = JSON.parse(text) as { nodes_features?: { features: string[] }[] };
  // Each version of an engine has the features of those before it: `gte_v8.12.0` is always there in a newer one.
  return wanted.map((name) => name.startsWith('gte_v8') || nodes.every(({ features }) => features.includes(name)));
}

async function isCapable(url: string, { method, path, parameters, capabilities }: Capability): Promise<boolean> {
  const query = new URLSearchParams({
    method: method ?? 'GET',
    path: path ?? '/',
    parameters: (parameters ?? []).join(','),
    capabilities: (capabilities ?? []).join(','),
  });
  const call = { method: 'GET', path: `/_capabilities?${query.toString()}`, headers: {}, body: undefined };
  const { status, text } = await ask(url, call);
  return status === 200 && (JSON.parse(text) as { supported?: boolean }).supported === true;
}

function list(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}
