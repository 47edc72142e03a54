import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Secret } from '@understudy/foundation';
import type { RemoteRunner, TunnelEnd } from '../../src/machines/index.ts';
import { engineOverSsh } from '../../src/observe/index.ts';
import { makeAuthority } from '../../src/secure/authority.ts';
import { certificateFor } from '../secure/certificate-for.ts';

const hosts = ['demo-search-1', 'demo-search-2'].map((label, index) => ({
  target: { label, address: `203.0.113.${index + 1}` },
  vpcAddress: `10.20.0.${index + 11}`,
}));

/** Tunnels that end at a server here; machines that are `dead` refuse. */
async function withTunnels(
  serve: (request: IncomingMessage, response: ServerResponse) => void,
  work: (runner: Pick<RemoteRunner, 'tunnel'>, opened: (TunnelEnd & { label: string })[]) => Promise<void>,
  dead: readonly string[] = [],
): Promise<void> {
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const opened: (TunnelEnd & { label: string })[] = [];
  const runner = {
    tunnel: ({ label }: { readonly label: string }, to: TunnelEnd) => {
      opened.push({ label, ...to });
      if (dead.includes(label)) return Promise.reject(new Error(`${label} could not connect`));
      return Promise.resolve(connect((server.address() as AddressInfo).port, '127.0.0.1'));
    },
  };
  try {
    await work(runner, opened);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a request goes to the engine on the private network, through the machine, and the response is returned unchanged', () => {
  const heard: unknown[] = [];
  return withTunnels(
    (request, response) => {
      void text(request).then((body) => {
        const { method, url, headers } = request;
        heard.push([method, url, headers.host, headers['content-type'], body]);
        response.statusCode = 202;
        response.end('{"acknowledged":true}');
      });
    },
    async (runner, opened) => {
      const transport = engineOverSsh(runner, hosts);
      const answer = await transport.request('PUT', '/documents/_settings?a=[1]', { b: "it's ä" });
      assert.deepEqual(answer, { status: 202, body: { acknowledged: true }, node: 'demo-search-1' });
      assert.deepEqual(heard, [
        ['PUT', '/documents/_settings?a=[1]', '10.20.0.11:9200', 'application/json', '{"b":"it\'s ä"}'],
      ]);
      assert.deepEqual(opened, [{ label: 'demo-search-1', address: '10.20.0.11', port: 9200 }]);
      assert.equal((await transport.request('HEAD', '/documents')).body, undefined);
    },
  );
});

test('an unreachable node is skipped, and the one that answered is asked first next time', () =>
  withTunnels(
    (_, response) => response.end('{}'),
    async (runner, opened) => {
      const transport = engineOverSsh(runner, hosts);
      await transport.request('GET', '/');
      await transport.request('GET', '/');
      assert.deepEqual(
        opened.map(({ label }) => label),
        ['demo-search-1', 'demo-search-2', 'demo-search-2'],
      );
      await assert.rejects(transport.request('GET', '/', undefined, { node: 'demo-search-1' }), {
        code: 'cluster-unreachable',
        message: /^No search node answered GET \/\. demo-search-1: demo-search-1 could not connect$/,
      });
    },
    ['demo-search-1'],
  ));

test('a node that does not answer a request fails after the timeout, one that closes the connection fails immediately', async () => {
  const ask = (serve: (request: IncomingMessage, response: ServerResponse) => void, message: RegExp): Promise<void> =>
    withTunnels(serve, async (runner) => {
      const transport = engineOverSsh(runner, hosts);
      await assert.rejects(transport.request('GET', '/', undefined, { node: 'demo-search-1', timeoutMs: 50 }), {
        code: 'cluster-unreachable',
        message,
      });
    });
  await ask(() => undefined, /demo-search-1: no answer within 50 ms$/);
  await ask((request) => request.socket.destroy(), /demo-search-1: socket hang up$/);
});

test('with a login the engine must show a certificate of the authority for its address, and gets user and password', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const authority = await makeAuthority('demo', Date.now());
  const cert = await certificateFor(authority, key, { label: 'demo-search-1', addresses: ['10.20.0.11'] });
  let answer = 200;
  const heard: (string | undefined)[] = [];
  const server = createTlsServer({ key, cert }, (request, response) => {
    heard.push(request.headers.authorization);
    response.statusCode = answer;
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const tunnel = () => Promise.resolve(connect((server.address() as AddressInfo).port, '127.0.0.1'));
  const ask = (bundlePem: string, only: string) =>
    engineOverSsh({ tunnel }, hosts, { bundlePem, user: 'somebody', password: new Secret('pass:word') }).request(
      'GET',
      '/',
      undefined,
      { node: only },
    );
  try {
    assert.equal((await ask(authority.certificatePem, 'demo-search-1')).status, 200);
    assert.deepEqual(heard, [`Basic ${Buffer.from('somebody:pass:word').toString('base64')}`]);
    const other = await makeAuthority('demo', Date.now());
    await assert.rejects(ask(other.certificatePem, 'demo-search-1'), /demo-search-1: .*certificate/);
    await assert.rejects(ask(authority.certificatePem, 'demo-search-2'), /10\.20\.0\.12 is not in the cert's list/);
    assert.equal(heard.length, 1, 'no password was sent to an engine that was not verified');
    answer = 401;
    await assert.rejects(ask(authority.certificatePem, 'demo-search-1'), (error: Error) => {
      assert.match(error.message, /refused the password of somebody \(401\)/);
      assert.doesNotMatch(error.message, /pass:word/);
      return true;
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
