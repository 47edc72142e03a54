// A command whose body fails ends at once, also with open requests and connections to machines.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { Secret } from '@understudy/foundation';
import { createRegionApi, SimulatedHardware } from '@understudy/lab/region';
import { sampleText } from '../simulation/sample-intent.ts';

const cli = resolve(import.meta.dirname, '../../src/cli/main.ts');

/** A region in memory behind a server that never answers about VPCs, which only the observation of the system requests. */
async function regionWithSilence() {
  const api = createRegionApi({ hardware: new SimulatedHardware(), token: new Secret('whole'), speed: Infinity });
  await api.start();
  const behind = `http://127.0.0.1:${new URL(await api.listen(0)).port}`;
  const server = createServer((request, response) => {
    const { url = '/', method = 'GET', headers } = request;
    if (url.startsWith('/v4/vpcs')) return;
    const sent = { authorization: headers.authorization ?? '', 'x-filter': String(headers['x-filter'] ?? '{}') };
    void fetch(`${behind}${url}`, { method, headers: sent }).then(async (answer) => {
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v4`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await api.stop();
    },
  };
}

test('plan with a service that cannot be built: the error is printed, and the process ends', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-failed-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  await using region = await regionWithSilence();
  const topology = join(folder, 'topology.yaml');
  await writeFile(
    topology,
    `${sampleText.replace('  security: off\n', '')}service: { artifact: ./missing, runtime: python, command: [./start] }\n`,
  );
  const env = {
    ...process.env,
    LINODE_TOKEN: 'whole',
    LINODE_API_URL: region.url,
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_CACHE_HOME: join(folder, 'cache'),
  };
  const words = ['--conditions=understudy-source', '--disable-warning=ExperimentalWarning', cli];
  const child = spawn(process.execPath, [...words, 'plan', topology, '--target', 'linode'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  let saidMs = NaN;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    saidMs = performance.now();
  });
  const late = setTimeout(() => child.kill('SIGKILL'), 60_000);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(late);
  assert.match(stderr, /error: \S+:8 service\.artifact: saw \S+\/missing; allowed a directory that exists/);
  const hungMs = performance.now() - saidMs;
  assert.ok(code === 64 && hungMs < 10_000, `exit code ${String(code)}, ${Math.round(hungMs)} ms after the error`);
});
