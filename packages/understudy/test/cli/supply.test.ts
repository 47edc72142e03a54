// An engine that the target cannot supply is refused by `plan` and `apply` before anything is made: the real program against a
// lab's daemon over simulated hardware. Only Maven Central is simulated.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { resolveTarget } from '../../src/operation/index.ts';
import { labEndpoint, type LabPlaces, startDaemon, stopDaemon } from '@understudy/lab';
import { sampleText } from '../simulation/sample-intent.ts';

const cli = resolve(import.meta.dirname, '../../src/cli/main.ts');
const searchPath = process.env['PATH'];
let base = '';
let places: LabPlaces;

/** A Maven Central with two versions of Elasticsearch, whose jars cannot be fetched. */
const maven = `#!/bin/sh
for word; do case $word in -Dmaven.repo.local=*) repository=\${word#*=} ;; esac; done
[ -n "\${repository:-}" ] || { sleep 2; echo 'no route to the jars' >&2; exit 1; }
for artifact in elasticsearch plugin/transport-netty4; do
  mkdir -p "$repository/org/elasticsearch/$artifact"
  echo '<metadata><version>8.19.21</version><version>9.5.3</version></metadata>' > "$repository/org/elasticsearch/$artifact/maven-metadata-central.xml"
done
`;

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'understudy-cli-supply-'));
  const bin = join(base, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'mvn'), maven, { mode: 0o755 });
  process.env['PATH'] = `${bin}${delimiter}${searchPath ?? ''}`;
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
});

after(async () => {
  await stopDaemon(places);
  process.env['PATH'] = searchPath;
  await rm(base, { recursive: true, force: true });
});

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly stderr: string;
}

async function run(words: readonly string[], topology: string): Promise<Ran> {
  await writeFile(join(base, 'topology.yaml'), topology);
  const args = ['--conditions=understudy-source', '--disable-warning=ExperimentalWarning', cli, ...words];
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
  const exit = new Promise<number | null>((done) => child.once('exit', done));
  const [code, out, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
  return { code, out, stderr };
}

/** What the region holds now. */
async function held(): Promise<Record<string, number>> {
  const { controlUrl, token } = await labEndpoint(places);
  const headers = { authorization: `Bearer ${token.reveal()}` };
  const counts = (await (await fetch(`${controlUrl}/status`, { headers })).json()) as Record<string, number>;
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

const asking = (search: string) => sampleText.replace('version: 9.5.3', search);

const refused = [
  {
    what: 'an engine that the lab has no package of',
    search: 'engine: opensearch\n  version: 3.4.0',
    pattern:
      /topology\.yaml:6 search\.engine: saw opensearch; allowed elasticsearch, in the lab; .*no package of OpenSearch/,
  },
  {
    what: 'a version that Maven Central does not have',
    search: 'version: 9.99.0',
    pattern:
      /topology\.yaml:6 search\.version: saw 9\.99\.0; allowed in the lab one of 8\.19\.21, 9\.5\.3; .*do: set 9\.5\.3/,
  },
  {
    what: 'a version that the lab cannot start',
    search: 'version: 8.2.0',
    pattern: /topology\.yaml:6 search\.version: saw 8\.2\.0; allowed 8\.18\.0 or later, in the lab/,
  },
];

for (const { what, search, pattern } of refused) {
  for (const words of [['plan'], ['apply', '--yes']]) {
    test(`${words[0] ?? ''} refuses ${what}, and nothing is made`, async () => {
      const { code, stderr } = await run(words, asking(search));
      assert.match(stderr, pattern);
      assert.equal(code, 64);
      assert.deepEqual(await held(), {});
    });
  }
}

test('as JSON the refusal is the usual problem, with the field and the line', async () => {
  const { code, stderr } = await run(['plan', '--json'], asking('version: 9.99.0'));
  const { error } = JSON.parse(stderr) as { error: { code: string; facts: { problems: object[] } } };
  assert.equal(code, 64);
  assert.equal(error.code, 'topology-invalid');
  assert.deepEqual(
    error.facts.problems.map((problem) => {
      const { field, line, saw } = problem as Record<string, unknown>;
      return { field, line, saw };
    }),
    [{ field: 'search.version', line: 6, saw: '9.99.0' }],
  );
});

test('warnings of plan and apply are printed for people and listed for programs', async () => {
  const topology = asking('version: 8.19.21').replace('shards: 3', 'shards: 3, durability: async');
  const { out } = await run(['plan', '--json'], topology);
  const { warnings } = JSON.parse(out) as { warnings: Record<string, unknown>[] };
  const found = warnings.find(({ id }) => id === 'durability-async');
  assert.deepEqual(Object.keys(found ?? {}), ['id', 'field', 'line', 'column', 'saw', 'message', 'remedy']);
  assert.deepEqual([found?.['field'], found?.['line'], found?.['saw']], ['search.index.durability', 7, 'async']);
  const line = /^! line 7 search\.index\.durability: saw async; .* do: .* \[durability-async\]$/m;
  assert.match((await run(['plan'], topology)).out, line);
  assert.match((await run(['apply', '--yes'], topology)).stderr, line);
});

test('for a version that can be built, plan reports that apply builds it first', async () => {
  const { code, out } = await run(['plan', '--json'], asking('version: 8.19.21'));
  assert.equal(code, 1);
  const { notices } = JSON.parse(out) as { notices: string[] };
  assert.match(notices.join('\n'), /elasticsearch 8\.19\.21 is not built here yet; apply builds its package first/);
});

test('an apply whose engine cannot be built creates no machine, prints the reason, and exits with unknown', async () => {
  const { code, stderr } = await run(['apply', '--yes'], asking('version: 8.19.21'));
  assert.match(stderr, /could not make elasticsearch 8\.19\.21 ready; no machine was made\. .*no route to the jars/s);
  assert.match(stderr, /8\.19\.21: fetching the jars with Maven \(1 of 3\)/);
  assert.equal(code, 2);
  assert.deepEqual(await held(), {});
  assert.match(await readFile(join(places.runDirectory, 'daemon.log'), 'utf8'), /8\.19\.21 could not be built/);
});

test('on Linode a version counts as available when this tool supports its number', async (t) => {
  const before = process.env['LINODE_TOKEN'];
  process.env['LINODE_TOKEN'] = 'never-sent';
  t.after(() => {
    if (before === undefined) delete process.env['LINODE_TOKEN'];
    else process.env['LINODE_TOKEN'] = before;
  });
  const { supplies } = await resolveTarget('linode');
  for (const version of ['8.19.21', '9.5.3', '9.99.0'])
    assert.deepEqual(await supplies({ engine: 'elasticsearch', version }), { state: 'ready' });
  assert.deepEqual(await supplies({ engine: 'opensearch', version: '3.4.0' }), { state: 'ready' });
  for (const version of ['7.17.0', '10.0.0', '9.5', 'latest']) {
    const supply = await supplies({ engine: 'elasticsearch', version });
    assert.deepEqual([supply.state, 'part' in supply && supply.part], ['refused', 'version'], version);
  }
});
