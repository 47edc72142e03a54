// A bulk divided into parts, one for each node that holds primaries of its items: a node that fails then fails its own items alone.
// What cannot be judged with certainty is left whole, so that the engine refuses or carries out what it would without us.
import { isUtf8 } from 'node:buffer';
import type { Forwarder, Safety } from '@understudy/client/forward';
import type { BulkItem } from './bulk-lines.ts';
import type { Exchange } from './exchange.ts';

/** An item on its way: where it stands in the answer, and whether an earlier request may have applied it. */
export interface Pending {
  readonly item: BulkItem;
  readonly at: number;
  maybeApplied: boolean;
  /** Its answer is not to be had again: its part has failed for good. */
  isFinal: boolean;
}

export interface Part {
  readonly pending: readonly Pending[];
  readonly body: Buffer;
  readonly safety: Safety;
  /** The engine's id of the node to send it to; undefined for any. */
  readonly node: string | undefined;
}

/** Answers to more items than this are not kept in memory. */
const mostItems = 50_000;
const longestId = 512;
/** Parameters that mean the same for each part as for the whole. */
const perShard = /^(?:refresh=(?:|true|false|wait_for)|timeout=\w+|wait_for_active_shards=\w+)$/;

/** The bulk as one part. */
export function whole(items: readonly BulkItem[], body: Buffer): Part {
  return partOf(items.map(toPending), body, undefined);
}

/** The parts of a bulk, each with items of one node; undefined when it is to stay whole. */
export function divided(
  exchange: Exchange,
  items: readonly BulkItem[],
  bytes: Buffer,
  forwarder: Forwarder,
): readonly Part[] | undefined {
  const { target } = exchange;
  if (
    items.length > mostItems ||
    !(target.query === '' || target.query.split('&').every((pair) => perShard.test(pair)))
  )
    return undefined;
  const ofPath = indexOf(target.path);
  const isNamed = items[0]?.index !== undefined;
  const groups = new Map<string | undefined, Pending[]>();
  for (const [at, item] of items.entries()) {
    const index = item.index ?? ofPath;
    if (index === undefined || (item.index !== undefined) !== isNamed || !isCertain(item, bytes)) return undefined;
    const node = forwarder.primaryOf(index, item.routing ?? item.id ?? '');
    if (node === undefined) return undefined;
    // Without an id the engine makes one, so any node may have it.
    const key = item.id === undefined ? undefined : node;
    const group = groups.get(key);
    if (group) group.push(toPending(item, at));
    else groups.set(key, [toPending(item, at)]);
  }
  if (groups.size < 2) return undefined;
  return [...groups].map(([node, pending]) => partOf(pending, joined(pending, bytes), node === '' ? undefined : node));
}

/** The lines of items, as they came. */
export function joined(pending: readonly Pending[], bytes: Buffer): Buffer {
  return Buffer.concat(pending.map(({ item }) => bytes.subarray(item.from, item.to)));
}

/** The index that the path of a bulk names. */
export function indexOf(path: string): string | undefined {
  const [, first = '', second] = path.split('/');
  return second === undefined || first.includes('%') ? undefined : first;
}

function toPending(item: BulkItem, at: number): Pending {
  return { item, at, maybeApplied: false, isFinal: false };
}

function partOf(pending: readonly Pending[], body: Buffer, node: string | undefined): Part {
  return { pending, body, node, safety: pending.every(({ item }) => item.isSafe) ? 'replayable' : 'once' };
}

/** The engine would refuse a whole bulk for one item of which this is not true. */
function isCertain(item: BulkItem, bytes: Buffer): boolean {
  const { op, id, hasMore, from, documentAt, to } = item;
  if (op === 'update' || hasMore || (op === 'delete' && id === undefined)) return false;
  if (id !== undefined && (id === '' || Buffer.byteLength(id) > longestId)) return false;
  if (op !== 'delete' && bytes[documentAt] !== 0x7b) return false;
  const action = bytes.subarray(from, op === 'delete' ? to : documentAt);
  // No escape, no byte that is not UTF-8, and no field twice: two quotes for each name and each value.
  if (action.includes(0x5c) || !isUtf8(action)) return false;
  const fields = [item.index, id, item.routing].filter((field) => field !== undefined).length;
  return quotesIn(action) === 2 + fields * 4;
}

function quotesIn(action: Buffer): number {
  let count = 0;
  for (let at = action.indexOf(0x22); at >= 0; at = action.indexOf(0x22, at + 1)) count++;
  return count;
}
