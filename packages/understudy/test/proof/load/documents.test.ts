import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Documents } from '../../../src/proof/load/documents.ts';
import { seededRandom } from '../../../src/proof/load/random.ts';
import { shardOf } from '../../../src/proof/load/routing.ts';

const corpus = [
  { title: 'curl', text: 'command line tool for transferring data' },
  { title: 'nft', text: 'packet filtering' },
];

function documents(seed: number, rewriteShare = 0.5): Documents {
  return new Documents({
    corpus,
    mark: 'drillx',
    shards: 3,
    routing: 'modulo',
    rewriteShare,
    random: seededRandom(seed),
  });
}

test('an id is written again only after its last write was acknowledged, and each revision differs', () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.constantFrom(true, false, null), { maxLength: 200 }), (seed, ends) => {
      const given = documents(seed);
      const open = new Map<string, number>();
      const contents = new Set<string>();
      for (const end of ends) {
        const write = given.nextWrite(1);
        assert.ok(!open.has(write.id), 'an id in flight was handed out again');
        assert.equal(shardOf(write.id, 3, 'modulo'), 1);
        assert.ok(!contents.has(write.document.content));
        contents.add(write.document.content);
        open.set(write.id, write.revision);
        // null: never answered; false: failed. Both leave the id closed for good.
        if (end !== null) given.settle(write, 1, end);
        if (end === true) open.delete(write.id);
      }
    }),
  );
});

test('a get asks only for what was acknowledged', () => {
  const given = documents(1);
  assert.equal(given.acknowledgedId(0), undefined);
  const write = given.nextWrite(0);
  given.settle(write, 0, false);
  assert.equal(given.acknowledgedId(0), undefined);
  const second = given.nextWrite(0);
  given.settle(second, 0, true);
  assert.equal(given.acknowledgedId(0), second.id);
});

test('every document carries the mark of its run and its revision as words', () => {
  const write = documents(1).nextWrite(null);
  assert.match(write.document.content, /\(drillx, drillx-1, revision 1\)$/);
});
