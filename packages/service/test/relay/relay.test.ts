// A service machine that is cut off from the engine, from outside: real processes, a real engine, and a proxy that is shut.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually, word, type Call } from '../contract/call.ts';
import { behindProxy } from '../harness/behind-proxy.ts';
import { findEngine } from '../harness/engine.ts';

const found = await findEngine();

describe(
  'a service machine that is cut off from the engine',
  { skip: 'missing' in found ? found.missing : false },
  () => {
    const setup = behindProxy(found);
    const start = (environment: Readonly<Record<string, string>>) =>
      setup.start({ DEADLINE_MS: '8000', ...environment });

    async function relayed(call: Call): Promise<number> {
      const page = await call('GET', '/metrics');
      return Number(/^service_relayed_requests_total (\d+)$/m.exec(page.text)?.[1]);
    }

    it('answers every operation through a peer that reaches it, and without a peer again afterwards', async () => {
      const peer = await start({ ES_HOSTS: setup.engine.url });
      const { call } = await start({ ES_HOSTS: setup.proxy.url, PEERS: `http://127.0.0.1:1,${peer.url}` });
      await setup.proxy.shut();
      const [id, text] = [word(), word()];
      const written = await call('POST', '/index', { json: { id, data: `all about ${text}` } });
      assert.equal(written.status, 201, written.text);
      assert.equal(written.headers.get('via'), '1.1 understudy-service');
      assert.equal((written.json as { _id: string })._id, id);
      const read = await peer.call('GET', `/documents/${id}`);
      assert.equal((read.json as { _source: { data: string } })._source.data, `all about ${text}`);
      const search = await eventually(
        () => call('GET', `/search?q=${text}`),
        ({ json }) => (json as unknown[]).length === 1,
      );
      assert.equal((search.json as { _id: string }[])[0]?._id, id);

      const exact = '{"n":9007199254740993}';
      await call('POST', '/index', { body: `{"id":"${id}-n","data":${exact}}` });
      for (const one of [call, peer.call]) {
        const { text: answer } = await one('GET', `/documents/${id}-n`);
        assert.ok(answer.includes(`"data":${exact}`), answer);
      }

      const lines = [{ id: `${id}-a`, data: 'a' }, { data: 'no id' }].map((line) => JSON.stringify(line)).join('\n');
      const bulk = await call('POST', '/bulk', { body: lines, headers: { 'content-type': 'application/x-ndjson' } });
      assert.deepEqual(
        (bulk.json as { lines: { status: number }[] }).lines.map(({ status }) => status),
        [201, 400],
        bulk.text,
      );
      assert.equal((await call('GET', `/documents/${id}-a`)).status, 200);
      assert.equal((await call('GET', `/documents/${id}-b`)).status, 404);
      const removed = await call('DELETE', `/documents/${id}`);
      assert.deepEqual([removed.status, removed.text], [204, '']);
      // What is wrong is refused here, and the machine does not call itself ready.
      assert.equal((await call('POST', '/index', { json: { id } })).status, 400);
      assert.equal((await call('GET', '/readyz')).status, 429);
      assert.ok((await relayed(call)) >= 6);
      assert.equal(await relayed(peer.call), 0);

      await setup.proxy.open();
      const own = await eventually(
        () => call('GET', `/documents/${id}-a`),
        ({ headers }) => headers.get('via') === null,
      );
      assert.equal(own.status, 200);
    });

    it('answers 429 itself when its peers do not reach the engine either, and no request is passed on twice', async () => {
      const deadline = { ES_HOSTS: setup.proxy.url, DEADLINE_MS: '1500' };
      const first = await start(deadline);
      const second = await start({ ...deadline, PEERS: first.url });
      await setup.proxy.shut();
      for (const { call } of [first, second]) {
        const answer = await call('POST', '/index', { json: { id: word(), data: 'text' } });
        assert.equal(answer.status, 429);
        assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
        assert.equal(answer.headers.get('via'), null);
        assert.equal(await relayed(call), 0);
      }
      // A request that says it was passed on already is not passed on, whoever sent it.
      const third = await start({ ES_HOSTS: 'http://127.0.0.1:1', DEADLINE_MS: '1500', PEERS: second.url });
      const headers = { via: '1.0 somewhere, 1.1 understudy-service' };
      await setup.proxy.open();
      await eventually(
        () => second.call('GET', '/readyz'),
        ({ status }) => status === 200,
      );
      assert.equal((await third.call('GET', `/documents/${word()}`, { headers })).status, 429);
      // Its first requests may spend their whole time on trying; once the circuit is open there is time for a peer.
      const answer = await eventually(
        () => third.call('GET', `/documents/${word()}`),
        ({ status }) => status === 404,
      );
      assert.equal(answer.headers.get('via'), '1.1 understudy-service');
    });

    it('names a wrong address of a peer', async () => {
      await assert.rejects(start({ PEERS: 'peer:5000' }), /PEERS has 'peer:5000'; an address is written like http:/);
    });
  },
);
