import { test } from 'node:test';
import assert from 'node:assert/strict';
import { floorMod, routingHash } from '../../src/gather/murmur3.ts';

// Values from Elasticsearch's own Murmur3HashFunctionTests.
const known: readonly (readonly [string, number])[] = [
  ['hell', 0x5a0cb7c3],
  ['hello', 0xd7c31989],
  ['hello w', 0x22ab2984],
  ['hello wo', 0xdf0ca123],
  ['hello wor', 0xe7744d61],
  ['The quick brown fox jumps over the lazy dog', 0xe07db09c],
  ['The quick brown fox jumps over the lazy cog', 0x4e63d2ad],
];

for (const [routing, hash] of known) {
  test(`the routing hash of "${routing}" is the engine's`, () => assert.equal(routingHash(routing), hash | 0));
}

test('floorMod is never negative', () => {
  assert.equal(floorMod(-1, 3), 2);
  assert.equal(floorMod(7, 3), 1);
});
