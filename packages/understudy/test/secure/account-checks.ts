// What an account may and may not do, whichever engine it is of.
import assert from 'node:assert/strict';

/** Sends a request as the monitor; its status. */
type Ask = (method: string, path: string, body?: object) => Promise<number>;

export async function assertReadsStateAlone(ask: Ask): Promise<void> {
  for (const path of ['/_cluster/health', '/_cat/shards', '/_nodes/stats', '/documents/_stats', '/documents/_settings'])
    assert.equal(await ask('GET', path), 200, path);
  assert.equal(await ask('GET', '/documents/_search'), 403);
  assert.equal(await ask('PUT', '/documents/_doc/3', { id: '3' }), 403);
  const setting = { persistent: { 'cluster.routing.allocation.enable': 'all' } };
  assert.equal(await ask('PUT', '/_cluster/settings', setting), 403);
}
