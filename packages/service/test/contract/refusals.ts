// The contract: what is refused, with which status and words. Nothing a caller sends is answered with a 5xx.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { word, type Call } from './call.ts';

const missing = { error: "Missing 'id' or 'data'" };
const empties = [undefined, null, '', {}, []];

function nested(depth: number): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < depth; level += 1) value = { in: value };
  return value;
}

export function refusals(call: Call): void {
  describe('refusals', () => {
    it('says exactly what is missing, and nothing else', async () => {
      const bodies = empties.flatMap((empty) => [
        { id: empty, data: 'x' },
        { id: 'x', data: empty },
      ]);
      for (const json of bodies) {
        const answer = await call('POST', '/index', { json });
        assert.equal(answer.status, 400, JSON.stringify(json));
        assert.deepEqual(answer.json, missing);
      }
    });

    it('says exactly that the query is missing', async () => {
      for (const path of ['/search', '/search?q=', '/search?query=x']) {
        const answer = await call('GET', path);
        assert.equal(answer.status, 400);
        assert.deepEqual(answer.json, { error: "Missing 'q' query parameter" });
      }
    });

    const wrong: readonly [string, unknown, string][] = [
      ['an id that is an object', { id: { a: 1 }, data: 'x' }, 'id'],
      ['an id that is a list', { id: ['x'], data: 'x' }, 'id'],
      ['an id that is a truth value', { id: true, data: 'x' }, 'id'],
      ['an id that is a fraction', { id: 1.5, data: 'x' }, 'id'],
      ['an id beyond 2^53', { id: 1e300, data: 'x' }, 'id'],
      ['an id of 513 bytes', { id: 'x'.repeat(513), data: 'x' }, 'id'],
      ['an id of 513 bytes in fewer characters', { id: `${'ü'.repeat(256)}x`, data: 'x' }, 'id'],
      ['an id with half a surrogate pair', { id: 'a\ud800', data: 'x' }, 'id'],
      ['data that is a number', { id: 'x', data: 7 }, 'data'],
      ['data that is a truth value', { id: 'x', data: false }, 'data'],
      ['data that is a list', { id: 'x', data: ['x'] }, 'data'],
      ['data with half a surrogate pair', { id: 'x', data: { a: ['\udfff'] } }, 'data'],
      ['a key with half a surrogate pair', { id: 'x', data: { '\udfff': 1 } }, 'data'],
      ['data 65 levels deep', { id: 'x', data: nested(65) }, 'data'],
      ['a list instead of an object', [1], 'body'],
      ['a text instead of an object', 'id', 'body'],
      ['null instead of an object', null, 'body'],
    ];
    for (const [name, json, field] of wrong) {
      it(`names the field: ${name}`, async () => {
        const answer = await call('POST', '/index', { body: JSON.stringify(json) });
        assert.equal(answer.status, 400);
        const { error, code, field: named, request_id } = answer.json as Record<string, unknown>;
        assert.equal(named, field);
        assert.equal(code, 'invalid');
        assert.equal(request_id, answer.headers.get('x-request-id'));
        assert.match(String(error), /\.$/);
      });
    }

    it('accepts data 64 levels deep', async () => {
      assert.equal((await call('POST', '/index', { json: { id: word(), data: nested(64) } })).status, 201);
    });

    it('refuses an id that is a whole number beyond 2^53: another one would have the same double', async () => {
      for (const id of ['9007199254740993', '-9007199254740993', '18446744073709551615']) {
        const answer = await call('POST', '/index', { body: `{"id":${id},"data":"x"}` });
        assert.deepEqual([answer.status, (answer.json as { field: string }).field], [400, 'id'], answer.text);
      }
      const answer = await call('POST', '/index', { body: '{"id":"x","data":9007199254740993}' });
      assert.deepEqual([answer.status, (answer.json as { field: string }).field], [400, 'data'], answer.text);
    });

    const broken: readonly [string, string | Uint8Array<ArrayBuffer>][] = [
      ['half a body', '{"id":'],
      ['no body', ''],
      ['not a number', '{"id":"x","data":{"n":NaN}}'],
      ['infinity', '{"id":"x","data":{"n":-Infinity}}'],
      ['a number beyond a double', '{"id":"x","data":{"n":1e999}}'],
      ['a whole number beyond a double', `{"id":"x","data":{"n":1${'0'.repeat(400)}}}`],
      ['a byte order mark', '\ufeff{"id":"x","data":"x"}'],
      ['bytes that are not UTF-8', new Uint8Array([...Buffer.from('{"id":"x","data":"'), 0xff, ...Buffer.from('"}')])],
      ['UTF-16', new Uint8Array(Buffer.from('{"id":"x","data":"x"}', 'utf16le'))],
      ['a hundred thousand brackets', '['.repeat(100_000)],
      ['a hundred thousand objects', '{"a":'.repeat(100_000)],
      ['deep data', `{"id":"x","data":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`],
    ];
    for (const [name, body] of broken) {
      it(`refuses a body that is broken: ${name}`, async () => {
        const answer = await call('POST', '/index', { body });
        assert.equal(answer.status, 400, answer.text);
        assert.equal(typeof (answer.json as { error: unknown }).error, 'string');
      });
    }

    const text = JSON.stringify({ id: 'x', data: 'x' });
    const encoded: readonly [string, Buffer][] = [
      ['gzip', gzipSync(text)],
      ['x-gzip', gzipSync(text)],
      ['deflate', deflateSync(text)],
      ['br', brotliCompressSync(text)],
      ['zstd', zstdCompressSync(text)],
      ['gzip, gzip', gzipSync(gzipSync(text))],
      ['GZIP', gzipSync('x'.repeat(50_000_000))],
      ['gzip', Buffer.from(text)],
    ];
    for (const [encoding, body] of encoded) {
      it(`refuses a body encoded with ${encoding} (${body.length} bytes) and names the encoding that it accepts`, async () => {
        const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
        const answer = await call('POST', '/index', { body: new Uint8Array(body), headers });
        assert.equal(answer.status, 415, answer.text);
        const { code, field, error } = answer.json as Record<string, unknown>;
        assert.deepEqual([code, field], ['invalid', 'Content-Encoding']);
        assert.match(String(error), /Content-Encoding/);
        assert.equal(answer.headers.get('accept-encoding'), 'identity');
      });
    }

    it('accepts a body whose Content-Encoding is identity', async () => {
      for (const encoding of ['identity', 'Identity', '']) {
        const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
        assert.equal(
          (await call('POST', '/index', { json: { id: word(), data: 'x' }, headers })).status,
          201,
          encoding,
        );
      }
    });

    for (const charset of ['latin1', 'iso-8859-1', 'UTF-16', '"utf-16le"', 'utf-7', 'windows-1252']) {
      it(`refuses the charset ${charset}: every body is UTF-8`, async () => {
        for (const type of [`application/json; charset=${charset}`, `application/json;x=y;CHARSET=${charset}`]) {
          const answer = await call('POST', '/index', { body: text, headers: { 'content-type': type } });
          assert.equal(answer.status, 415, answer.text);
          assert.equal((answer.json as { field: string }).field, 'Content-Type');
        }
      });
    }

    it('accepts a body that declares UTF-8', async () => {
      for (const charset of ['utf-8', 'UTF-8', '"utf-8"', 'utf8']) {
        const headers = { 'content-type': `application/json; charset=${charset}` };
        assert.equal((await call('POST', '/index', { json: { id: word(), data: 'x' }, headers })).status, 201, charset);
      }
    });

    it('refuses a byte order mark and names it', async () => {
      const answer = await call('POST', '/index', { body: `\ufeff${text}` });
      assert.equal(answer.status, 400);
      assert.match((answer.json as { error: string }).error, /byte order mark/);
    });

    it('refuses another content type with 415', async () => {
      const answer = await call('POST', '/index', { body: 'id=x&data=y', headers: { 'content-type': 'text/plain' } });
      assert.equal(answer.status, 415);
      assert.equal((answer.json as { code: string }).code, 'invalid');
    });

    it('refuses a body of more than a mebibyte with 413', async () => {
      const answer = await call('POST', '/index', { json: { id: 'x', data: 'x'.repeat(1024 * 1024) } });
      assert.equal(answer.status, 413);
    });

    it('refuses a query of more than 1024 bytes', async () => {
      assert.equal((await call('GET', `/search?q=${'x'.repeat(1024)}`)).status, 200);
      const answer = await call('GET', `/search?q=${'x'.repeat(1025)}`);
      assert.equal(answer.status, 400);
      assert.equal((answer.json as { field: string }).field, 'q');
    });

    for (const size of ['-1', '101', '1.5', 'ten', '1e1', '', ' 1', '٣']) {
      it(`refuses the page size '${size}'`, async () => {
        const answer = await call('GET', `/search?q=x&size=${encodeURIComponent(size)}`);
        assert.equal(answer.status, 400);
        assert.equal((answer.json as { field: string }).field, 'size');
      });
    }

    it('answers 404 for a path and 405 for a method that it does not have', async () => {
      assert.equal((await call('GET', '/nothing')).status, 404);
      const answer = await call('PUT', '/index', { json: {} });
      assert.equal(answer.status, 405);
      assert.match(answer.headers.get('allow') ?? '', /POST/);
      assert.equal((answer.json as { code: string }).code, 'method-not-allowed');
    });
  });
}
