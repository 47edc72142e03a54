// Completion: what may follow on a command line, and the scripts in real shells, on a terminal where the shell needs one.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { candidates, type Sources } from '../../src/cli/completion/candidates.ts';
import { completionScripts } from '../../src/cli/completion/scripts.ts';
import { buildProgram } from '../../src/cli/program.ts';

const sources: Sources = {
  files: (prefix) => ['topology.yaml', 'other/'].filter((name) => name.startsWith(prefix)),
  machines: (topology) => (topology === undefined ? ['search-1', 'service-1'] : [`machine-of-${topology}`]),
  labels: () => ['demo-search-1'],
  groups: () => ['service', 'search', 'all'],
  drills: () => ['search-stop', 'service-kill'],
  drillGroups: () => ['search', 'service'],
  runs: () => ['20261124T070000Z-search-stop'],
  targets: () => ['lab', 'linode'],
};

function following(...words: string[]): string[] {
  return candidates(buildProgram(), words, sources).map(({ value }) => value);
}

describe('what may follow', () => {
  const cases: readonly (readonly [words: readonly string[], expected: readonly string[]])[] = [
    [['lo'], ['logs']],
    [
      ['drill', ''],
      ['list', 'run', 'verify', 'history', 'undo', 'help'],
    ],
    [['plan', '--tar'], ['--target']],
    [
      ['plan', '--target', ''],
      ['lab', 'linode'],
    ],
    [['plan', '--target=lin'], ['--target=linode']],
    [['logs', '--unit', '=', 'en'], ['--unit=engine']],
    [['logs', '--unit', 's'], ['service']],
    [['apply', 'top'], ['topology.yaml']],
    [['status', '-t', 'oth'], ['other/']],
    [
      ['logs', 's'],
      ['search-1', 'service-1'],
    ],
    [['logs', '-t', 'a.yaml', 'm'], ['machine-of-a.yaml']],
    [['ssh', '--topology=b.yaml', 'm'], ['machine-of-b.yaml']],
    [
      ['run', 's'],
      ['service', 'search', 'search-1', 'service-1'],
    ],
    [['run', 'all', ''], []],
    [
      ['drill', 'run', 'search-stop', 's'],
      ['search-stop', 'service-kill'],
    ],
    [['drill', 'verify', '2026'], ['20261124T070000Z-search-stop']],
    [['lab', 'shell', 'd'], ['demo-search-1']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['ssh', 'search-1', '--', '--fo'], []],
    [['comple'], ['completion']],
  ];
  for (const [words, expected] of cases) {
    test(words.join(' '), () => assert.deepEqual(following(...words), expected));
  }
});

/** A folder with a topology and a program `understudy`: it completes as the tool does, and writes down what it is called with. */
const folder = mkdtempSync(join(tmpdir(), 'understudy-completion-'));
after(() => rmSync(folder, { recursive: true }));
const main = join(import.meta.dirname, '../../src/cli/main.ts');
mkdirSync(join(folder, 'bin'));
mkdirSync(join(folder, 'folder'));
const program = join(folder, 'bin/understudy');
const node = `'${process.execPath}' --conditions=understudy-source --disable-warning=ExperimentalWarning '${main}'`;
writeFileSync(
  program,
  `#!/bin/sh
if [ "$1" = complete ]; then exec ${node} "$@"; fi
printf '%s\\n' "$@" > '${folder}/called'
`,
);
chmodSync(program, 0o755);
const topology = `name: demo
region: us-ord
access: { adminNetworks: [198.18.0.1/32] }
search: { version: 9.5.3, heap: 512m }
`;
writeFileSync(join(folder, 'topology.yaml'), topology);
for (const [shell, script] of Object.entries(completionScripts)) writeFileSync(join(folder, `script.${shell}`), script);

const environment = { ...process.env, PATH: `${folder}/bin:${process.env['PATH'] ?? ''}`, HOME: folder, TERM: 'dumb' };

function has(shell: string): boolean {
  return spawnSync(shell, ['-c', 'true']).status === 0;
}

/** Types lines in a shell on a terminal; a tab in them is the key. Returns what the program was called with. */
async function typed(command: string, lines: readonly string[]): Promise<string[]> {
  rmSync(join(folder, 'called'), { force: true });
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
    cwd: folder,
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  try {
    child.stdin.write(`${lines.join('\n')}\n`);
    const end = performance.now() + 60_000;
    while (!existsSync(join(folder, 'called')) || readFileSync(join(folder, 'called'), 'utf8') === '') {
      assert.ok(performance.now() < end, `the program was not called; the terminal shows:\n${shown}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return readFileSync(join(folder, 'called'), 'utf8').trimEnd().split('\n');
  } finally {
    child.stdin.end('exit\n');
    child.kill();
  }
}

const keys = 'understudy log\t--foll\t--unit=eng\tsearch-2\ttopol\t';
const expected = ['logs', '--follow', '--unit=engine', 'search-2', 'topology.yaml'];

test('bash completes a whole line on a terminal', { timeout: 120_000 }, async () => {
  const called = await typed('bash --norc --noprofile -i', ['source script.bash', keys]);
  assert.deepEqual(called, expected);
  assert.equal(spawnSync('bash', ['-n', 'script.bash'], { cwd: folder }).status, 0);
});

test('bash completes for a path to the program, and a folder without a blank after it', { timeout: 120_000 }, () => {
  const ask = (words: string): string => {
    const script = `source script.bash; COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _understudy; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['--norc', '-c', script], {
      cwd: folder,
      env: environment,
      encoding: 'utf8',
    }).stdout.trim();
  };
  assert.equal(ask(`./bin/understudy plan fol`), 'folder/');
  assert.equal(ask(`understudy plan --target = lin`), 'linode');
  assert.deepEqual(ask(`understudy ssh s`).split('\n').length, 5);
});

test('zsh completes a whole line on a terminal', { timeout: 120_000 }, async (t) => {
  if (!has('zsh')) return t.skip('there is no zsh on this host');
  const setUp = 'autoload -Uz compinit && compinit -u -D && source script.zsh';
  // zsh asks nothing and lists nothing: each tab has one answer.
  const called = await typed('zsh -f -i', [setUp, keys]);
  assert.deepEqual(called, expected);
});

test('fish completes', { timeout: 120_000 }, (t) => {
  if (!has('fish')) return t.skip('there is no fish on this host');
  const ask = (line: string): string[] => {
    const script = `source script.fish; complete -C '${line}'`;
    const { stdout } = spawnSync('fish', ['--no-config', '-c', script], {
      cwd: folder,
      env: environment,
      encoding: 'utf8',
    });
    return stdout
      .trimEnd()
      .split('\n')
      .map((found) => found.split('\t')[0] ?? '');
  };
  assert.deepEqual(ask('understudy log'), ['logs']);
  assert.deepEqual(ask('understudy logs --unit=eng'), ['--unit=engine']);
  assert.deepEqual(ask('understudy logs service-'), ['service-1', 'service-2']);
  assert.deepEqual(ask('understudy plan topol'), ['topology.yaml']);
});
