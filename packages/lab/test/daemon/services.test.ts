// What machines and the operator use besides Linode's API: metadata, packages, the daemon's endpoint.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { systemClock } from '@understudy/foundation';
import { labEndpoint } from '../../src/index.ts';
import { buildMetadataServer } from '../../src/region/metadata.ts';
import type { LabPlaces } from '../../src/places.ts';
import { buildFileServer } from '../../src/static-files.ts';
import { startDaemon, stopDaemon } from '../../src/supervise.ts';
import { createMachine, startRegion } from '../region/api/region.ts';

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'understudy-lab-'));
  t.after(() => rm(made, { recursive: true, force: true }));
  return made;
}

suite('the metadata service', () => {
  test('identifies a machine by its address, gives it a token, and then its own data', async (t) => {
    const region = await startRegion(t);
    const userData = Buffer.from('#cloud-config\n').toString('base64');
    const id = await createMachine(region, {
      label: 'self-1',
      metadata: { user_data: userData },
      authorized_keys: ['ssh-ed25519 AAAA me'],
    });
    // The requests of this test come from loopback.
    region.api.store.machines.get(id)!.publicAddress = '127.0.0.1';
    const server = buildMetadataServer({ store: region.api.store, clock: systemClock });
    t.after(() => server.close());
    const url = await server.listen({ port: 0, host: '127.0.0.1' });
    const ask = async (what: string, headers: Record<string, string>, method = 'GET'): Promise<[number, string]> => {
      const response = await fetch(`${url}/v1/${what}`, { method, headers });
      return [response.status, await response.text()];
    };
    assert.equal((await ask('instance', {}))[0], 401);
    assert.equal((await ask('token', { 'metadata-token-expiry-seconds': '0' }, 'PUT'))[0], 400);
    const [, token] = await ask('token', { 'metadata-token-expiry-seconds': '60' }, 'PUT');
    const as = { 'metadata-token': token };
    assert.match((await ask('instance', as))[1], new RegExp(`^id: ${id}\n(.*\n)*label: self-1\n`));
    assert.equal(
      (JSON.parse((await ask('instance', { ...as, accept: 'application/json' }))[1]) as { label: string }).label,
      'self-1',
    );
    assert.deepEqual(await ask('user-data', as), [200, userData]);
    assert.deepEqual(await ask('ssh-keys', as), [200, 'users.root: ssh-ed25519 AAAA me']);
    assert.match((await ask('network', as))[1], /^ipv4.public: 127.0.0.1\/32$/m);
    assert.equal((await ask('nothing', as))[0], 404);
    region.api.store.machines.get(id)!.publicAddress = '198.18.1.1';
    assert.equal((await ask('instance', as))[0], 401, 'another machine with the same token');
  });
});

suite('the package repository', () => {
  async function serve(
    t: TestContext,
    root: string,
  ): Promise<(path: string, method?: string) => Promise<[number, string]>> {
    const server: Server = buildFileServer(root);
    t.after(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    // fetch() would normalise the path before sending it.
    return (asked, method = 'GET') =>
      new Promise((resolve, reject) => {
        const sent = request({ port, host: '127.0.0.1', path: asked, method, agent: false }, (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => resolve([response.statusCode ?? 0, text]));
        });
        sent.on('error', reject);
        sent.end();
      });
  }

  test('serves its files, and nothing outside of them', async (t) => {
    const root = await folder(t);
    await mkdir(path.join(root, 'served', 'dists'), { recursive: true });
    await writeFile(path.join(root, 'secret'), 'secret');
    await writeFile(path.join(root, 'served', 'dists', 'Release'), 'Suite: stable');
    await symlink(path.join(root, 'secret'), path.join(root, 'served', 'link'));
    await symlink(path.join(root, 'served'), path.join(root, 'current'));
    const ask = await serve(t, path.join(root, 'current'));
    assert.deepEqual(await ask('/dists/Release'), [200, 'Suite: stable']);
    assert.deepEqual(await ask('/dists/Release', 'HEAD'), [200, '']);
    for (const bad of [
      '/../secret',
      '/%2e%2e/secret',
      '/dists/%2e%2e/%2e%2e/secret',
      '/link',
      '/dists',
      '/',
      '/missing',
      '/%00',
      '/%zz',
      '//etc/passwd',
    ]) {
      assert.deepEqual(await ask(bad), [404, ''], bad);
    }
    assert.equal((await ask('/dists/Release', 'POST'))[0], 405);
  });
});

