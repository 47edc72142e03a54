// Which primary shard an id belongs to, so that every shard can be a lane of its own.
// Both engines hash the id's UTF-16LE bytes with 32-bit murmur3, seed 0. Elasticsearch 9 takes the hash modulo the number of
// shards; others first spread it over more "routing shards". Which of the two this engine does is asked of it before a run.

/** How hashes become shards: see `shardOf`. */
export type Routing = 'modulo' | 'routing-shards';

/** MurmurHash3 x86 32 of `bytes`, seed 0, as a signed 32-bit integer. https://github.com/aappleby/smhasher */
export function murmur3(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wholeBlocks = bytes.length >> 2;
  let hash = 0;
  for (let block = 0; block < wholeBlocks; block += 1) {
    hash ^= scramble(view.getInt32(block * 4, true));
    hash = (Math.imul(rotate(hash, 13), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let at = bytes.length - 1; at >= wholeBlocks * 4; at -= 1) tail = (tail << 8) | (bytes[at] ?? 0);
  hash ^= scramble(tail) ^ bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

/** The shard of `id` in an index of `shards` primaries, 0-based. */
export function shardOf(id: string, shards: number, routing: Routing): number {
  const hash = murmur3(Buffer.from(id, 'utf16le'));
  if (routing === 'modulo') return floorMod(hash, shards);
  const perShard = routingShardsPer(shards);
  return Math.floor(floorMod(hash, shards * perShard) / perShard);
}

/**
 * The default number of routing shards: the largest power of two times `shards` that is at most 1024, and at least double.
 * https://www.elastic.co/guide/en/elasticsearch/reference/8.19/index-modules.html#index-number-of-routing-shards
 */
function routingShardsPer(shards: number): number {
  return 2 ** Math.max(1, Math.floor(Math.log2(1_024 / shards)));
}

function floorMod(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

function scramble(block: number): number {
  return Math.imul(rotate(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
