// One version for every package, in every place that says it; and the command that sets it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '../../../..');
const execute = promisify(execFile);

async function json<Shape>(path: string): Promise<Shape> {
  return JSON.parse(await readFile(path, 'utf8')) as Shape;
}

async function manifests(workspace: string): Promise<Manifest[]> {
  const names = await readdir(join(workspace, 'packages'));
  return await Promise.all(names.map((name) => json<Manifest>(join(workspace, 'packages', name, 'package.json'))));
}

/** Package or dependency -> version, wherever a package of the workspace is named: manifests and lockfile. */
async function versionsSaid(workspace: string): Promise<Record<string, string>> {
  const all = await manifests(workspace);
  const own = new Set(all.map(({ name }) => name));
  const lock = await json<{ packages: Record<string, Partial<Manifest>> }>(join(workspace, 'package-lock.json'));
  const locked = Object.entries(lock.packages)
    .filter(([path]) => /^packages\/[^/]+$/.test(path))
    .map(([path, manifest]) => [`lockfile ${path}`, manifest] as const);
  const said: Record<string, string> = {};
  for (const [where, manifest] of [...all.map((manifest) => [manifest.name, manifest] as const), ...locked]) {
    said[where] = manifest.version ?? 'none';
    for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
      if (own.has(name)) said[`${where} on ${name}`] = version;
    }
  }
  return said;
}

function assertOnly(version: string, said: Readonly<Record<string, string>>): void {
  // Five packages and what they ask of each other, each in its manifest and in the lockfile.
  assert.ok(Object.keys(said).length >= 20, Object.keys(said).join('\n'));
  const others = Object.entries(said).filter(([, seen]) => seen !== version);
  assert.deepEqual(others, [], `not ${version}`);
}

async function copyOfManifests(t: TestContext): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'understudy-version-'));
  t.after(() => rm(copy, { recursive: true, force: true }));
  for (const name of ['package.json', 'package-lock.json', 'bin']) {
    await cp(join(root, name), join(copy, name), { recursive: true });
  }
  for (const name of await readdir(join(root, 'packages'))) {
    await cp(join(root, 'packages', name, 'package.json'), join(copy, 'packages', name, 'package.json'));
  }
  return copy;
}

test('all packages have one version, and depend on each other at that version', async () => {
  const [first] = await manifests(root);
  assertOnly(first!.version, await versionsSaid(root));
});

test('all packages require the same oldest Node, and the types are of that version', async () => {
  const claimed = new Set((await manifests(root)).map(({ engines }) => engines.node));
  assert.deepEqual([...claimed], ['>=22.19']);
  const { devDependencies } = await json<{ devDependencies: Record<string, string> }>(join(root, 'package.json'));
  assert.match(devDependencies['@types/node']!, /^22\.19\./);
});

test('npm run version:set changes every place, and refuses an invalid version', async (t) => {
  const copy = await copyOfManifests(t);
  const set = (version: string) => execute('npm', ['run', '--silent', 'version:set', version], { cwd: copy });
  await assert.rejects(set('new'), (error: { code: number; stderr: string }) => {
    assert.equal(error.code, 64);
    assert.match(error.stderr, /saw 'new'.*1\.2\.3/);
    return true;
  });
  await set('7.8.9-rc.1');
  assertOnly('7.8.9-rc.1', await versionsSaid(copy));
  const dependencies = async (workspace: string): Promise<string[]> => {
    const lock = await json<{ packages: Record<string, unknown> }>(join(workspace, 'package-lock.json'));
    return Object.keys(lock.packages);
  };
  assert.deepEqual(await dependencies(copy), await dependencies(root), 'no other dependency came or went');
});

test('the changelog begins with what is unreleased, and every release has its version and day', async () => {
  const text = await readFile(join(root, 'CHANGELOG.md'), 'utf8');
  const [first, ...releases] = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  assert.equal(first, 'Unreleased');
  for (const heading of releases) assert.match(heading!, /^\d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2}$/);
  const [{ version }] = (await manifests(root)) as [Manifest];
  // The version of the packages is one that was released, or the first one, which has not been yet.
  assert.ok(version === '0.1.0' || releases.some((heading) => heading!.startsWith(`${version} `)), version);
});
