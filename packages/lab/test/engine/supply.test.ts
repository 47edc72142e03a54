// Which engines a lab can give: what is built is offered, what is not is built once, what cannot be had is refused. Packages are
// real and empty ones; Only Maven Central is simulated.
import { deepEqual, equal, match } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { silentLogger, UnderstudyError, type Logger } from '@understudy/foundation';
import { runBuildCommand } from '../../src/cache/build-command.ts';
import { buildOnce } from '../../src/cache/build-once.ts';
import { packageDirectory, type EnginePackageOptions } from '../../src/engine/ensure-engine-package.ts';
import { engineFacts } from '../../src/engine/engine-facts.ts';
import { EngineStock, type EngineSupply } from '../../src/engine/supply.ts';
import { latestPom } from '../../src/engine/maven.ts';
import { compareVersions, publishedVersions, versionsOf } from '../../src/engine/published-versions.ts';

const central = ['8.17.2', '8.18.8', '8.19.21', '9.2.2', '9.5.3'];

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'understudy-supply-'));
  t.after(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** Builds a package without an engine in it where the real build would put the real one. */
async function buildEmptyPackage(options: EnginePackageOptions): Promise<never> {
  const { engine, version, logger } = options;
  await buildOnce({
    directory: await packageDirectory(options),
    logger,
    build: async (scratch) => {
      const tree = join(scratch, 'tree');
      await mkdir(join(tree, 'DEBIAN'), { recursive: true });
      const control = `Package: ${engine}\nVersion: ${version}\nArchitecture: amd64\nMaintainer: x <x@x.invalid>\nDescription: probe\n`;
      await writeFile(join(tree, 'DEBIAN/control'), control);
      const file = join(scratch, `${engine}_${version}_amd64.deb`);
      await runBuildCommand(['dpkg-deb', '--root-owner-group', '--build', tree, file]);
    },
  });
  return undefined as never;
}

interface Lab {
  readonly stock: EngineStock;
  readonly cacheDir: string;
  readonly link: string;
  readonly builds: string[];
  /** The versions in the index that machines see. */
  readonly offered: () => Promise<string[]>;
}

interface Played {
  readonly cacheDir?: string;
  readonly published?: () => Promise<string[]>;
  readonly build?: (options: EnginePackageOptions) => Promise<never>;
  readonly logger?: Logger;
}

async function lab(t: TestContext, played: Played = {}): Promise<Lab> {
  const cacheDir = played.cacheDir ?? (await folder(t));
  const link = join(await folder(t), 'repository');
  const builds: string[] = [];
  const stock = new EngineStock({
    cacheDir,
    repositoryLink: link,
    logger: played.logger ?? silentLogger,
    published: played.published ?? (() => Promise.resolve(central)),
    ensurePackage: (options) => {
      builds.push(options.version);
      return (played.build ?? buildEmptyPackage)(options);
    },
  });
  await stock.open();
  const offered = async (): Promise<string[]> => {
    const index = await readFile(join(link, 'dists/stable/main/binary-amd64/Packages'), 'utf8');
    return [...index.matchAll(/^Version: (.+)$/gm)].map(([, version = '']) => version);
  };
  return { stock, cacheDir, link, builds, offered };
}

async function settled(stock: EngineStock, version: string): Promise<EngineSupply> {
  for (;;) {
    const supply = await stock.supply('elasticsearch', version);
    if (supply.state !== 'building') return supply;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('a version is built when it is asked for, and all that were built are offered together', async (t) => {
  const { stock, builds, offered, cacheDir } = await lab(t);
  deepEqual(await stock.supply('elasticsearch', '9.5.3'), { state: 'buildable' });
  equal((await stock.build('elasticsearch', '9.5.3')).state, 'building');
  deepEqual(await settled(stock, '9.5.3'), { state: 'ready' });
  await stock.build('elasticsearch', '8.19.21');
  deepEqual(await settled(stock, '8.19.21'), { state: 'ready' });
  deepEqual(await offered(), ['8.19.21', '9.5.3']);
  deepEqual(await stock.build('elasticsearch', '9.5.3'), { state: 'ready' });
  deepEqual(builds, ['9.5.3', '8.19.21']);
  const next = await lab(t, { cacheDir, published: () => Promise.reject(new Error('must not be called')) });
  deepEqual(await next.stock.supply('elasticsearch', '8.19.21'), { state: 'ready' }, 'the next lab has them at once');
  deepEqual(await next.offered(), ['8.19.21', '9.5.3']);
});

test('callers at the same time share one build, and two versions are built one after the other', async (t) => {
  let running = 0;
  let most = 0;
  const build = async (options: EnginePackageOptions): Promise<never> => {
    most = Math.max(most, (running += 1));
    await buildEmptyPackage(options);
    running -= 1;
    return undefined as never;
  };
  let asked = 0;
  const published = async (): Promise<string[]> => {
    asked += 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return central;
  };
  const { stock, builds, offered } = await lab(t, { build, published });
  const versions = ['9.5.3', '9.5.3', '9.2.2', '9.5.3'];
  await Promise.all(versions.map((version) => stock.build('elasticsearch', version)));
  for (const version of versions) deepEqual(await settled(stock, version), { state: 'ready' });
  deepEqual([builds.toSorted(), most, asked], [['9.2.2', '9.5.3'], 1, 1]);
  deepEqual(await offered(), ['9.2.2', '9.5.3']);
});

test('progress can be read during a build', async (t) => {
  const steps: string[] = [];
  let go = (): void => undefined;
  const build = async (options: EnginePackageOptions): Promise<never> => {
    options.logger({ level: 'info', subject: 'elasticsearch', text: '9.5.3: fetching the jars (1 of 3)' });
    await new Promise<void>((resolve) => (go = resolve));
    return buildEmptyPackage(options);
  };
  const { stock } = await lab(t, { build, logger: ({ text }) => steps.push(text) });
  await stock.build('elasticsearch', '9.5.3');
  await new Promise((resolve) => setImmediate(resolve));
  deepEqual(await stock.supply('elasticsearch', '9.5.3'), {
    state: 'building',
    step: '9.5.3: fetching the jars (1 of 3)',
  });
  go();
  deepEqual(await settled(stock, '9.5.3'), { state: 'ready' });
  deepEqual(steps, ['9.5.3: fetching the jars (1 of 3)', 'offers elasticsearch 9.5.3']);
});

test('a failed build is reported with its reason and leaves nothing, and the next request builds again', async (t) => {
  let attempts = 0;
  const build = async (options: EnginePackageOptions): Promise<never> => {
    attempts += 1;
    if (attempts > 1) return buildEmptyPackage(options);
    const directory = await packageDirectory(options);
    await buildOnce({
      directory,
      logger: silentLogger,
      build: () => Promise.reject(new Error('the disk is full')),
    });
    return undefined as never;
  };
  const { stock, cacheDir, link } = await lab(t, { build });
  await stock.build('elasticsearch', '9.5.3');
  deepEqual(await settled(stock, '9.5.3'), { state: 'failed', reason: 'the disk is full' });
  deepEqual([await readdir(join(cacheDir, 'engine')), existsSync(link)], [[], false]);
  equal((await stock.build('elasticsearch', '9.5.3')).state, 'building');
  deepEqual(await settled(stock, '9.5.3'), { state: 'ready' });
});

test('a lab that stops ends its build and all queued builds', async (t) => {
  const build = ({ signal }: EnginePackageOptions): Promise<never> =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
  const { stock, builds } = await lab(t, { build });
  await stock.build('elasticsearch', '9.5.3');
  await stock.build('elasticsearch', '9.2.2');
  await stock.close();
  for (const version of ['9.5.3', '9.2.2']) {
    deepEqual(await stock.supply('elasticsearch', version), {
      state: 'failed',
      reason: 'The lab stops; the next apply builds the package again.',
    });
  }
  deepEqual(builds, ['9.5.3']);
});

test('what the lab cannot supply is refused with the part that is wrong, what is allowed and why', async (t) => {
  const { stock, builds } = await lab(t);
  const unpublished = await stock.build('elasticsearch', '9.99.0');
  deepEqual(unpublished, {
    state: 'refused',
    part: 'version',
    allowed: 'in the lab one of 8.18.8, 8.19.21, 9.2.2, 9.5.3',
    reason: 'Maven Central does not have the server with its modules for transport and security at this version',
    remedy: 'set 9.5.3 or another of these',
  });
  const old = await stock.build('elasticsearch', '8.17.2');
  deepEqual([old.state, (old as { part?: string }).part], ['refused', 'version']);
  const older = await stock.build('opensearch', '2.18.0');
  deepEqual([older.state, (older as { part?: string }).part], ['refused', 'version']);
  match((older as { allowed: string }).allowed, /^2\.19\.0 or later/);
  const other = await stock.build('opensearch', '3.9.0');
  match((other as { reason: string }).reason, /the server, its module transport-netty4 and its security plugin/);
  deepEqual(builds, []);
});

test('when Maven Central cannot be reached the answer is unknown, not refused, and the next request asks again', async (t) => {
  let reachable = false;
  const published = (): Promise<string[]> =>
    reachable ? Promise.resolve(central) : Promise.reject(new UnderstudyError('lab-build-failed', 'no route'));
  const { stock } = await lab(t, { published });
  const first = await stock.supply('elasticsearch', '9.5.3');
  equal(first.state, 'unknown');
  match((first as { reason: string }).reason, /could not be read.* no route/);
  reachable = true;
  deepEqual(await stock.supply('elasticsearch', '9.5.3'), { state: 'buildable' });
});

test('a running lab detects that its cache was emptied', async (t) => {
  const { stock, cacheDir, builds } = await lab(t);
  await stock.build('elasticsearch', '9.5.3');
  await settled(stock, '9.5.3');
  await rm(cacheDir, { recursive: true });
  deepEqual(await stock.supply('elasticsearch', '9.5.3'), { state: 'buildable' });
  await stock.build('elasticsearch', '9.5.3');
  deepEqual([await settled(stock, '9.5.3'), builds], [{ state: 'ready' }, ['9.5.3', '9.5.3']]);
});

/** A Maven that writes the lists of versions where the real one keeps them. */
const maven = `#!/bin/sh
for word; do case $word in -Dmaven.repo.local=*) repository=\${word#*=} ;; esac; done
list() {
  mkdir -p "$repository/$1"
  shift_path=$1; shift
  { echo '<metadata><versioning><versions>'; for v; do echo "<version>$v</version>"; done; echo '</versions></versioning></metadata>'; } \\
    > "$repository/$shift_path/maven-metadata-central.xml"
}
list org/elasticsearch/elasticsearch 8.5.1 8.19.9 8.19.21 9.0.0-rc1 9.2.4 9.5.3
list org/elasticsearch/plugin/transport-netty4 8.5.2 8.19.9 8.19.21 9.0.0-rc1 9.5.3
list org/elasticsearch/plugin/x-pack-core 8.5.1 8.19.9 8.19.21 9.2.4 9.5.3
list org/elasticsearch/plugin/x-pack-security 8.5.1 8.19.21 9.2.4 9.5.3
`;

test('a version counts as published when the server, its transport module and the security modules are there', async (t) => {
  const cacheDir = await folder(t);
  const bin = await folder(t);
  await writeFile(join(bin, 'mvn'), maven);
  await chmod(join(bin, 'mvn'), 0o755);
  const path = process.env['PATH'];
  t.after(() => (process.env['PATH'] = path));
  process.env['PATH'] = `${bin}${delimiter}${path ?? ''}`;
  deepEqual(await publishedVersions('elasticsearch', { cacheDir }), ['8.19.21', '9.5.3']);
  deepEqual((await readdir(join(cacheDir, 'maven-versions'))).sort(), ['org'], 'the project folder is gone');
});

test('a version of OpenSearch counts as published when the plugin of that version is there too', async (t) => {
  const cacheDir = await folder(t);
  const bin = await folder(t);
  const lists = `list org/opensearch/opensearch 2.19.4 3.0.0-alpha1 3.4.0 3.5.0
list org/opensearch/plugin/transport-netty4-client 2.19.4 2.19.5 3.4.0 3.5.0
list org/opensearch/plugin/opensearch-security 2.11.1.0 2.19.4.0 3.4.0.0 3.5.0.1
`;
  await writeFile(join(bin, 'mvn'), maven.replace(/^list org.*\n/gm, '') + lists);
  await chmod(join(bin, 'mvn'), 0o755);
  const path = process.env['PATH'];
  t.after(() => (process.env['PATH'] = path));
  process.env['PATH'] = `${bin}${delimiter}${path ?? ''}`;
  deepEqual(await publishedVersions('opensearch', { cacheDir }), ['2.19.4', '3.4.0']);
});

test('the question names the artifacts of the engine and no version', () => {
  const text = latestPom(engineFacts('elasticsearch', 'LATEST'));
  match(text, /<artifactId>transport-netty4<\/artifactId><version>LATEST<\/version><type>pom<\/type>/);
  equal(text.includes('<repositor'), false);
});

test('versions are read from the list and ordered by number', () => {
  deepEqual(versionsOf('<version>9.0.0-beta1</version><version>9.0.0</version>'), ['9.0.0']);
  deepEqual(['8.19.9', '10.0.0', '8.19.10', '8.2.3'].sort(compareVersions), ['8.2.3', '8.19.9', '8.19.10', '10.0.0']);
});
