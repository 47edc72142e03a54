// The package as a stranger gets it: packed, installed into an empty project, imported and type-checked there.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { json, StubServer } from './stub-server.ts';

const run = promisify(execFile);
const packageFolder = join(import.meta.dirname, '..');

const program = `
import { createClient, isClientError } from '@understudy/client';
const client = createClient({ nodes: [process.argv[2]] });
const written = await client.index({ index: 'a', id: '1', document: { text: 'hello' } });
const refused = await client.search({ index: 'missing' }).catch((error) => error);
await client.close();
console.log(JSON.stringify({ result: written.result, refused: isClientError(refused) && refused.code }));
`;

const typed = `
import { createClient, type SearchResult } from '@understudy/client';
const client = createClient({ nodes: ['http://127.0.0.1:9200'] });
const found: SearchResult<{ text: string }> = await client.search<{ text: string }>({ index: 'a' });
export const texts: string[] = found.hits.map((hit) => hit.source.text);
`;

test(
  'packed and installed alone in an empty project, it imports, works and is typed',
  { timeout: 180_000 },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'understudy-pack-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const server = await new StubServer((seen, response) => {
      if (seen.url.startsWith('/missing'))
        return json(response, 404, { error: { type: 'index_not_found_exception', reason: 'no such index' } });
      if (seen.url.startsWith('/_bulk'))
        return json(response, 200, { items: [{ index: { _id: '1', status: 201, result: 'created' } }] });
      json(response, 200, { _id: '1', result: 'created' });
    }).listen();
    t.after(() => server.close());
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: packageFolder });
    const packed = JSON.parse(stdout.slice(stdout.indexOf('['))) as { filename: string; files: { path: string }[] }[];
    const names = packed[0]!.files.map((file) => file.path);
    assert.ok(names.includes('dist/index.js') && names.includes('dist/index.d.ts') && names.includes('README.md'));
    assert.ok(
      !names.some((name) => name.startsWith('src/') || name.startsWith('test/')),
      'only what is built is packed',
    );
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, packed[0]!.filename)], {
      cwd: folder,
    });
    await writeFile(join(folder, 'program.js'), program);
    const said = await run(process.execPath, ['program.js', server.url], { cwd: folder });
    assert.deepEqual(JSON.parse(said.stdout), { result: 'created', refused: 'not-found' });
    await writeFile(join(folder, 'typed.ts'), typed);
    const types = join(packageFolder, '..', '..', 'node_modules', '@types');
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2024',
      '--typeRoots',
      types,
      '--types',
      'node',
      'typed.ts',
    ];
    await run(
      process.execPath,
      [join(packageFolder, '..', '..', 'node_modules', 'typescript', 'bin', 'tsc'), ...options],
      { cwd: folder },
    );
    const built = await readFile(join(folder, 'node_modules', '@understudy', 'client', 'dist', 'index.js'), 'utf8');
    assert.ok(!/from '\.[^']*\.ts'/.test(built), 'imports in the build end in .js');
  },
);
