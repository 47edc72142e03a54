// The operations of the client, each with what its success claims, to be compared with what the model of the engine holds.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { ClientError, type BulkOperation, type Client, type ClientOptions } from '@understudy/client';
import type { SimEngine } from '../simulation/sim-engine.ts';
import type { Request } from './engine.ts';

/** What the caller of one document learned. */
export type End =
  { readonly kind: 'done'; readonly value: unknown } | { readonly kind: 'failed'; readonly error: unknown };

export interface Operation {
  readonly name: string;
  readonly gather: ClientOptions['gather'];
  readonly isTarget: (request: Request) => boolean;
  readonly run: (client: Client) => readonly Promise<unknown>[];
  /** Whether what document number `n` was to become is there now; undefined for a read. */
  readonly isApplied?: (model: SimEngine, n: number) => boolean;
  /** Whether what the caller of document number `n` got is what is there. */
  readonly isTrue: (value: unknown, model: SimEngine, n: number) => boolean;
  /** What a request says that must not be sent again once it may have been applied. */
  readonly once?: string;
  /** Wrong answers that no client can tell from right ones. */
  readonly cannotTell?: readonly string[];
}

export const stored = { n: 0 };
export const found = {
  took: 1,
  timed_out: false,
  _shards: { failed: 0 },
  hits: { total: { value: 1, relation: 'eq' }, max_score: null, hits: [{ _index: 'a', _id: 'd0', _source: stored }] },
};

/** The documents that are there from the start: those that are updated, deleted and read. */
export const ids = ['d0', 'd1', 'd2'];
const newIds = ['n0', 'n1', 'n2'];

const starts =
  (...prefixes: readonly string[]) =>
  ({ method, path }: Request): boolean =>
    prefixes.some((prefix) => `${method} ${path}`.startsWith(prefix));

const at = (model: SimEngine, id: string): unknown => model.store.get(id)?.source;
const together = { writes: 'on', gets: 'on', searches: 'on' } as const;

const isRead = (value: unknown): boolean => {
  const { found: isFound, source } = value as { found: boolean; source: unknown };
  return isFound && isDeepStrictEqual(source, stored);
};
const isFoundByIt = (value: unknown): boolean => {
  const { hits, total, partial } = value as {
    hits: { id: string; source: unknown }[];
    total: unknown;
    partial: boolean;
  };
  const [hit] = hits;
  return (
    hits.length === 1 &&
    hit?.id === 'd0' &&
    isDeepStrictEqual([hit.source, total, partial], [stored, found.hits.total, false])
  );
};

const written = (model: SimEngine, n: number): boolean => isDeepStrictEqual(at(model, newIds[n]!), { n });
const overwritten = (model: SimEngine, n: number): boolean => isDeepStrictEqual(at(model, ids[n]!), { n, new: true });
const updated = (model: SimEngine, n: number): boolean => isDeepStrictEqual(at(model, ids[n]!), { doc: { n } });
const scripted = (model: SimEngine): boolean => isDeepStrictEqual(at(model, ids[0]!), { script: { source: 's' } });
const deleted = (model: SimEngine, n: number): boolean => !model.store.has(ids[n]!);
const bulkApplied = [written, overwritten, updated, deleted] as const;

/** A result that names its document. */
const about =
  (names: readonly string[], isApplied: (model: SimEngine, n: number) => boolean): Operation['isTrue'] =>
  (value, model, n) =>
    (value as { id: string }).id === names[n] && isApplied(model, n);

const bulkOperations: readonly BulkOperation[] = [
  { op: 'create', index: 'a', id: newIds[0]!, document: { n: 0 } },
  { op: 'index', index: 'a', id: ids[1]!, document: { n: 1, new: true } },
  { op: 'update', index: 'a', id: ids[2]!, doc: { n: 2 } },
  { op: 'delete', index: 'a', id: ids[0]! },
];
const bulkIsApplied = (model: SimEngine, n: number): boolean =>
  n === 3 ? deleted(model, 0) : bulkApplied[n as 0 | 1 | 2](model, n);

