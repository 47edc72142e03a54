// What `plan` and `apply` refuse about an application of the user's, with machines of it in the region: the process ends, with the field,
// and nothing is changed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { labEndpoint, type LabPlaces, startDaemon, stopDaemon } from '@understudy/lab';

const cli = resolve(import.meta.dirname, '../../src/cli/main.ts');
const endsWithinMs = 60_000;
const searchPath = process.env['PATH'];
let base = '';
let places: LabPlaces;

/** A Maven Central that has the version; nothing is fetched from it here. */
const maven = `#!/bin/sh
for word; do case $word in -Dmaven.repo.local=*) repository=\${word#*=} ;; esac; done
for artifact in elasticsearch plugin/transport-netty4; do
  mkdir -p "$repository/org/elasticsearch/$artifact"
  echo '<metadata><version>9.5.3</version></metadata>' > "$repository/org/elasticsearch/$artifact/maven-metadata-central.xml"
done
`;

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'understudy-cli-artifact-'));
  await mkdir(join(base, 'bin'));
  await writeFile(join(base, 'bin/mvn'), maven, { mode: 0o755 });
  process.env['PATH'] = `${join(base, 'bin')}${delimiter}${searchPath ?? ''}`;
  const directories = { stateDirectory: join(base, 'state'), runDirectory: join(base, 'run') };
  places = { ...directories, apiPort: 0, metadataPort: 0, packagePort: 0 };
  const config = {
    ...places,
    token: 'a-token-for-the-daemon',
    cacheDirectory: join(base, 'cache'),
    imageRoots: {},
    hardware: 'simulated' as const,
  };
  await mkdir(places.runDirectory);
  await writeFile(join(places.runDirectory, 'daemon.json'), JSON.stringify(config));
  await startDaemon(places, config);
  for (const role of ['search', 'search', 'search', 'service', 'service']) await createMachine(role);
  await mkdir(join(base, 'app'));
  await writeFile(join(base, 'app/server.js'), '');
  await writeFile(join(base, 'app/start'), '#!/bin/sh\n', { mode: 0o755 });
});

after(async () => {
  await stopDaemon(places);
  process.env['PATH'] = searchPath;
  await rm(base, { recursive: true, force: true });
});

const made: Record<string, number> = {};

/** A machine as `apply` makes it, without firewall or network: `plan` connects to it over SSH. */
async function createMachine(role: string): Promise<void> {
  const ordinal = (made[role] = (made[role] ?? 0) + 1);
  const { apiUrl, token } = await labEndpoint(places);
  const answer = await fetch(`${apiUrl}/linode/instances`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token.reveal()}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      label: `demo-${role}-${ordinal}`,
      region: 'us-ord',
      type: role === 'search' ? 'g6-standard-4' : 'g6-standard-2',
      image: 'linode/debian13',
      root_pass: 'a-long-Password-1',
      tags: ['understudy:demo', 'demo', role],
    }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

async function run(words: readonly string[], service: string) {
  const topology = `name: demo\nregion: us-ord\naccess: { adminNetworks: [198.18.0.1/32] }\nsearch: { version: 9.5.3 }\nservice: ${service}\n`;
  await writeFile(join(base, 'topology.yaml'), topology);
  const args = ['--conditions=understudy-source', '--disable-warning=ExperimentalWarning', cli, ...words];
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...args, join(base, 'topology.yaml'), '--target', 'lab'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      UNDERSTUDY_LAB_STATE: places.stateDirectory,
      UNDERSTUDY_LAB_RUN: places.runDirectory,
      UNDERSTUDY_CACHE: join(base, 'cache'),
      XDG_CONFIG_HOME: join(base, 'config'),
      XDG_STATE_HOME: join(base, 'operator'),
    },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), endsWithinMs);
  const exit = new Promise<number | null>((done) => child.once('exit', done));
  const [code, stderr] = await Promise.all([exit, text(child.stderr)]);
  clearTimeout(timer);
  return { code, stderr, tookMs: performance.now() - startedMs };
}

for (const { what, service, pattern } of [
  {
    what: 'a missing directory',
    service: '{ artifact: ./nowhere, runtime: none, command: [./start] }',
    pattern: /topology\.yaml:5 service\.artifact: saw \S+\/nowhere; allowed a directory .*ENOENT/,
  },
  {
    what: 'a misspelt program',
    service: '{ artifact: ./app, runtime: none, command: [strat] }',
    pattern: /topology\.yaml:5 service\.command: saw strat; .*do: write start\?/,
  },
  {
    what: 'a placeholder that nothing is filled in for',
    service: '{ artifact: ./app, runtime: none, command: [./start, "{prot}"] }',
    pattern: /topology\.yaml:5 service\.command\.1: saw \{prot\}; allowed \{host\}, \{port\}, \{workers\}/,
  },
]) {
  for (const words of [['plan'], ['apply', '--yes']]) {
    test(`${words[0] ?? ''} refuses ${what} and ends`, { timeout: 90_000 }, async (t) => {
      const { code, stderr, tookMs } = await run(words, service);
      t.diagnostic(`${Math.round(tookMs)} ms`);
      assert.match(stderr, pattern);
      assert.equal(code, 64);
    });
  }
}
