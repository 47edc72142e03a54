// Reads that hang on a copy of a sick node, though the node that was asked is healthy: they are steered to other copies.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createClient, isClientError, type Client, type GatherOptions } from '@understudy/client';
import type { WireRequest } from '../../src/nodes/wire.ts';
import { SimEngine } from './sim-engine.ts';
import { SimTime } from './sim-time.ts';

const urls = ['http://n0:9200', 'http://n1:9200', 'http://n2:9200'];
const steered = ({ path, body }: WireRequest): boolean => `${path} ${String(body)}`.includes('_prefer_nodes:');
const isRead = ({ path }: WireRequest): boolean => /_search|_msearch|_mget|_doc/.test(path);

interface Felt {
  readonly latencies: number[];
  readonly failed: string[];
}

/**
 * A node stops in order: it refuses connections at once, while requests that other nodes pass on to its copies are never
 * answered. `read` is asked every 20 ms, beginning before the stop.
 */
async function stopping(gather: Partial<GatherOptions>, read: (client: Client) => Promise<unknown>): Promise<Felt> {
  const time = new SimTime(11);
  const engine = new SimEngine(time);
  const client = createClient({ nodes: urls, time, wire: engine.wires, gather, deadlineMs: 5000 });
  let stops = false;
  engine.fates = (node, request, isProbe) => {
    if (stops && node === urls[2]) return { kind: 'refuse' };
    const hangs = stops && !isProbe && isRead(request) && !steered(request);
    return hangs ? { kind: 'hang', applied: false } : { kind: 'answer', afterMs: 5 };
  };
  const felt: Felt = { latencies: [], failed: [] };
  for (let n = 0; n < 300; n++) {
    stops = n >= 100;
    const startedMs = time.now();
    read(client).then(
      () => felt.latencies.push(time.now() - startedMs),
      (error: unknown) => felt.failed.push(isClientError(error) ? error.code : String(error)),
    );
    await time.run(20);
  }
  await time.run(6000);
  return felt;
}

const search = (client: Client): Promise<unknown> => client.search({ index: 'a', body: {} });
const get = (client: Client): Promise<unknown> => client.get({ index: 'a', id: '1' });

for (const [name, gather, read] of [
  ['searches that travel together', { searches: 'on' }, search],
  ['searches that travel alone', { searches: 'off' }, search],
  ['gets that travel together', { gets: 'on' }, get],
  ['gets that travel alone', { gets: 'off' }, get],
] as const) {
  test(`${name} do not hang on the copies of a node that is stopping`, async () => {
    const { latencies, failed } = await stopping(gather, read);
    assert.deepEqual(failed, []);
    assert.equal(latencies.length, 300);
    assert.ok(Math.max(...latencies) <= 1500, `longest ${Math.max(...latencies)} ms`);
  });
}
