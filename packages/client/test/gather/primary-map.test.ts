// Where primaries are: known for an index by its own name alone, used as it was while it is asked for again, and never guessed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { floorMod, routingHash } from '../../src/gather/murmur3.ts';
import { PrimaryMap, type Primaries } from '../../src/gather/primary-map.ts';
import { ShardMap } from '../../src/gather/shard-map.ts';

const shards = 3;
const shardOf = (routing: string): number => floorMod(routingHash(routing), shards);

function map(answer: (index: string) => Primaries | undefined): {
  of: PrimaryMap;
  asked: string[];
  pass: (ms: number) => Promise<void>;
} {
  let nowMs = 0;
  const asked: string[] = [];
  const shardMap = new ShardMap(
    (index, routing) =>
      Promise.resolve({
        shards: (routing === undefined ? [0, 1, 2] : [shardOf(routing)]).map((shard) => [{ index, shard }]),
      }),
    () => nowMs,
  );
  const ask = (index: string): Promise<Primaries | undefined> => {
    asked.push(index);
    return Promise.resolve(answer(index));
  };
  const pass = async (ms: number): Promise<void> => {
    nowMs += ms;
    await new Promise((resolve) => void setImmediate(resolve));
  };
  return { of: new PrimaryMap(shardMap, ask, () => nowMs), asked, pass };
}

const nodes = new Map([
  [0, 'n0'],
  [1, 'n1'],
]);
const usual = (name: string): Primaries => ({ name, hasPipeline: false, nodes });

test('the first call asks, and those after it know; a shard without a node has an empty name', async () => {
  const { of, asked, pass } = map(usual);
  assert.equal(of.nodeOf('a', 'x'), undefined);
  await pass(1);
  for (const id of ['x', 'y', 'z', 'long id', 'ü']) assert.equal(of.nodeOf('a', id), nodes.get(shardOf(id)) ?? '');
  assert.deepEqual(asked, ['a']);
});

for (const [name, answer] of [
  ['an alias', () => usual('other')],
  ['an index with a pipeline', (index: string) => ({ ...usual(index), hasPipeline: true })],
  ['an index that is missing', () => undefined],
] as const)
  test(`${name} is not known`, async () => {
    const { of, pass } = map(answer);
    of.nodeOf('a', 'x');
    await pass(1);
    assert.equal(of.nodeOf('a', 'x'), undefined);
  });

test('it is asked for again after five seconds and after a node has failed, and used as it was meanwhile', async () => {
  let node = 'before';
  const { of, asked, pass } = map((name) => ({
    ...usual(name),
    nodes: new Map([0, 1, 2].map((shard) => [shard, node])),
  }));
  of.nodeOf('a', 'x');
  await pass(1);
  node = 'after';
  await pass(4000);
  assert.equal(of.nodeOf('a', 'x'), 'before');
  assert.equal(asked.length, 1);
  of.refresh();
  await pass(1);
  assert.equal(of.nodeOf('a', 'x'), 'before');
  await pass(1);
  assert.deepEqual([of.nodeOf('a', 'x'), asked.length], ['after', 2]);
  await pass(5001);
  of.nodeOf('a', 'x');
  assert.equal(asked.length, 3);
});
