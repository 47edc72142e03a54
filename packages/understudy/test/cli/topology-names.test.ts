// Every command that takes a topology takes it in both ways, as a word and with -t, and has the same default.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import type { Command } from 'commander';
import { buildProgram } from '../../src/cli/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-topology-'));
after(() => rmSync(folder, { recursive: true }));
const [one, two, plain] = ['one.yaml', 'two.json', 'folder-less'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
// Files that are refused: the error names the file that the command read.
for (const file of [one, two, plain]) writeFileSync(file, 'name: [demo]\n');

function commandsOf(command: Command, path: readonly string[] = []): (readonly [string, Command])[] {
  return command.commands.flatMap((child) => {
    const words = [...path, child.name()];
    return child.commands.length > 0 ? commandsOf(child, words) : [[words.join(' '), child] as const];
  });
}

const all = commandsOf(buildProgram());
/** Their words may be a command line for a machine, so the topology is an option alone. */
const optionAlone = ['run', 'ssh', 'release deploy'];
const takes = all.filter(([, command]) => command.options.some(({ long }) => long === '--topology'));

/** The output of the command on stderr, and its exit code. */
async function outputOf(t: TestContext, words: readonly string[]) {
  let text = '';
  const { mock } = t.mock.method(process.stderr, 'write', (part: string) => {
    text += part;
    return true;
  });
  const before = process.exitCode;
  try {
    await buildProgram().parseAsync(words, { from: 'user' });
    return { text, code: process.exitCode };
  } finally {
    process.exitCode = before;
    mock.restore();
  }
}

/** Other words that the command needs. */
const needs: Readonly<Record<string, readonly string[]>> = {
  restart: ['service'],
  'keys create': ['web', '--scope', 'read'],
  'keys revoke': ['web'],
  'access export': ['--to', 'age1'],
  'secure rotate': ['ssh-keys'],
  'release deploy': ['./folder.yaml'],
  run: ['all', 'cat /etc/elasticsearch/elasticsearch.yml'],
  ssh: ['search-1', 'cat', '/etc/elasticsearch/elasticsearch.yml'],
  'drill run': ['search-stop'],
  'drill undo': ['/runs/some-run'],
  'drill guard': ['/runs/some-run'],
  'drill hold': ['search-stop', '/runs/some-run'],
};

test('these commands take a topology, and no other command does', () => {
  assert.deepEqual(
    takes.map(([name]) => name),
    [
      ...['init', 'plan', 'apply', 'status', 'logs', 'run', 'ssh'],
      ...['release list', 'release deploy', 'release rollback', 'restart', 'keys create', 'keys list', 'keys revoke'],
      ...['access export', 'secure rotate', 'destroy'],
      ...['drill run', 'drill undo', 'drill guard', 'drill hold'],
    ],
  );
  for (const [name, command] of all) {
    const word = command.registeredArguments.some((argument) => argument.name() === 'topology');
    if (word)
      assert.ok(
        command.options.some(({ long, short }) => long === '--topology' && short === '-t'),
        name,
      );
  }
});

for (const [name, command] of takes) {
  const words = [...name.split(' '), ...(needs[name] ?? [])];
  for (const file of [one, two]) {
    const asWord = [
      ['as a word', [...words, file]],
      ['in both ways', [...words, file, '-t', file]],
    ] as const;
    for (const [how, given] of [
      ...(optionAlone.includes(name) ? [] : asWord),
      ['with -t', [...words, '-t', file]],
      ['with --topology', [...words, '--topology', file]],
    ] as const) {
      test(`${name}: ${how} (${file.slice(folder.length + 1)})`, async (t) => {
        const { text, code } = await outputOf(t, given);
        assert.equal(code, 64, text);
        assert.ok(text.includes(file), text);
      });
    }
  }

  if (!optionAlone.includes(name))
    test(`${name}: two different topologies are refused, and the error names both`, async (t) => {
      const { text, code } = await outputOf(t, [...words, one, '-t', two]);
      assert.equal(code, 64, text);
      assert.match(text, /two topologies are named/);
      assert.ok(text.includes(one) && text.includes(two), text);
    });

  if (!optionAlone.includes(name))
    test(`${name}: two spellings of the same path are accepted`, async (t) => {
      const { text } = await outputOf(t, [
        ...words,
        one,
        '-t',
        join(folder, '..', folder.slice(tmpdir().length), 'one.yaml'),
      ]);
      assert.doesNotMatch(text, /two topologies/);
    });

  if (name !== 'init') {
    test(`${name}: without a name it is topology.yaml`, async (t) => {
      const before = process.cwd();
      process.chdir(folder);
      try {
        const { text, code } = await outputOf(t, words);
        assert.equal(code, 64, text);
        assert.match(text, /The topology file topology\.yaml cannot be read/);
      } finally {
        process.chdir(before);
      }
    });
  }

  test(`${name}: the help shows both ways`, () => {
    const help = command.helpInformation();
    assert.match(help, /-t, --topology <file>/);
    if (!optionAlone.includes(name)) assert.match(help, name === 'init' ? /\[file\]/ : /\[topology\]|\[name\.\.\.\]/);
    if (name !== 'init') assert.match(help.replace(/\s+/g, ' '), /default: topology\.yaml/);
  });
}

test('drill run: a word with a slash is the topology, too; any other is a drill', async (t) => {
  assert.ok((await outputOf(t, ['drill', 'run', 'search-stop', plain])).text.includes(plain));
  assert.ok((await outputOf(t, ['drill', 'run', one, 'search-stop'])).text.includes(one));
  const { text } = await outputOf(t, ['drill', 'run', one, two, 'search-stop']);
  assert.match(text, /two topologies are named/);
});

test('drill undo: the topology may come before the run folder, and a run folder is not a topology', async (t) => {
  assert.ok((await outputOf(t, ['drill', 'undo', one, '/runs/some-run'])).text.includes(one));
  assert.ok((await outputOf(t, ['drill', 'undo', '/runs/some-run', plain])).text.includes(plain));
  const { text, code } = await outputOf(t, ['drill', 'undo', one]);
  assert.match(text, /further words are missing/);
  assert.equal(code, 64);
});
