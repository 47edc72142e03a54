// One shell line on several machines, and the command of an interactive session.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { loginShell, machinesByName, runEverywhere, sshCommand, type OutputLine } from '../../src/operate/index.ts';
import { smallWorld, topology } from './small-region.ts';

const signal = new AbortController().signal;

test('each machine runs the line once, its output has its name, and what was not reached says why', async () => {
  const world = smallWorld(
    (label, argv, { stdout, stderr }) => {
      assert.deepEqual(argv, loginShell('df -h; uptime'));
      stdout.write(`${label} one\n${label} tw`);
      stdout.write('o');
      stderr.write('warned\n');
      return Promise.resolve(label === 'demo-service-2' ? 3 : 0);
    },
    { off: ['demo-search-3'], silent: ['demo-search-2'] },
  );
  const lines: OutputLine[] = [];
  const machines = machinesByName(topology, 'all');
  const runs = await runEverywhere(world, topology, { machines, line: 'df -h; uptime', signal }, (line) =>
    lines.push(line),
  );
  assert.deepEqual(
    runs.map(({ machine, code }) => [machine, code]),
    [
      ['demo-search-1', 0],
      ['demo-search-2', null],
      ['demo-search-3', null],
      ['demo-service-1', 0],
      ['demo-service-2', 3],
    ],
  );
  assert.equal(runs[0]?.stdout, 'demo-search-1 one\ndemo-search-1 two\n');
  assert.equal(runs[0].stderr, 'warned\n');
  assert.match(runs[1]?.unreachable ?? '', /timed out/);
  assert.match(runs[2]?.unreachable ?? '', /instance is offline/);
  assert.equal(lines.filter(({ stream }) => stream === 'stdout').length, 6);
});

test('a line reaches the shell of root as it was written', () => {
  const [program = '', ...words] = loginShell(`a=1; echo "$a" 'it'"'"'s' && [[ $a == 1 ]] && echo yes; exit 5`);
  const { stdout, status } = spawnSync(program, words, {
    encoding: 'utf8',
    env: { ...process.env, SHELL: '/bin/bash' },
  });
  assert.deepEqual([stdout, status], ["1 it's\nyes\n", 5]);
});

test("the system's ssh takes every option of a session, and the pinned host key alone", (t) => {
  const session = { privateKeyPath: '/home/a b/id_ed25519', hostKeysPath: '/home/a b/known-hosts-lab' };
  const target = { label: 'demo-search-1', address: '198.18.0.10' };
  const [program = '', ...words] = sshCommand(session, target, 'df -h');
  assert.deepEqual(words.slice(-3), ['root@198.18.0.10', '--', 'df -h']);
  const before = words.slice(0, words.indexOf('root@198.18.0.10'));
  const { stdout, stderr, status, error } = spawnSync(program, ['-G', ...before, 'root@198.18.0.10'], {
    encoding: 'utf8',
  });
  if (error) return t.skip('there is no ssh on this host');
  assert.equal(status, 0, stderr);
  for (const line of [
    'stricthostkeychecking true',
    'userknownhostsfile /home/a b/known-hosts-lab',
    'identityfile /home/a b/id_ed25519',
    'identitiesonly yes',
    'user root',
    'passwordauthentication no',
  ]) {
    assert.ok(stdout.split('\n').includes(line), `${line}\n${stdout}`);
  }
});
