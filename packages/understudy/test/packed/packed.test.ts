// From the archives of `npm pack` alone, without the clone, on the oldest and the newest Node: the tool, the region in memory,
// the lab's daemon, the workload, a run's verification, and a release of the service.
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { runDrill } from '../../src/drills/index.ts';
import { systemClock } from '@understudy/foundation';
import { goals, type RunPlan, type Verdict } from '../../src/proof/index.ts';
import { noopDrill } from '../drills/noop-drill.ts';
import { smallSystem, type SmallSystem } from '../drills/small-system.ts';
import {
  InstalledTool,
  manifestOf,
  nodeBinary,
  oldestNode,
  packageNames,
  packAll,
  type Packed,
} from './packed-tool.ts';
import { freePort } from '../../../service/test/harness/free-port.ts';

const execute = promisify(execFile);
const versions = [await oldestNode(), '26'];
const token = 'a-token-of-the-account';

let folder = '';
let packed: Packed;
let system: SmallSystem;
let run: { readonly directory: string; readonly verdict: Verdict };

before(
  async () => {
    folder = await mkdtemp(join(tmpdir(), 'understudy-packed-'));
    packed = await packAll(folder);
    system = await smallSystem();
    run = await runDrill(
      system.world,
      noopDrill(
        { steadyMs: 1_000, faultMs: 1_500, recoveryMs: 5_000 },
        { goals: goals({ longestWriteGapMs: 2_000, longestReadGapMs: 2_000 }) },
      ),
      { steady: { maxLagMs: 5_000, maxGapMs: 2_000 } },
    );
  },
  { timeout: 400_000 },
);

after(async () => {
  await system.close();
  await rm(folder, { recursive: true, force: true });
});

test('each package holds what is built with its types and its licence, and neither sources nor tests', async () => {
  const wanted: Readonly<Record<string, readonly string[]>> = {
    client: ['dist/index.js', 'dist/index.d.ts', 'dist/forward/index.js', 'dist/adapters/opensearch.js'],
    foundation: ['dist/index.js', 'dist/index.d.ts'],
    gateway: ['dist/main.js', 'dist/index.js', 'dist/index.d.ts'],
    lab: [
      'dist/index.d.ts',
      'dist/daemon.js',
      'dist/region/index.js',
      'dist/engine/elasticsearch/java/ElasticsearchLauncher.java',
      'dist/engine/opensearch/java/SystemdModule.java',
    ],
    service: ['dist/main.js', 'dist/release/index.js', 'dist/release/index.d.ts', 'index-template.json'],
    understudy: [
      ...['dist/cli/main.js', 'dist/cli/main.d.ts', 'dist/proof/load/worker.js', 'schema/topology.schema.json'],
      ...['report.html', 'report.css', 'elements.js', 'report.js'].map((name) => `dist/proof/report/page/${name}`),
    ],
  };
  for (const name of packageNames) {
    const files = packed.files[(await manifestOf(name)).name] ?? [];
    for (const path of [...wanted[name]!, 'package.json', 'README.md', 'LICENSE']) {
      assert.ok(files.includes(path), `${name} lacks ${path}`);
    }
    const unexpected = files.filter((path) => /^(?:src|test)\/|\.test\.|buildinfo|(?<!\.d)\.ts$/.test(path));
    assert.deepEqual(unexpected, [], name);
  }
});

