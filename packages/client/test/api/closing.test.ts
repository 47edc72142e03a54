// Closing a client ends every operation: under way, waiting for another attempt, for a node, or in a lane.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createClient, isClientError, type Client } from '@understudy/client';
import { json, StubServer } from '../stub-server.ts';

const refused = 'http://127.0.0.1:9';

for (const deadlineMs of [30_000, Infinity])
  for (const [name, answer] of [
    ['is never answered', () => undefined],
    ['is to be repeated', ((_seen, response) => json(response, 503, {})) as StubServer['answer']],
    ['waits for a node', undefined],
  ] as const)
    test(
      `an operation that ${name} when the client is closed ends, with a deadline of ${deadlineMs} ms`,
      { timeout: 5000 },
      async () => {
        const server = answer ? await new StubServer(answer).listen() : undefined;
        const make = (gather: 'on' | 'off'): Client =>
          createClient({
            nodes: [server?.url ?? refused],
            deadlineMs,
            backoff: { baseMs: 5000, capMs: 5000, jitter: false },
            admission: { reads: { initial: 1, minimum: 1, maximum: 1 } },
            gather: { writes: gather, gets: gather, searches: gather, inFlight: 1, maxCount: 1 },
          });
        const clients = (['on', 'off'] as const).map(make);
        const running = clients.flatMap((client) => [
          ...[1, 2, 3].map((n) => client.get({ index: 'a', id: `${n}` })),
          ...[1, 2, 3].map((n) => client.index({ index: 'a', id: `${n}`, document: {} })),
          client.update({ index: 'a', id: '1', doc: {} }),
          client.bulk({ operations: [{ op: 'delete', index: 'a', id: '1' }] }).then(({ items: [item] }) => {
            if (item?.ok === false) throw item.error;
          }),
        ]);
        const ends = Promise.allSettled(running);
        await new Promise((resolve) => setTimeout(resolve, 150));
        for (const client of clients) await client.close({ drainMs: 0 });
        for (const [n, end] of (await ends).entries()) {
          assert.ok(end.status === 'rejected' && isClientError(end.reason), `${n}`);
          if (answer?.length !== 2 || n % 8 !== 6)
            assert.equal(end.reason.code, 'closed', `${n}: ${end.reason.message}`);
          const isSentWrite = name === 'is never answered' && [6, 7].includes(n % 8);
          if (isSentWrite) assert.equal(end.reason.outcome, 'unknown', `${n}`);
          if (name === 'waits for a node') assert.equal(end.reason.outcome, 'none', `${n}`);
        }
        await server?.close();
      },
    );
