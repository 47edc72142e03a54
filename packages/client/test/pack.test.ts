// The package as a user gets it: packed, installed into an empty project, imported and type-checked there.
import { after, before, test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { json, StubServer } from './stub-server.ts';

const run = promisify(execFile);
const packageFolder = join(import.meta.dirname, '..');

const program = `
import { createClient, isClientError, parseExact, stringifyExact } from '@understudy/client';
const client = createClient({ nodes: [process.argv[2]] });
const written = await client.index({ index: 'a', id: '1', document: { text: 'hello' } });
const refused = await client.search({ index: 'missing' }).catch((error) => error);
await client.close();
console.log(JSON.stringify({ result: written.result, refused: isClientError(refused) && refused.code,
  exact: stringifyExact(parseExact('[9007199254740993]')) }));
`;

const typed = `
import { createClient, type SearchResult } from '@understudy/client';
const client = createClient({ nodes: ['http://127.0.0.1:9200'] });
const found: SearchResult<{ text: string }> = await client.search<{ text: string }>({ index: 'a' });
export const texts: string[] = found.hits.map((hit) => hit.source.text);
`;

const acknowledged = { _index: 'a', _id: '1', _version: 1, result: 'created' };

const client = { folder: '', archive: '', files: [] as string[] };

before(async () => {
  client.folder = await mkdtemp(join(tmpdir(), 'understudy-pack-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', client.folder], { cwd: packageFolder });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as { filename: string; files: { path: string }[] }[];
  client.archive = join(client.folder, packed!.filename);
  client.files = packed!.files.map((file) => file.path);
});

after(() => rm(client.folder, { recursive: true, force: true }));

/** An empty project with nothing but `packages` in it. */
async function project(name: string, ...packages: readonly string[]): Promise<string> {
  const folder = join(client.folder, name);
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], { cwd: folder });
  return folder;
}

async function runsWith(node: string, folder: string, t: TestContext): Promise<void> {
  const server = await new StubServer((seen, response) => {
    if (seen.url.startsWith('/missing'))
      return json(response, 404, { error: { type: 'index_not_found_exception', reason: 'no such index' } });
    if (seen.url.startsWith('/_bulk'))
      return json(response, 200, { items: [{ index: { ...acknowledged, status: 201 } }] });
    json(response, 200, acknowledged);
  }).listen();
  t.after(() => server.close());
  await writeFile(join(folder, 'program.js'), program);
  const said = await run(node, ['program.js', server.url], { cwd: folder });
  assert.deepEqual(JSON.parse(said.stdout), { result: 'created', refused: 'not-found', exact: '[9007199254740993]' });
}

test('the package holds what is built, and nothing else', () => {
  assert.ok(['dist/index.js', 'dist/index.d.ts', 'README.md'].every((name) => client.files.includes(name)));
  assert.ok(!client.files.some((name) => name.startsWith('src/') || name.startsWith('test/')));
});

test('installed alone in an empty project, it imports, works and is typed', { timeout: 180_000 }, async (t) => {
  const folder = await project('alone', client.archive);
  await runsWith(process.execPath, folder, t);
  await writeFile(join(folder, 'typed.ts'), typed);
  const modules = join(packageFolder, '..', '..', 'node_modules');
  const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024'];
  const types = ['--typeRoots', join(modules, '@types'), '--types', 'node'];
  await run(process.execPath, [join(modules, 'typescript', 'bin', 'tsc'), ...strict, ...types, 'typed.ts'], {
    cwd: folder,
  });
  const built = await readFile(join(folder, 'node_modules', '@understudy', 'client', 'dist', 'index.js'), 'utf8');
  assert.ok(!/from '\.[^']*\.ts'/.test(built), 'imports in the build end in .js');
});

test('it works on the oldest Node that it claims', { timeout: 300_000 }, async (t) => {
  const { engines } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  const oldest = engines.node.replace('>=', '');
  const name = `node-linux-${process.arch}`;
  const folder = await project('oldest', client.archive, `${name}@~${oldest}.0`);
  const node = join(folder, 'node_modules', name, 'bin', 'node');
  const { stdout } = await run(node, ['--version']);
  assert.ok(stdout.startsWith(`v${oldest}.`), stdout);
  await runsWith(node, folder, t);
});
