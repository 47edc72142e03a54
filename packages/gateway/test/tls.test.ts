// TLS to the engine: the authority of --ca is trusted and no other, and a certificate for another name is refused. Nothing is sent to a
// node that is not the engine's.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeCertificates } from './harness/opensearch.ts';
import { startGateway } from './harness/running.ts';

describe('TLS to the engine', () => {
  let directory: string;
  let server: Server;
  const seen: string[] = [];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gateway-tls-'));
    await makeCertificates(directory);
    const [key, cert] = await Promise.all(['node.key', 'node.pem'].map((name) => readFile(join(directory, name))));
    server = createServer({ key, cert }, (request, response) => {
      if (!request.url?.startsWith('/_')) seen.push(`${request.method} ${request.headers.authorization}`);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
  });

  after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true });
  });

  const url = (host: string): string => `https://${host}:${(server.address() as AddressInfo).port}`;
  const quick = ['--deadline-ms', '1500'];

  it('with --ca and a user, an application without either is answered', async () => {
    const options = ['--ca', join(directory, 'ca.pem'), '--username', 'u', '--password', 'p'];
    for (const host of ['localhost', '127.0.0.1']) {
      await using gateway = await startGateway([url(host)], options);
      const answer = await fetch(`${gateway.url}/a/_doc/1`);
      assert.deepEqual([answer.status, await answer.json()], [200, { ok: true }]);
    }
    assert.deepEqual(seen.splice(0), [`GET Basic ${btoa('u:p')}`, `GET Basic ${btoa('u:p')}`]);
  });

  it('without --ca nothing is sent, and the status says why', async () => {
    await using gateway = await startGateway([url('localhost')], quick);
    const answer = await fetch(`${gateway.url}/a/_doc/1`, { method: 'PUT', body: '{}' });
    assert.match(
      await answer.text(),
      /"type":"understudy_(?:unavailable|deadline_exceeded|circuit_open)".*"outcome":"none"/,
    );
    assert.ok(answer.status === 503 || answer.status === 504, String(answer.status));
    const { nodes } = (await (await fetch(`${gateway.url}/_understudy`)).json()) as { nodes: { trouble?: string }[] };
    assert.match(nodes[0]?.trouble ?? '', /certificate/);
    assert.deepEqual(seen, []);
  });

  it('a certificate for another name is refused', async () => {
    await using gateway = await startGateway([url('127.0.0.2')], [...quick, '--ca', join(directory, 'ca.pem')]);
    assert.ok((await fetch(`${gateway.url}/a/_doc/1`)).status >= 503);
    assert.deepEqual(seen, []);
  });

  it('a file of --ca that cannot be read is refused at the start', () =>
    assert.rejects(startGateway([url('localhost')], ['--ca', join(directory, 'missing.pem')]), {
      code: 'gateway-configuration-invalid',
      message: /--ca \(GATEWAY_CA\): the file \S*missing\.pem cannot be read: ENOENT/,
    }));
});
