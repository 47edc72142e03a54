// Empties a cluster that was started for tests, as the official runners do between two tests. Never for a cluster with data of anyone.
import { ask } from './http.ts';

/** In this order: a snapshot holds its repository, a data stream its template. */
export async function emptyCluster(url: string): Promise<void> {
  const repositories = (await read(url, '/_snapshot')) as Record<string, unknown>;
  for (const name of Object.keys(repositories)) {
    const kept = (await read(url, `/_snapshot/${name}/_all`)) as { snapshots?: { snapshot: string }[] };
    for (const { snapshot } of kept.snapshots ?? []) await remove(url, `/_snapshot/${name}/${snapshot}`);
    await remove(url, `/_snapshot/${name}`);
  }
  await remove(url, '/_data_stream/*?expand_wildcards=all');
  const indices = (await read(url, '/*?expand_wildcards=all&filter_path=*.settings.index.uuid')) as Record<
    string,
    unknown
  >;
  for (const name of Object.keys(indices)) await remove(url, `/${encodeURIComponent(name)}`);
  const named = (await read(url, '/_index_template?filter_path=index_templates.name')) as {
    index_templates?: { name: string }[];
  };
  for (const { name } of named.index_templates ?? []) await remove(url, `/_index_template/${encodeURIComponent(name)}`);
  const components = (await read(url, '/_component_template?filter_path=component_templates.name')) as {
    component_templates?: { name: string }[];
  };
  for (const { name } of components.component_templates ?? [])
    await remove(url, `/_component_template/${encodeURIComponent(name)}`);
  for (const name of Object.keys((await read(url, '/_template')) as object)) await remove(url, `/_template/${name}`);
  for (const name of Object.keys((await read(url, '/_ingest/pipeline')) as object))
    await remove(url, `/_ingest/pipeline/${encodeURIComponent(name)}`);
  for (const name of Object.keys((await read(url, '/_search/pipeline')) as object))
    await remove(url, `/_search/pipeline/${encodeURIComponent(name)}`);
  const settings = (await read(url, '/_cluster/settings')) as Record<string, Record<string, unknown>>;
  const set = Object.entries(settings).filter(([, values]) => Object.keys(values).length > 0);
  if (set.length > 0) {
    const cleared = set.map(([kind, values]) => [
      kind,
      Object.fromEntries(Object.keys(values).map((key) => [`${key}.*`, null])),
    ]);
    await ask(url, {
      method: 'PUT',
      path: '/_cluster/settings',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(cleared)),
    });
  }
}

/** An engine without the part that the path belongs to has nothing there. */
async function read(url: string, path: string): Promise<unknown> {
  const { status, text } = await ask(url, { method: 'GET', path, headers: {}, body: undefined });
  return status === 200 ? JSON.parse(text) : {};
}

/** What the engine itself holds on to is refused by it, and stays. */
async function remove(url: string, path: string): Promise<void> {
  await ask(url, { method: 'DELETE', path, headers: {}, body: undefined });
}
