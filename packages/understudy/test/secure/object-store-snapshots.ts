// Snapshots of a secured OpenSearch in an S3 store: by the operator alone, and what comes back from there.
import assert from 'node:assert/strict';
import type { SecuredCluster } from './secured-cluster.ts';
import { startObjectStore } from './object-store.ts';

/** Deletes the index and restores it. */
export async function assertSnapshotsComeBack(cluster: SecuredCluster, index: string): Promise<void> {
  await using store = await startObjectStore('backups');
  for (const { label } of cluster.machines) {
    cluster.addSecret(label, 's3.client.default.access_key', store.accessKey);
    cluster.addSecret(label, 's3.client.default.secret_key', store.secretKey);
  }
  const operator = cluster.transport(cluster.login('operator'));
  const ask = async (method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> => {
    const answer = await operator.request(method, path, body, { timeoutMs: 120_000 });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  await ask('POST', '/_nodes/reload_secure_settings');
  const settings = { bucket: 'backups', endpoint: store.url, region: 'us-east-1', path_style_access: true };
  await ask('PUT', '/_snapshot/store', { type: 's3', settings });
  const verified = (await ask('POST', '/_snapshot/store/_verify')) as { nodes: object };
  assert.equal(Object.keys(verified.nodes).length, cluster.machines.length);

  for (const id of ['kept-1', 'kept-2', 'kept-3']) {
    await ask('PUT', `/${index}/_doc/${id}`, { id, content: `the text of ${id}` });
  }
  await ask('POST', `/${index}/_refresh`);
  const documents = async (): Promise<unknown> => {
    const path = `/${index}/_search?size=1000&sort=id&filter_path=hits.total,hits.hits._id,hits.hits._source`;
    return await ask('GET', path);
  };
  const before = await documents();
  assert.match(JSON.stringify(before), /the text of kept-3/);
  const taken = (await ask('PUT', '/_snapshot/store/one?wait_for_completion=true', {
    indices: index,
    include_global_state: false,
  })) as { snapshot: { state: string; shards: { failed: number } } };
  assert.equal(taken.snapshot.state, 'SUCCESS', JSON.stringify(taken));
  assert.ok((await store.objects('backups')).some((name) => name.startsWith('snap-')));
  await ask('DELETE', `/${index}`);
  const restored = (await ask('POST', '/_snapshot/store/one/_restore?wait_for_completion=true', {
    indices: index,
  })) as { snapshot: { shards: { failed: number } } };
  assert.equal(restored.snapshot.shards.failed, 0, JSON.stringify(restored));
  await ask('GET', `/_cluster/health/${index}?wait_for_status=green&timeout=100s`);
  assert.deepEqual(await documents(), before);

  for (const account of ['service', 'monitor'] as const) {
    const { status } = await cluster.transport(cluster.login(account)).request('POST', '/_snapshot/store/one/_restore');
    assert.equal(status, 403, account);
  }
  await ask('DELETE', '/_snapshot/store/one');
  await ask('DELETE', '/_snapshot/store');
}
