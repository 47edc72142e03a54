import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { murmur3, shardOf } from '../../../src/proof/load/routing.ts';

const hashOf = (text: string): number => murmur3(Buffer.from(text, 'utf16le')) >>> 0;

test('the hash of UTF-16LE text is what the engine itself computes', () => {
  // The values that Elasticsearch tests its own routing hash with.
  assert.equal(hashOf('hell'), 0x5a0cb7c3);
  assert.equal(hashOf('hello'), 0xd7c31989);
  assert.equal(hashOf('hello w'), 0x22ab2984);
  assert.equal(hashOf('hello wo'), 0xdf0ca123);
  assert.equal(hashOf('hello wor'), 0xe7744d61);
  assert.equal(hashOf('The quick brown fox jumps over the lazy dog'), 0xe07db09c);
  assert.equal(hashOf('The quick brown fox jumps over the lazy cog'), 0x4e63d2ad);
});

test('every id has one shard, within the index, with both kinds of routing', () => {
  const routings = fc.constantFrom('modulo' as const, 'routing-shards' as const);
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 40 }), routings, (id, shards, routing) => {
      const shard = shardOf(id, shards, routing);
      assert.ok(Number.isInteger(shard) && shard >= 0 && shard < shards);
    }),
  );
});