/** A bulk as if each item had a caller of its own. */
function eachItem(client: Client): Promise<unknown>[] {
  const all = client.bulk({ operations: bulkOperations });
  return bulkOperations.map(async (operation, n) => {
    const item = (await all).items[n];
    assert.ok(item, 'every operation has an item');
    if (item.ok) return item;
    assert.ok(item.error instanceof ClientError && item.id === operation.id);
    throw item.error;
  });
}

const both = (name: string, about_: Omit<Operation, 'name' | 'gather'>): Operation[] => [
  { name, gather: false, ...about_ },
  { name: `${name}, gathered`, gather: together, ...about_ },
];

export const operations: readonly Operation[] = [
  ...both('get', {
    isTarget: starts('GET /a/_doc', 'POST /_mget', 'POST /a/_mget'),
    run: (client) => ids.map((id) => client.get({ index: 'a', id })),
    isTrue: isRead,
  }),
  ...both('search', {
    isTarget: starts('POST /a/_search', 'POST /_msearch', 'POST /a/_msearch'),
    run: (client) => ids.map(() => client.search({ index: 'a' })),
    isTrue: isFoundByIt,
    cannotTell: ['the answer for another document'],
  }),
  ...both('index', {
    isTarget: starts('PUT /a/_doc', 'POST /_bulk', 'POST /a/_bulk'),
    run: (client) => ids.map((id, n) => client.index({ index: 'a', id, document: { n, new: true } })),
    isApplied: overwritten,
    isTrue: about(ids, overwritten),
  }),
  {
    name: 'index without id',
    gather: false,
    isTarget: starts('PUT /a/_create'),
    run: (client) => [client.index({ index: 'a', document: { made: 'here' } })],
    isApplied: (model) => model.store.size > ids.length,
    isTrue: (value, model) => isDeepStrictEqual(at(model, (value as { id: string }).id), { made: 'here' }),
  },
  ...both('create', {
    isTarget: starts('PUT /a/_create', 'POST /_bulk', 'POST /a/_bulk'),
    run: (client) => newIds.map((id, n) => client.create({ index: 'a', id, document: { n } })),
    isApplied: written,
    isTrue: about(newIds, written),
  }),
  ...both('delete', {
    isTarget: starts('DELETE /a/_doc', 'POST /_bulk', 'POST /a/_bulk'),
    run: (client) => ids.map((id) => client.delete({ index: 'a', id })),
    isApplied: deleted,
    isTrue: about(ids, deleted),
  }),
  {
    name: 'update',
    gather: together,
    isTarget: starts('POST /a/_update'),
    run: (client) => ids.map((id, n) => client.update({ index: 'a', id, doc: { n } })),
    isApplied: updated,
    isTrue: about(ids, updated),
    once: '{"doc":{"n":1}}',
  },
  {
    name: 'scripted update',
    gather: together,
    isTarget: starts('POST /a/_update'),
    run: (client) => [client.update({ index: 'a', id: ids[0]!, script: { source: 's' } })],
    isApplied: scripted,
    isTrue: about(ids, scripted),
    once: '{"script":',
  },
  {
    name: 'bulk',
    gather: together,
    isTarget: starts('POST /_bulk', 'POST /a/_bulk'),
    run: eachItem,
    isApplied: bulkIsApplied,
    isTrue: (value, model, n) => (value as { id: string }).id === bulkOperations[n]!.id && bulkIsApplied(model, n),
    once: '{"update":',
  },
  {
    name: 'a request that writes',
    gather: together,
    isTarget: starts('PUT /a/_doc'),
    run: (client) => [client.request({ method: 'PUT', path: `/a/_doc/${ids[0]}`, body: { n: 0, new: true } })],
    isApplied: overwritten,
    // It returns the answer as it came; its caller decides what it means.
    isTrue: (value) => [200, 201, 202, 204, 206].includes((value as { status: number }).status),
  },
  {
    name: 'a question for the health of the cluster',
    gather: together,
    isTarget: starts('GET /_cluster/health'),
    run: (client) => [client.request({ method: 'GET', path: '/_cluster/health' })],
    isTrue: (value) => [200, 202, 204, 206].includes((value as { status: number }).status),
  },
];
