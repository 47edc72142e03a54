// `init --app`: a topology for an application, told from its files, with what was found beside each value; or a refusal.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { spawnSync } from 'node:child_process';
import { inspectApplication, serviceBlock } from '../../src/operation/index.ts';
import { exampleTopology, parseTopology } from '../../src/topology/index.ts';

const examples = resolve(import.meta.dirname, '../../../../examples');
const cli = resolve(import.meta.dirname, '../../src/cli/main.ts');
let base = '';

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'understudy-app-'));
});

after(() => rm(base, { recursive: true, force: true }));

let directories = 0;

/** A directory with these files; a name that ends in `*` is executable. */
async function directoryOf(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = join(base, `app-${(directories += 1)}`);
  await mkdir(directory);
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name.replace('*', ''));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { mode: name.endsWith('*') ? 0o755 : 0o644 });
  }
  return directory;
}

/** The topology that is written, as it is read again. */
async function serviceFor(directory: string) {
  const application = await inspectApplication(directory);
  const text = exampleTopology({ name: application.name, service: serviceBlock(application, '.') });
  const { service } = parseTopology(text, { path: join(directory, 'topology.yaml') });
  assert.equal(service.artifact, directory);
  return { ...application, service };
}

for (const [example, expected] of [
  [
    'article-flask',
    {
      runtime: 'python',
      command: ['gunicorn', '--threads', '64', '-w', '{workers}', '-b', '{host}:{port}', 'app:app'],
    },
  ],
  ['flask-service', { runtime: 'python', command: ['gunicorn', '-w', '{workers}', '-b', '{host}:{port}', 'app:app'] }],
  [
    'fastapi',
    {
      runtime: 'python',
      command: ['uvicorn', 'app:app', '--host', '{host}', '--port', '{port}', '--workers', '{workers}'],
    },
  ],
  ['express', { runtime: 'node', command: [] }],
  ['go', { runtime: 'go', command: [] }],
] as const) {
  test(`the example ${example} is told from its files, and nothing is left open`, async () => {
    const { service, open } = await serviceFor(join(examples, example));
    assert.deepEqual({ runtime: service.runtime, command: service.command }, expected);
    assert.equal(service.healthPath, '/healthz');
    assert.equal((await inspectApplication(join(examples, example, '.'))).name, example);
    assert.deepEqual(open, []);
  });
}

test("the article's application as it is: what is missing is said", async () => {
  const app = `from flask import Flask\napp = Flask(__name__)\nES_HOST = os.environ.get("ES_HOST")\n@app.route('/index')\n`;
  const { service, open, healthPath } = await serviceFor(await directoryOf({ 'app.py': app }));
  assert.deepEqual(service.command.slice(0, 1), ['gunicorn']);
  assert.match(healthPath.why, /No file has a path like \/healthz/);
  assert.deepEqual(open.length, 2);
  assert.match(open.join('\n'), /Write requirements\.txt.*\n.*Add gunicorn/);
});

test('packages, factories and other servers are seen', async () => {
  const env = 'ES_HOSTS\n';
  const factory = await directoryOf({
    'requirements.txt': 'Flask==3\nwaitress\n',
    'shop/__init__.py': `${env}def create_app(config=None):\n    app = Flask(__name__)\n    "/health"\n`,
  });
  const { service } = await serviceFor(factory);
  assert.deepEqual(service.command, [
    'waitress-serve',
    '--host',
    '{host}',
    '--port',
    '{port}',
    '--call',
    'shop:create_app',
  ]);
  assert.equal(service.healthPath, '/health');
  const django = await directoryOf({
    'requirements.txt': 'django\ngunicorn\n',
    'manage.py': '',
    'site/wsgi.py': `${env}application = get_wsgi_application()\n`,
  });
  assert.deepEqual((await serviceFor(django)).service.command.at(-1), 'site.wsgi:application');
  const script = await directoryOf({ 'run*': `#!/bin/sh\n` });
  assert.deepEqual((await serviceFor(script)).service.command, ['./run']);
  assert.equal((await serviceFor(script)).service.runtime, 'none');
  const program = await directoryOf({ 'server*': '\u007fELF' });
  assert.equal((await serviceFor(program)).service.runtime, 'binary');
});

for (const { what, files, says } of [
  { what: 'an empty directory', files: {}, says: /saw no files; allowed requirements\.txt, package\.json, go\.mod/ },
  {
    what: 'two kinds',
    files: { 'package.json': '{}', 'requirements.txt': '' },
    says: /requirements\.txt \(python\) and package\.json \(node\)/,
  },
  { what: 'Python without an object', files: { 'app.py': 'print(1)\n' }, says: /no such object in app\.py/ },
  {
    what: 'a start script for a shell',
    files: { 'package.json': '{"scripts":{"start":"a && b"}}' },
    says: /"a && b"; allowed plain words/,
  },
  { what: 'a package without a start', files: { 'package.json': '{}' }, says: /without a start script/ },
  {
    what: 'two programs of Go',
    files: { 'go.mod': '', 'cmd/a/a.go': 'package main\n', 'cmd/b/b.go': 'package main\n' },
    says: /2 of them, in cmd\/a, cmd\/b/,
  },
  { what: 'two executable files', files: { 'a*': '', 'b*': '' }, says: /executable files a, b/ },
]) {
  test(`${what} is refused, with what to write by hand`, async () => {
    const refused = inspectApplication(await directoryOf(files));
    await assert.rejects(refused, { code: 'cli-usage', message: says });
    await assert.rejects(refused, { message: /by hand: understudy init topology\.yaml.*docs\/your-app\.md/ });
  });
}

test('the command writes the file with the path of the application, never runs it, and refuses in the same way', async () => {
  const proof = join(base, 'was-run');
  const app = `open(${JSON.stringify(proof)}, "w")\nfrom flask import Flask\napp = Flask(__name__)\n# ES_HOSTS "/healthz"\n`;
  const directory = await directoryOf({ 'src/app.py': app, 'src/requirements.txt': 'flask\ngunicorn\n' });
  const init = (...words: string[]) => {
    const args = ['--conditions=understudy-source', '--disable-warning=ExperimentalWarning', cli, 'init', ...words];
    return spawnSync(process.execPath, args, { encoding: 'utf8', cwd: directory });
  };
  const { status, stderr } = init('--app', 'src', 'topology.yaml');
  assert.equal(status, 0, stderr);
  assert.deepEqual((await readdir(directory)).sort(), ['src', 'topology.schema.json', 'topology.yaml']);
  assert.ok(!(await readdir(base)).includes('was-run'));
  const printed = init('--app', 'src');
  assert.match(
    printed.stdout,
    /^ {2}artifact: \.\/src\n {2}# app\.py has `app = Flask\(…\)`, and requirements\.txt has gunicorn\. A thread for .*\.\n {2}command: \[gunicorn, --threads, '64', -w, /m,
  );
  assert.match(printed.stdout, /^ {2}# The gateway: a proxy on http:\/\/localhost:9200 [^]*\n {2}gateway: on$/m);
  assert.match(printed.stdout, /^name: src$/m);
  const refused = init('--app', 'nowhere');
  assert.equal(refused.status, 64);
  assert.match(refused.stderr, /--app: saw nowhere \(ENOENT\); allowed a directory/);
});
