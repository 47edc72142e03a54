// What the built-in service has beyond the shared contract: bulk, get, delete, paging, highlights, metrics, its own description.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually, word, type Call } from './call.ts';

interface Hit {
  readonly _id: string;
  readonly sort?: readonly unknown[];
  readonly highlight?: { readonly content: readonly string[] };
}

const ndjson = { 'content-type': 'application/x-ndjson' };

export function extended(call: Call): void {
  describe('bulk', () => {
    it('answers for each line, and an invalid line affects no other', async () => {
      const text = word();
      const lines = [
        JSON.stringify({ id: `${text}-1`, data: text }),
        '',
        'not json',
        JSON.stringify({ id: `${text}-2` }),
        `${JSON.stringify({ id: `${text}-3`, data: { text } })}\r`,
        JSON.stringify({ id: 'x'.repeat(513), data: text }),
      ];
      const answer = await call('POST', '/bulk', { body: lines.join('\n'), headers: ndjson });
      assert.equal(answer.status, 200);
      const { failed, lines: results } = answer.json as { failed: number; lines: Record<string, unknown>[] };
      assert.equal(failed, 3);
      assert.deepEqual(
        results.map(({ line, status, code }) => [line, status, code]),
        [
          [1, 201, undefined],
          [3, 400, 'invalid'],
          [4, 400, 'missing'],
          [5, 201, undefined],
          [6, 400, 'invalid'],
        ],
      );
      const found = await eventually(
        () => call('GET', `/search?q=${text}`),
        ({ json }) => (json as Hit[]).length === 2,
      );
      assert.equal((found.json as Hit[]).length, 2);
    });

    it('keeps the last of two lines with the same id', async () => {
      const [id, first, last] = [word(), word(), word()];
      const body = [first, last].map((data) => JSON.stringify({ id, data })).join('\n');
      await call('POST', '/bulk', { body, headers: ndjson });
      const { json } = await call('GET', `/documents/${id}`);
      assert.equal((json as { _source: { data: unknown } })._source.data, last);
    });

    it('accepts thousands of documents at once', async () => {
      const text = word();
      const body = Array.from({ length: 3000 }, (_, n) => JSON.stringify({ id: `${text}-${n}`, data: text })).join(
        '\n',
      );
      const answer = await call('POST', '/bulk', { body, headers: ndjson });
      assert.equal(answer.status, 200);
      assert.equal((answer.json as { failed: number }).failed, 0);
    });

    it('refuses an encoded body and another charset, and names a byte order mark in its line', async () => {
      const body = `\ufeff${JSON.stringify({ id: 'x', data: 'x' })}`;
      const gzip = await call('POST', '/bulk', { body, headers: { ...ndjson, 'content-encoding': 'gzip' } });
      assert.deepEqual([gzip.status, (gzip.json as { field: string }).field], [415, 'Content-Encoding']);
      const latin = await call('POST', '/bulk', {
        body,
        headers: { 'content-type': `${ndjson['content-type']}; charset=latin1` },
      });
      assert.deepEqual([latin.status, (latin.json as { field: string }).field], [415, 'Content-Type']);
      const { json } = await call('POST', '/bulk', { body, headers: ndjson });
      assert.match((json as { lines: { error: string }[] }).lines[0]?.error ?? '', /byte order mark/);
    });

    it('accepts a body without documents, and refuses one with too many or of another type', async () => {
      for (const body of ['', '\n\n']) {
        assert.deepEqual((await call('POST', '/bulk', { body, headers: ndjson })).json, { failed: 0, lines: [] });
      }
      assert.equal((await call('POST', '/bulk', { body: '{}\n'.repeat(10_001), headers: ndjson })).status, 400);
      assert.equal((await call('POST', '/bulk', { json: [] })).status, 400);
      assert.equal((await call('POST', '/bulk', { body: 'x', headers: { 'content-type': 'text/csv' } })).status, 415);
    });
  });

  describe('one document', () => {
    it('is read and deleted by its id, with any characters in it', async () => {
      for (const id of [word(), `${word()} a/b?c#ü🦊`, `${word()}%2F`, '..', '.']) {
        const path = `/documents/${encodeURIComponent(id).replaceAll('.', '%2E')}`;
        await call('POST', '/index', { json: { id, data: { n: 1 } } });
        if (!id.startsWith('.')) {
          // fetch resolves dots in a path, however they are written, so those two are only written.
          const read = await call('GET', path);
          assert.equal(read.status, 200, id);
          assert.equal((read.json as Hit)._id, id);
          assert.equal((await call('DELETE', path)).status, 204);
          assert.equal((await call('GET', path)).status, 404);
          assert.equal((await call('DELETE', path)).status, 404);
        }
      }
    });

    it('is read at once after it was written', async () => {
      const id = word();
      for (const data of [word(), word(), word()]) {
        await call('POST', '/index', { json: { id, data } });
        const { json } = await call('GET', `/documents/${id}`);
        assert.equal((json as { _source: { data: unknown } })._source.data, data);
      }
    });

    it('keeps every digit of a whole number, written by itself or in a bulk', async () => {
      const [alone, line] = [word(), word()];
      const data = '{"n":9007199254740993,"list":[18446744073709551615,-9007199254740995]}';
      await call('POST', '/index', { body: `{"id":"${alone}","data":${data}}` });
      await call('POST', '/bulk', { body: `{"id":"${line}","data":${data}}`, headers: ndjson });
      const read = async (id: string) => (await call('GET', `/documents/${id}`)).text;
      // Many at once are read together.
      for (const text of await Promise.all([alone, line, alone, line, alone, line].map(read)))
        assert.ok(text.includes(`"data":${data}`), text);
    });

    it('has an id that is valid', async () => {
      assert.equal((await call('GET', `/documents/${'x'.repeat(513)}`)).status, 400);
      assert.equal((await call('GET', '/documents/%ff')).status, 400);
      assert.equal((await call('GET', '/documents/')).status, 400);
    });
  });

  describe('search, further', () => {
    it('pages through all hits in a stable order, each exactly once', async () => {
      const text = word();
      const ids = Array.from({ length: 25 }, (_, n) => `${text}-${n}`);
      const body = ids.map((id) => JSON.stringify({ id, data: text })).join('\n');
      await call('POST', '/bulk', { body, headers: ndjson });
      await eventually(
        () => call('GET', `/search?q=${text}&size=100`),
        ({ json }) => (json as Hit[]).length === 25,
      );
      const seen: string[] = [];
      for (let after: unknown = ''; ;) {
        const cursor = after === '' ? '' : JSON.stringify(after);
        const { json } = await call('GET', `/search?q=${text}&size=10&search_after=${encodeURIComponent(cursor)}`);
        const hits = json as Hit[];
        if (hits.length === 0) break;
        seen.push(...hits.map(({ _id }) => _id));
        after = hits.at(-1)?.sort;
      }
      assert.deepEqual(seen.sort(), ids.sort());
    });

    it('skips with from', async () => {
      const text = word();
      for (const n of [1, 2, 3]) await call('POST', '/index', { json: { id: `${text}-${n}`, data: text } });
      const found = await eventually(
        () => call('GET', `/search?q=${text}&from=2`),
        ({ json }) => (json as Hit[]).length === 1,
      );
      assert.equal((found.json as Hit[]).length, 1);
    });

    it('highlights what matched and escapes the rest', async () => {
      const text = word();
      await call('POST', '/index', { json: { id: text, data: `<b>bold</b> ${text}` } });
      const found = await eventually(
        () => call('GET', `/search?q=${text}&highlight=true`),
        ({ json }) => (json as Hit[]).length === 1,
      );
      assert.deepEqual((found.json as Hit[])[0]?.highlight?.content, [`&lt;b&gt;bold&lt;&#x2F;b&gt; <em>${text}</em>`]);
    });
  });

  describe('a document that is too long to be highlighted', () => {
    const text = word();
    const [long, short] = [`${text}-long`, `${text}-short`];

    it('is found without highlights, and the others keep theirs', async () => {
      await call('POST', '/index', { json: { id: long, data: `${text} ${'ab '.repeat(336_000)}` } });
      await call('POST', '/index', { json: { id: short, data: `about ${text}` } });
      const search = () => call('GET', `/search?q=${text}&highlight=true`);
      const found = await eventually(search, ({ json }) => (json as Hit[]).length === 2);
      assert.equal(found.status, 200, found.text.slice(0, 500));
      const marks = new Map((found.json as Hit[]).map((hit) => [hit._id, hit.highlight?.content]));
      assert.deepEqual(
        marks,
        new Map([
          [short, [`about <em>${text}</em>`]],
          [long, undefined],
        ]),
      );
      // Concurrent searches are sent as one request, with others that do not find it.
      const other = word();
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          n % 2 === 0 ? search() : call('GET', `/search?q=${other}&highlight=true`),
        ),
      );
      assert.deepEqual(
        all.map(({ status, json }) => [status, (json as Hit[]).length]),
        all.map((_, n) => [200, n % 2 === 0 ? 2 : 0]),
      );
    });

    it('is found alone, in pages and in a stable order as well', async () => {
      for (const more of [
        '&size=1&from=1',
        '&search_after=',
        `&size=1&search_after=${encodeURIComponent('[99,""]')}`,
      ]) {
        const { status, json } = await call('GET', `/search?q=${text}&highlight=true${more}`);
        assert.equal(status, 200);
        assert.ok((json as Hit[]).length > 0, more);
      }
      await call('DELETE', `/documents/${short}`);
      const alone = await eventually(
        () => call('GET', `/search?q=${text}&highlight=true`),
        ({ json }) => (json as Hit[]).length === 1,
      );
      assert.deepEqual([alone.status, (alone.json as Hit[]).map(({ _id }) => _id)], [200, [long]]);
    });
  });

  describe('for operators', () => {
    it('counts requests of all workers, and does not show the metrics through a balancer', async () => {
      const { status, text, headers } = await call('GET', '/metrics');
      assert.equal(status, 200);
      assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0.0.4/);
      assert.match(text, /^service_requests_total\{route="\/index",method="POST",status="201"\} [1-9]/m);
      assert.match(text, /^service_engine_requests_total [1-9]/m);
      assert.match(text, /^service_engine_node_up\{node="[^"]+"\} 1$/m);
      const forwarded = await call('GET', '/metrics', { headers: { 'x-forwarded-for': '192.0.2.1' } });
      assert.equal(forwarded.status, 404);
      assert.doesNotMatch(forwarded.text, /service_/);
    });

    it('describes itself, as OpenAPI and as a page without external resources', async () => {
      const { json } = await call('GET', '/openapi.json');
      assert.equal((json as { openapi: string }).openapi, '3.1.0');
      const page = await call('GET', '/docs');
      assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
      assert.match(page.text, /POST \/index/);
      assert.doesNotMatch(page.text, /(src|href)="(https?:)?\/\//);
    });
  });
}
