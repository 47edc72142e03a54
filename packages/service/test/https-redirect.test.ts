// Users who came to the balancer by http are sent to https, before anything else is looked at; its checks and calls from inside are served.
import assert from 'node:assert/strict';
import { request, type IncomingMessage } from 'node:http';
import { after, before, test } from 'node:test';
import { send } from './auth/send.ts';
import { freePort } from './harness/free-port.ts';
import { node, type RunningService } from './harness/implementations.ts';

let service: RunningService;
let otherPort: RunningService;

before(async () => {
  await node.prepare();
  const environment = { AUTH: 'public', DEADLINE_MS: '100', ES_HOSTS: `http://127.0.0.1:${await freePort()}` };
  service = await node.start({ ...environment, HTTPS_PORT: '443' });
  otherPort = await node.start({ ...environment, HTTPS_PORT: '8443' });
});

after(async () => {
  await Promise.all([service.stop(), otherPort.stop()]);
});

const byHttp = ['X-Forwarded-Proto', 'http'] as const;

for (const [method, path] of [
  ['GET', '/search?q=a%20fox&size=3'],
  ['POST', '/index'],
  ['DELETE', '/documents/a%2Fb'],
  ['GET', '/nothing/here'],
] as const)
  test(`${method} ${path} by http: 308 to the same path, with no body read`, async () => {
    const answer = await send(service.url, { method, path, headers: [byHttp] }, method === 'POST' ? '{' : undefined);
    assert.equal(answer.status, 308);
    assert.equal(answer.headers.location, `https://service${path}`);
  });

const named = (host: string) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const { port } = new URL(otherPort.url);
    const headers = { host, 'x-forwarded-proto': 'http' };
    request({ host: '127.0.0.1', port, path: '/search?q=fox', headers }, (answer) => resolve(answer.resume()))
      .once('error', reject)
      .end();
  });

for (const [host, location] of [
  ['b.example.org:80', 'https://b.example.org:8443/search?q=fox'],
  ['[2001:db8::1]:80', 'https://[2001:db8::1]:8443/search?q=fox'],
] as const)
  test(`of ${host} the name stays, and the port is the listener's`, async () => {
    assert.equal((await named(host)).headers.location, location);
  });

for (const host of ['a@b.example.org', 'b.example.org/..', 'a:b'])
  test(`the host '${host}' leads nowhere: 400`, async () => {
    const { statusCode, headers } = await named(host);
    assert.deepEqual([statusCode, headers.location], [400, undefined]);
  });

test('who came by https, the balancer’s own check, and calls from inside are served', async () => {
  for (const headers of [[['X-Forwarded-Proto', 'https']], []] as const) {
    assert.equal((await send(service.url, { path: '/healthz', headers })).status, 200);
    assert.equal((await send(service.url, { path: '/search', headers })).status, 400);
  }
});
