// The contract: what is written is found, by search, as it was sent.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually, word, type Call, type Exchange } from './call.ts';

interface Hit {
  readonly _id: string;
  readonly _score: number;
  readonly _source: { readonly id: string; readonly content: string; readonly data: unknown };
}

/** Beyond 2^53 a double has not all of them; the first two are the least ones of that kind. */
const wholeNumbers = [
  ...['9007199254740993', '-9007199254740993', '9223372036854775807', '-9223372036854775808', '18446744073709551615'],
  ...['10000000000000001', '1234567890123456789', '123456789012345678901234567890'],
];

export function documents(call: Call): void {
  const find = (query: string, count = 1): Promise<Exchange> =>
    eventually(
      () => call('GET', `/search?q=${encodeURIComponent(query)}`),
      ({ json }) => Array.isArray(json) && json.length >= count,
    );

  describe('documents', () => {
    it('answers 201 with the result of the engine', async () => {
      const id = word();
      const first = await call('POST', '/index', { json: { id, data: { title: 'one' } } });
      assert.equal(first.status, 201);
      const { _index, _id, _version, result } = first.json as Record<string, unknown>;
      assert.deepEqual({ _index, _id, result }, { _index: 'documents', _id: id, result: 'created' });
      assert.ok(Number.isSafeInteger(_version));
    });

    it('replaces a document that has the same id', async () => {
      const [id, before, after] = [word(), word(), word()];
      const first = await call('POST', '/index', { json: { id, data: before } });
      const second = await call('POST', '/index', { json: { id, data: after } });
      assert.equal(second.status, 201);
      assert.equal((second.json as { result: string }).result, 'updated');
      const versions = [first, second].map(({ json }) => (json as { _version: number })._version);
      assert.ok((versions[1] ?? 0) > (versions[0] ?? 0), versions.join(' is not followed by '));
      await find(after);
      assert.deepEqual((await call('GET', `/search?q=${before}`)).json, []);
    });

    it('finds every text of an object, at any depth, and returns the object as it was sent', async () => {
      const words = [word(), word(), word(), word()];
      const data = {
        title: words[0],
        list: [1, true, null, words[1]],
        deep: { er: [{ still: words[2] }] },
        n: 1.5,
        ключ: words[3],
      };
      const id = word();
      assert.equal((await call('POST', '/index', { json: { id, data } })).status, 201);
      for (const searched of words) {
        const [hit] = (await find(searched)).json as Hit[];
        assert.equal(hit?._id, id);
        assert.deepEqual(hit._source, { id, content: words.join('\n'), data });
        assert.equal(typeof hit._score, 'number');
      }
    });

    it('finds a document that is a text', async () => {
      const [id, text] = [word(), word()];
      await call('POST', '/index', { json: { id, data: `The ${text} of it` } });
      const [hit] = (await find(text)).json as Hit[];
      assert.deepEqual(hit?._source, { id, content: `The ${text} of it`, data: `The ${text} of it` });
    });

    it('keeps any id of up to 512 bytes', async () => {
      const tag = word();
      const ids = [`${tag} a/b?c#d%20`, `${tag}-ü-日本-🦊`, `${tag}..`, tag.padEnd(512, 'x'), `${tag}"\\\n`];
      for (const id of ids) {
        assert.equal((await call('POST', '/index', { json: { id, data: tag } })).status, 201, id);
      }
      const hits = (await find(tag, ids.length)).json as Hit[];
      assert.deepEqual(hits.map(({ _id }) => _id).sort(), ids.sort());
    });

    it('accepts a whole number as an id, by its digits', async () => {
      const text = word();
      const answer = await call('POST', '/index', { json: { id: 12345, data: text } });
      assert.equal(answer.status, 201);
      assert.equal((answer.json as Hit)._id, '12345');
    });

    it('stores different shapes under the same key without a conflict', async () => {
      const text = word();
      for (const x of [1, 'text', { y: 1 }, [1, 'a'], null, true]) {
        const answer = await call('POST', '/index', { json: { id: word(), data: { x, text } } });
        assert.equal(answer.status, 201);
      }
      assert.equal(((await find(text, 6)).json as Hit[]).length, 6);
    });

    it('returns ten hits by default, best first', async () => {
      const text = word();
      for (let count = 0; count < 12; count += 1) {
        await call('POST', '/index', {
          json: { id: `${text}-${count}`, data: count === 7 ? `${text} ${text}` : `${text} other` },
        });
      }
      await eventually(
        () => call('GET', `/search?q=${text}&size=100`),
        ({ json }) => (json as Hit[]).length === 12,
      );
      const hits = (await call('GET', `/search?q=${text}`)).json as Hit[];
      assert.equal(hits.length, 10);
      assert.deepEqual(
        hits.map((hit) => hit._score),
        hits.map((hit) => hit._score).sort((a, b) => b - a),
      );
      assert.equal(((await call('GET', `/search?q=${text}&size=3`)).json as Hit[]).length, 3);
      assert.deepEqual((await call('GET', `/search?q=${text}&size=0`)).json, []);
    });

    it('answers an empty list when nothing matches', async () => {
      const answer = await call('GET', `/search?q=${word()}`);
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.json, []);
    });

    it('returns every whole number with all its digits', async () => {
      for (const digits of wholeNumbers) {
        const [id, text] = [word(), word()];
        const data = `{"text":"${text}","n":${digits},"deep":[{"n":[${digits},1,0.1]}]}`;
        const written = await call('POST', '/index', { body: `{"id":"${id}","data":${data}}` });
        assert.equal(written.status, 201, written.text);
        const found = await find(text);
        assert.ok(found.text.replaceAll(/\s/g, '').includes(data), `${digits} became ${found.text}`);
      }
    });

    it('keeps the digits of documents that are sent to the engine in one request', async () => {
      const text = word();
      const documents = wholeNumbers.map(
        (digits, n) => `{"id":"${text}-${n}","data":{"text":"${text}","n":${digits}}}`,
      );
      await Promise.all(documents.map((body) => call('POST', '/index', { body })));
      const search = () => call('GET', `/search?q=${text}&size=100`);
      await eventually(search, ({ json }) => (json as Hit[]).length === documents.length);
      for (const { text: answer } of await Promise.all(Array.from({ length: 10 }, search)))
        for (const digits of wholeNumbers) assert.match(answer, new RegExp(`"n":\\s*${digits}[,}\\s]`), digits);
    });

    it('finds a document of more than a million characters, with every parameter', async () => {
      const text = word();
      await call('POST', '/index', { json: { id: text, data: `${text} ${'ab '.repeat(336_000)}` } });
      const hits = (await find(text)).json as Hit[];
      assert.deepEqual(
        hits.map(({ _id }) => _id),
        [text],
      );
      assert.equal((await call('GET', `/search?q=${text}&highlight=true`)).status, 200);
    });

    it('treats query syntax as plain words', async () => {
      for (const query of ['a AND (', '"', '*:*', '\\', '{"match_all":{}}', '!!!', '\u0000']) {
        assert.equal((await call('GET', `/search?q=${encodeURIComponent(query)}`)).status, 200, query);
      }
    });
  });
}
