// Lists come whole, and stay right while other hands change them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readPages } from '../../src/linode/pages.ts';
import type { Call } from '../../src/linode/call.ts';
import { silentLogger } from '@understudy/foundation';
import { z } from 'zod';
import { instance } from './recorded.ts';
import { page, refusal, wire } from './wire.ts';

const idsFrom = (first: number, count: number) => Array.from({ length: count }, (_, index) => instance(first + index));

test('a list of one page is one request', async (context) => {
  const { client, seen } = await wire(context, () => page(idsFrom(1, 3)));
  assert.equal((await client.instances.list()).length, 3);
  assert.equal(seen.length, 1);
});

test('a list of three pages is read twice and is complete', async (context) => {
  const { client, seen } = await wire(context, ({ url }) => {
    const number = Number(new URL(url, 'http://x').searchParams.get('page') ?? 1);
    return page(idsFrom(number * 500, number === 3 ? 7 : 500), number, 3, 1007);
  });
  const instances = await client.instances.list();
  assert.equal(new Set(instances.map(({ id }) => id)).size, 1007);
  const reading = ['?page_size=500', '?page=2&page_size=500', '?page=3&page_size=500'];
  assert.deepEqual(
    seen.map(({ url }) => url.replace('/v4/linode/instances', '')),
    [...reading, ...reading],
  );
});

test('a list that shrinks during the read, so that its last page does not exist, is read again', async (context) => {
  const { client } = await wire(context, (_request, n) => {
    if (n === 1) return page(idsFrom(1, 500), 1, 2, 501);
    if (n === 2) return refusal(404, 'Not found');
    return page(idsFrom(2, 500));
  });
  const instances = await client.instances.list();
  assert.deepEqual([instances.length, instances.at(-1)?.id], [500, 501]);
});

test('an object that exists during the whole read is in the list, whatever is created and deleted meanwhile', async () => {
  const change = fc.record({ deletes: fc.array(fc.nat(60), { maxLength: 4 }), creates: fc.nat(3) });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.array(change, { maxLength: 12 }), async (count, changes) => {
      let world = Array.from({ length: count }, (_, index) => index);
      let next = count;
      const constant = new Set(world);
      const pending = [...changes];
      const send = <Answer>(call: Call<Answer>): Promise<Answer> => {
        const number = Number(call.query?.['page'] ?? 1);
        const data = world.slice((number - 1) * 5, number * 5).map((id) => ({ id }));
        const answer = { data, page: number, pages: Math.max(1, Math.ceil(world.length / 5)), results: world.length };
        const { deletes = [], creates = 0 } = pending.shift() ?? {};
        for (const id of deletes) constant.delete(id);
        world = world.filter((id) => !deletes.includes(id)).concat(Array.from({ length: creates }, () => next++));
        return Promise.resolve(call.answer.parse(answer));
      };
      const item = z.object({ id: z.number() });
      const list = await readPages(send, { name: 'list', path: '/list', item, pageSize: 5 }, silentLogger);
      const ids = new Set(list.map(({ id }) => id));
      assert.equal(ids.size, list.length);
      // Changes that last beyond every reading may hide one; those that end before the last two readings may not.
      if (pending.length === 0 && changes.length <= 4)
        for (const id of constant) assert.ok(ids.has(id), `${id} is missing`);
    }),
    { numRuns: 1000 },
  );
});
