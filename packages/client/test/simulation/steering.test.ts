// Reads that hang on a copy of a sick node, though the node that was asked is healthy: they are steered to other copies.
import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { createClient, isClientError, type Client, type GatherOptions } from '@understudy/client';
import type { WireRequest } from '../../src/nodes/wire.ts';
import { SimEngine, type Fates } from './sim-engine.ts';
import { SimTime } from './sim-time.ts';

const urls = ['http://n0:9200', 'http://n1:9200', 'http://n2:9200'];
const sickNode = urls[2];
const steered = ({ path, body }: WireRequest): boolean => `${path} ${String(body)}`.includes('_prefer_nodes:');
const isRead = ({ path }: WireRequest): boolean => /_search|_msearch|_mget|_doc/.test(path);

interface Felt {
  readonly latencies: number[];
  readonly failed: string[];
}

/** What users feel of a node that falls sick after 2 s: `read` is asked every 20 ms, beginning before. */
async function whenSick(
  gather: Partial<GatherOptions>,
  read: (client: Client) => Promise<unknown>,
  sickness: (engine: SimEngine, forMs: number) => Fates,
): Promise<Felt> {
  const time = new SimTime(11);
  const engine = new SimEngine(time);
  const client = createClient({ nodes: urls, time, wire: engine.wires, gather, deadlineMs: 5000 });
  const felt: Felt = { latencies: [], failed: [] };
  for (let n = 0; n < 300; n++) {
    if (n >= 100) engine.fates = sickness(engine, (n - 100) * 20);
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

/** A node stops in order: it refuses connections at once, while what other nodes pass on to its copies is never answered. */
function stopping(): Fates {
  return (node, request, isProbe) => {
    if (node === sickNode) return { kind: 'refuse' };
    const hangs = !isProbe && isRead(request) && !steered(request);
    return hangs ? { kind: 'hang', applied: false } : { kind: 'answer', afterMs: 5 };
  };
}

/** The master hangs: its connections stay, and the others see no master until they have elected a new one. */
function hangingMaster(engine: SimEngine, forMs: number): Fates {
  const electedAfterMs = 3000;
  engine.master = forMs < electedAfterMs ? null : 'm';
  return (node, request, isProbe) => {
    const passedOn = forMs < electedAfterMs && !isProbe && isRead(request) && !steered(request);
    return node === sickNode || passedOn ? { kind: 'hang', applied: false } : { kind: 'answer', afterMs: 5 };
  };
}

const search = (client: Client): Promise<unknown> => client.search({ index: 'a', body: {} });
const get = (client: Client): Promise<unknown> => client.get({ index: 'a', id: '1' });

for (const [sickness, fates] of [
  ['a node that is stopping', stopping],
  ['a master that hangs', hangingMaster],
] as const)
  describe(`the copies of ${sickness}`, () => {
    for (const [name, gather, read] of [
      ['searches that travel together', { searches: 'on' }, search],
      ['searches that travel alone', { searches: 'off' }, search],
      ['gets that travel together', { gets: 'on' }, get],
      ['gets that travel alone', { gets: 'off' }, get],
    ] as const)
      it(`do not hold up ${name}`, async () => {
        const { latencies, failed } = await whenSick(gather, read, fates);
        assert.deepEqual(failed, []);
        assert.equal(latencies.length, 300);
        assert.ok(Math.max(...latencies) <= 1500, `longest ${Math.max(...latencies)} ms`);
      });
  });
