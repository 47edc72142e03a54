// The official client through the gateway and without it, against a real cluster of three nodes: the same answers to a list of calls.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startGateway, type RunningGateway } from '../harness/running.ts';
import { findEngine, startEngines, type TestEngine } from '../../../service/test/harness/engine.ts';
import { calls, type Call } from './calls.ts';

const found = await findEngine();

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

describe('the same answers', { skip: 'missing' in found ? found.missing : false }, () => {
  let engine: TestEngine;
  let gateway: RunningGateway;

  before(async () => {
    if ('missing' in found) return;
    engine = await startEngines(found, 3);
    gateway = await startGateway(engine.urls, '--gather', 'on');
  });

  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await engine.stop();
  });

  for (const [at, { name, requests }] of calls.entries())
    it(name, async () => {
      for (const [step, make] of requests.entries()) {
        const [direct, through] = [await send(engine.url, make(`direct-${at}`)), await send(gateway.url, make(`gatewy-${at}`))];
        const label = `${name}, request ${step + 1}`;
        assert.equal(through.status, direct.status, `${label}: ${through.body} against ${direct.body}`);
        assert.deepEqual(comparable(through), comparable(direct), label);
      }
    });
});

async function send(url: string, { method, path, body, headers }: Call): Promise<Answer> {
  const answer = await fetch(url + path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
}

/** What must be equal: all but the names of the two indexes, times, ids that the engine makes, and the compression of a body. */
function comparable({ status, headers, body }: Answer): object {
  const neutral = (text: string): string =>
    text
      .replaceAll(/direct-|gatewy-/g, '')
      .replaceAll(/"took":\d+/g, '"took":0')
      .replaceAll(/"(_scroll_id|id|pit_id|index_uuid|uuid|_id|creation_date)":"[^"]{13,}"/g, '"$1":"made"')
      .replaceAll(/\/_doc\/[\w-]{20}$/g, '/_doc/made');
  const kept = Object.entries(headers)
    .filter(([name]) => !['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'content-encoding'].includes(name))
    .map(([name, value]) => [name, neutral(value)]);
  return { status, headers: Object.fromEntries(kept) as object, body: neutral(body) };
}
