// The hash by which both engines route a document to a shard: MurmurHash3 x86 32 bit, seed 0, over the UTF-16LE bytes of
// the routing value (Murmur3HashFunction in Elasticsearch and OpenSearch).

const c1 = 0xcc9e2d51;
const c2 = 0x1b873593;

function mix(word: number): number {
  const scrambled = Math.imul(word, c1);
  return Math.imul((scrambled << 15) | (scrambled >>> 17), c2);
}

/** The hash as a signed 32-bit integer, as Java has it. */
export function routingHash(routing: string): number {
  const { length } = routing;
  let hash = 0;
  // Two UTF-16 code units make one block of four bytes; an odd one at the end makes a tail of two bytes.
  for (let i = 0; i + 1 < length; i += 2) {
    hash ^= mix(routing.charCodeAt(i) | (routing.charCodeAt(i + 1) << 16));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  if (length % 2 === 1) hash ^= mix(routing.charCodeAt(length - 1));
  hash ^= length * 2;
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

/** Java's Math.floorMod. */
export function floorMod(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}
