// The official JavaScript client's integration tests: its own program makes them from the YAML tests; the client is the
// published package. Its tests of helpers are left out: they call a function that the repository no longer has.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openSources } from './sources.ts';
import type { Outcome, Result, Suite } from './suite.ts';
import { emptyCluster } from './yaml/index.ts';

const run = promisify(execFile);

export interface JavascriptTests {
  /** A folder or a git directory with the client's repository. */
  readonly sources: string;
  /** The YAML tests that it makes its tests from. */
  readonly yaml: string;
  readonly yamlRevision: string;
  readonly engine: string;
  /** A word of the names of the files that are run. */
  readonly select: string | undefined;
}

const revision = 'v9.5.0';
/** Makes the tests. Other files of the repository may be missing in a partial copy of it. */
const program = 'test/integration/test-builder.js';
const packages = ['@elastic/elasticsearch@9.5.1', 'tap@21.5.0', 'js-yaml@4.1.1', 'rimraf@6.1.2'];
/** They need a licence or users: the same that the YAML suite leaves. */
const left = /^(security|license|machine_learning|watcher|inference|entsearch|searchable_snapshots)$/;
const fileMs = 120_000;

export function javascriptSuite({ sources, yaml, yamlRevision, engine, select }: JavascriptTests): Suite {
  return {
    name: 'JavaScript client',
    async run(url, only) {
      await using client = await openSources(sources, { revision, paths: [program] });
      await using tests = await openSources(yaml, { revision: yamlRevision, paths: ['tests'] });
      await linkPackages(client.folder);
      const folders = await readdir(join(tests.folder, 'tests'));
      const kept = folders.filter((name) => !left.test(name)).map((name) => join(tests.folder, 'tests', name));
      await writeFile(join(client.folder, 'make.cjs'), makeTests(kept, url));
      await run(process.execPath, ['make.cjs'], { cwd: client.folder, timeout: fileMs });
      const results: Result[] = [];
      const made = join(client.folder, 'generated-tests');
      for (const file of (await readdir(made, { recursive: true })).filter((name) => name.endsWith('.mjs')).sort()) {
        if (select !== undefined && !file.includes(select)) continue;
        if (only !== undefined && ![...only].some((id) => id.startsWith(`${file}: `))) continue;
        results.push(...(await runFile(made, file)));
        await emptyCluster(engine);
      }
      return results;
    },
  };
}

/** Calls the program with the files and the server; its own entry would download the tests. */
function makeTests(folders: readonly string[], url: string): string {
  return `const { globSync } = require('node:fs');
const folders = ${JSON.stringify(folders)};
const files = folders.flatMap((folder) => (/\\.ya?ml$/.test(folder) ? [folder] : globSync(folder + '/**/*.yml'))).sort();
require('./${program}')(files, { node: ${JSON.stringify(url)}, maxRetries: 0 });
`;
}

/** The client, tap and what the program needs, installed once from npm. */
async function linkPackages(folder: string): Promise<void> {
  const kept = join(homedir(), '.cache/understudy/suites', 'javascript');
  if (!existsSync(join(kept, 'node_modules/tap'))) {
    process.stderr.write(`installing ${packages.join(' ')}\n`);
    const fresh = `${kept}.new`;
    await mkdir(fresh, { recursive: true });
    await run('npm', ['install', '--prefix', fresh, '--no-audit', '--no-fund', '--ignore-scripts', ...packages], {
      timeout: 600_000,
    });
    await rename(fresh, kept);
  }
  await symlink(join(kept, 'node_modules'), join(folder, 'node_modules'));
}

async function runFile(folder: string, file: string): Promise<readonly Result[]> {
  const environment = { ...process.env, TEST_ES_STACK: '1', TAP_BAIL: '0' };
  const { stdout } = await run(process.execPath, [join(folder, file)], {
    cwd: folder,
    env: environment,
    timeout: fileMs,
    maxBuffer: 64 << 20,
  }).catch((error: unknown) => error as { stdout: string });
  const results = tapResults(file, stdout);
  return results.length > 0 ? results : [{ id: `${file}: the file`, outcome: 'failed', detail: 'no output' }];
}

/** The tests of one file, which are the second level of its TAP output: a test in the test of the file. */
export function tapResults(file: string, text: string): readonly Result[] {
  const results: Result[] = [];
  for (const line of text.split('\n')) {
    const [, indent = '', failed, name = '', skip] =
      /^( *)(not )?ok \d+ - (.*?)(?: # time=\S+)?(?: # (SKIP|TODO).*)?(?: \{)?$/.exec(line) ?? [];
    if (name === '' || indent.length > 4) continue;
    if (indent.length === 0 && skip === undefined && failed === undefined) continue;
    const outcome: Outcome = skip !== undefined ? 'skipped' : failed === undefined ? 'passed' : 'failed';
    results.push({ id: `${file}: ${name}`, outcome, detail: outcome === 'skipped' ? 'skipped by the client' : '' });
  }
  return results;
}
