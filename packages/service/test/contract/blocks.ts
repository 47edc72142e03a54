// The contract while the engine answers and takes no writes, or no reads, of the index: an operator set a block, a disk is full, the
// index is closed or gone. That is said at once and with a code of its own, never as a time-out.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { word, type Call, type Exchange } from './call.ts';

interface Block {
  readonly name: string;
  /** Requests to the engine that begin and end it. */
  readonly begin: readonly EngineRequest[];
  readonly end: readonly EngineRequest[];
  /** What the engine's own description has in it. */
  readonly says: RegExp;
  readonly reads: 'served' | 'blocked' | 'empty';
}

type EngineRequest = readonly [method: string, path: string, body?: unknown];

function indexBlock(setting: string, says: RegExp): Block {
  const put = (value: boolean | null): EngineRequest => ['PUT', '/documents/_settings', { [setting]: value }];
  return { name: setting, begin: [put(true)], end: [put(null)], says, reads: 'served' };
}

function clusterSetting(name: string, value: unknown): EngineRequest {
  return ['PUT', '/_cluster/settings', { persistent: { [name]: value } }];
}

function clusterBlock(setting: string, says: RegExp): Block {
  const [begin, end] = [[clusterSetting(setting, true)], [clusterSetting(setting, null)]];
  return { name: setting, begin, end, says, reads: 'served' };
}

const autoCreate = 'action.auto_create_index';

const blocks: readonly Block[] = [
  indexBlock('index.blocks.write', /index write/),
  indexBlock('index.blocks.read_only', /index read-only/),
  indexBlock('index.blocks.read_only_allow_delete', /flood-stage watermark/),
  clusterBlock('cluster.blocks.read_only', /cluster read-only/),
  clusterBlock('cluster.blocks.read_only_allow_delete', /cluster read-only/),
  {
    name: 'a closed index',
    begin: [['POST', '/documents/_close']],
    end: [['POST', '/documents/_open?wait_for_active_shards=all']],
    says: /closed/,
    reads: 'blocked',
  },
  {
    name: 'a missing index that may not be made',
    begin: [['DELETE', '/documents'], clusterSetting(autoCreate, 'false')],
    end: [clusterSetting(autoCreate, null), ['PUT', '/documents']],
    says: /no such index \[documents\]/,
    reads: 'empty',
  },
];

/** `engine` is the URL of the engine behind the service that `call` asks; `extended` when it has more than the shared contract. */
export function blocked(call: Call, engine: () => string, extended: boolean): void {
  async function ask(requests: readonly EngineRequest[]): Promise<void> {
    for (const [method, path, body] of requests) {
      const answer = await fetch(engine() + path, {
        method,
        headers: { 'content-type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
      });
      assert.ok(answer.ok, `${method} ${path}: ${await answer.text()}`);
    }
  }

  async function refused(exchange: Promise<Exchange>, code: string, says: RegExp): Promise<void> {
    const start = performance.now();
    const { status, headers, json, text } = await exchange;
    const elapsedMs = performance.now() - start;
    assert.equal(status, 429, text);
    const problem = json as Record<string, unknown>;
    assert.equal(problem['code'], code, text);
    assert.match(String(problem['error']), says);
    assert.doesNotMatch(String(problem['error']), /in time/);
    assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/);
    assert.equal(String(problem['retry_after_s']), headers.get('retry-after'));
    // Well within the deadline of 20 s, which is what a false time-out would take; a busy machine is slow.
    assert.ok(elapsedMs < 15_000, `answered after ${Math.round(elapsedMs)} ms`);
  }

  /** A write that meets shards which are being closed or deleted just now has an unknown outcome; the next one is not. */
  async function begun(write: () => Promise<Exchange>): Promise<void> {
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const { json } = await write();
      if ((json as Record<string, unknown>)['code'] !== 'outcome-unknown') return;
    }
  }

  describe('a block', () => {
    let end: readonly EngineRequest[] = [];
    afterEach(() => ask(end));

    for (const block of blocks) {
      it(`is reported with its code, its description and its remedy: ${block.name}`, { timeout: 120_000 }, async () => {
        const text = word();
        assert.equal((await call('POST', '/index', { json: { id: text, data: text } })).status, 201);
        end = block.end;
        await ask(block.begin);
        const write = () => call('POST', '/index', { json: { id: text, data: text } });
        await begun(write);
        await refused(write(), 'write-blocked', block.says);
        // Concurrent writes are sent as one request.
        await Promise.all(Array.from({ length: 30 }, () => refused(write(), 'write-blocked', block.says)));
        await reads(text, block);
        if (extended) await extendedWrites(text, block);
        end = [];
        await ask(block.end);
        assert.equal((await write()).status, 201);
      });
    }

    it('of reads alone refuses searches and accepts writes', { timeout: 120_000 }, async () => {
      const block = indexBlock('index.blocks.read', /index read/);
      end = block.end;
      await ask(block.begin);
      await refused(call('GET', '/search?q=x'), 'read-blocked', block.says);
      if (extended) await refused(call('GET', '/documents/x'), 'read-blocked', block.says);
      assert.equal((await call('POST', '/index', { json: { id: word(), data: 'x' } })).status, 201);
      end = [];
      await ask(block.end);
      assert.equal((await call('GET', '/search?q=x')).status, 200);
    });

    async function reads(id: string, { says, reads: expected }: Block): Promise<void> {
      const paths = ['/search?q=x', ...(extended ? [`/documents/${id}`] : [])];
      for (const path of paths) {
        if (expected === 'blocked') await refused(call('GET', path), 'read-blocked', says);
        else {
          const isMissing = expected === 'empty' && path.startsWith('/documents');
          assert.equal((await call('GET', path)).status, isMissing ? 404 : 200);
        }
      }
    }

    async function extendedWrites(id: string, { says, reads: expected }: Block): Promise<void> {
      const body = [1, 2, 3].map((n) => JSON.stringify({ id: `${id}-${n}`, data: 'x' })).join('\n');
      const headers = { 'content-type': 'application/x-ndjson' };
      const bulk = (await call('POST', '/bulk', { body, headers })).json as { lines: Record<string, unknown>[] };
      for (const { status, code, error } of bulk.lines) {
        assert.deepEqual([status, code], [429, 'write-blocked']);
        assert.match(String(error), says);
      }
      if (expected === 'empty') assert.equal((await call('DELETE', `/documents/${id}`)).status, 404);
      else await refused(call('DELETE', `/documents/${id}`), 'write-blocked', says);
    }
  });
}