for (const version of versions) {
  describe(`installed on Node ${version}`, () => {
    let tool: InstalledTool;
    before(
      async () => {
        tool = await InstalledTool.install(await nodeBinary(version), packed.archives);
      },
      { timeout: 300_000 },
    );
    after(() => tool.remove());

    it('runs on that Node, prints its version and its help, also when it starts itself', async () => {
      const { stdout } = await execute(tool.node, ['--version']);
      assert.ok(stdout.startsWith(`v${version}.`) || stdout.trim() === `v${version}`, stdout);
      const said = await tool.run(['--version']);
      assert.deepEqual(said, { code: 0, stdout: `${(await manifestOf('understudy')).version}\n`, stderr: '' });
      assert.match((await tool.run(['--help'])).stdout, /plan .*[^]*apply .*[^]*drill .*[^]*lab /);
      // As a drill starts its guard.
      const guard = await execute(tool.node, [tool.command, 'drill', 'guard', '--help'], { env: tool.environment });
      assert.match(guard.stdout, /guard .*<directory>/);
    });

    // Types do not change with Node.
    if (version === versions[0]) {
      it('is typed for the users of its packages', async () => {
        const modules = join(import.meta.dirname, '../../../../node_modules');
        const options = '--noEmit --strict --module nodenext --target es2024 --lib es2024,esnext.disposable';
        const types = ['--typeRoots', join(modules, '@types'), '--types', 'node'];
        const words = [
          join(modules, 'typescript/bin/tsc'),
          ...options.split(' '),
          ...types,
          await tool.placeProgram('typed.ts'),
        ];
        await execute(process.execPath, words, { cwd: tool.library });
      });
    }

    it('writes a topology, plans it against the region in memory, and the release that this built serves', async () => {
      const region = spawn(tool.node, [await tool.placeProgram('region.mjs'), token], {
        env: tool.environment,
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const [line] = (await once(region.stdout, 'data')) as [Buffer];
      const account = { LINODE_API_URL: line.toString().trim(), LINODE_TOKEN: token };
      const place = ['topology.yaml', '--target', 'linode'];
      const written = await tool.run(['init', ...place, '--admin-network', '198.51.100.7/32']);
      assert.equal(written.code, 0, written.stderr);
      const planned = await tool.run(['plan', ...place, '--json'], account);
      assert.equal(planned.code, 1, planned.stderr);
      assert.doesNotMatch(planned.stderr, /warning/i);
      const { steps, obstacles } = JSON.parse(planned.stdout) as { steps: { id: string }[]; obstacles: unknown[] };
      assert.ok(steps.length > 30, `${steps.length} steps`);
      assert.deepEqual(obstacles, []);
      region.stdin.end();
      if (region.exitCode === null) await once(region, 'exit');
      assert.equal(region.exitCode, 0);
      await serves(join(tool.home, 'cache/releases'), tool.node);
    });

    it('starts the background process of the lab, and ends it', async () => {
      const words = [await tool.placeProgram('daemon.mjs'), await mkdtemp(join(tool.home, 'lab-'))];
      const { stdout } = await execute(tool.node, words, { env: tool.environment });
      assert.deepEqual(JSON.parse(stdout), { status: 200, results: 0, alive: false });
    });

    it('verifies a run, and refuses it when its history was changed', async () => {
      const verified = await tool.run(['drill', 'verify', run.directory, '--json']);
      assert.deepEqual(JSON.parse(verified.stdout), JSON.parse(JSON.stringify(run.verdict)));
      assert.equal(verified.code, { PASS: 0, FAIL: 1, INVALID: 2, ABORTED: 2 }[run.verdict.result]);
      const changed = join(tool.home, 'changed-run');
      await cp(run.directory, changed, { recursive: true });
      await writeFile(join(changed, 'outcomes.jsonl'), '\n', { flag: 'a' });
      assert.equal((await tool.run(['drill', 'verify', changed])).code, 2);
    });

    it('generates load on a system from a separate process, and writes the page of a run', async () => {
      const [loaded, finished] = [join(tool.home, 'load'), join(tool.home, 'finished-run')];
      await cp(run.directory, finished, { recursive: true });
      await rm(join(finished, 'report.html'), { force: true });
      await mkdir(loaded);
      const plan = JSON.parse(await readFile(join(run.directory, 'plan.json'), 'utf8')) as RunPlan;
      const now = { startedMs: systemClock.now(), startedMonotonicMs: systemClock.monotonicMs() };
      await writeFile(join(loaded, 'plan.json'), JSON.stringify({ ...plan, ...now }));
      const proof = pathToFileURL(join(tool.library, 'node_modules/understudy/dist/proof/index.js')).href;
      const words = [await tool.placeProgram('load.mjs'), proof, loaded, finished];
      const { stdout } = await execute(tool.node, words, { env: tool.environment });
      const said = JSON.parse(stdout) as { total: number; failed: number; ended: boolean };
      assert.ok(said.ended && said.total >= 20, stdout);
      assert.ok((await readFile(join(loaded, 'outcomes.jsonl'), 'utf8')).split('\n').length > 20);
      assert.match(await readFile(join(finished, 'report.html'), 'utf8'), /<script>[^]*uPlot/);
    });
  });
}

/** The one release in this folder runs by the Node that built it, answers, and ends in order. */
async function serves(releases: string, node: string): Promise<void> {
  const names = await readdir(releases);
  assert.equal(names.length, 1, names.join());
  const directory = join(releases, names[0]!);
  const own = join(directory, 'bin/node');
  assert.equal((await execute(own, ['--version'])).stdout, (await execute(node, ['--version'])).stdout);
  const port = await freePort();
  const service = spawn(own, ['service.mjs'], {
    cwd: directory,
    env: { AUTH: 'public', PORT: String(port), ES_HOSTS: 'http://127.0.0.1:9', DRAIN_MS: '0' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    assert.deepEqual(await healthOf(`http://127.0.0.1:${port}/healthz`, service), { status: 'ok' });
  } finally {
    service.kill('SIGTERM');
    if (service.exitCode === null) await once(service, 'exit');
  }
  assert.equal(service.exitCode, 0);
}

async function healthOf(url: string, service: ChildProcess): Promise<unknown> {
  const end = performance.now() + 60_000;
  while (performance.now() < end && service.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return await answer.json();
    await sleep(100);
  }
  throw new Error(`${url} did not answer; exit code ${String(service.exitCode)}`);
}