suite('the daemon', () => {
  test('writes its endpoint for the owner alone, keeps its state over a kill -9, and ends cleanly', async (t) => {
    const base = await folder(t);
    const places: LabPlaces = {
      stateDirectory: path.join(base, 'state'),
      runDirectory: path.join(base, 'run'),
      apiPort: 0,
      metadataPort: 0,
      packagePort: 0,
      namePort: 0,
    };
    await mkdir(places.runDirectory);
    const config = {
      ...places,
      token: 'a-token-for-the-daemon',
      imageRoots: {},
      hardware: 'simulated' as const,
      cacheDirectory: base,
    };
    await writeFile(path.join(places.runDirectory, 'daemon.json'), JSON.stringify(config));
    t.after(() => stopDaemon(places));

    await startDaemon(places, config);
    const first = await labEndpoint(places);
    assert.equal((await stat(path.join(places.runDirectory, 'endpoint.json'))).mode & 0o777, 0o600);
    const headers = { authorization: `Bearer ${first.token.reveal()}`, 'content-type': 'application/json' };
    const made = await fetch(`${first.apiUrl}/vpcs`, {
      method: 'POST',
      headers,
      body: '{"label":"kept","region":"us-ord"}',
    });
    assert.equal(made.status, 200);
    process.kill(first.pid, 'SIGKILL');

    await startDaemon(places, config);
    const second = await labEndpoint(places);
    assert.notEqual(second.pid, first.pid);
    const kept = (await (await fetch(`${second.apiUrl}/vpcs`, { headers })).json()) as { data: { label: string }[] };
    assert.deepEqual(
      kept.data.map((vpc) => vpc.label),
      ['kept'],
    );
    await stopDaemon(places);
    assert.equal(existsSync(path.join(places.runDirectory, 'endpoint.json')), false);
    assert.equal((await stat(path.join(places.stateDirectory, 'state.json'))).mode & 0o777, 0o600);
    const log = await readFile(path.join(places.runDirectory, 'daemon.log'), 'utf8');
    assert.ok(log.includes('stopped; machines keep running') && !log.includes(config.token));
  });

  test('the error of a lab that does not run says how to start it', async (t) => {
    const base = await folder(t);
    const places: LabPlaces = {
      stateDirectory: base,
      runDirectory: base,
      apiPort: 0,
      metadataPort: 0,
      packagePort: 0,
      namePort: 0,
    };
    await assert.rejects(labEndpoint(places), {
      code: 'lab-not-running',
      message: 'No lab is running here. Start one: understudy lab up',
    });
  });

  test('the error of a daemon that cannot start says why', async (t) => {
    const base = await folder(t);
    const taken = createServer().listen(0, '127.0.0.1');
    t.after(() => taken.close());
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    const places: LabPlaces = {
      stateDirectory: base,
      runDirectory: base,
      apiPort: port,
      metadataPort: 0,
      packagePort: 0,
      namePort: 0,
    };
    const config = {
      ...places,
      token: 'a-token-for-the-daemon',
      imageRoots: {},
      hardware: 'simulated' as const,
      cacheDirectory: base,
    };
    await writeFile(path.join(base, 'daemon.json'), JSON.stringify(config));
    await assert.rejects(
      startDaemon(places, config),
      (error: Error & { code?: string }) => error.code === 'lab-start-failed' && error.message.includes('EADDRINUSE'),
    );
  });
});
