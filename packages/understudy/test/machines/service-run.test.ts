// The scripts that change and watch the service, run by the local shell: places on a machine are moved below a temporary directory, and
// systemctl, journalctl and ss are small programs that say what the test wants.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  answerExits,
  awaitAnswersScript,
  changeServiceScript,
  clearRejectedScript,
  connectionsScript,
  lastWordsScript,
  readLastWords,
  readRejected,
  readSample,
  rejectScript,
  restoreServiceScript,
  sampleScript,
  stopServiceScript,
} from '../../src/machines/index.ts';

const owner = execFileSync('sh', ['-c', 'echo "$(id -un):$(id -gn)"']).toString().trim();

const roots: string[] = [];
after(() => {
  for (const root of roots) rmSync(root, { recursive: true });
});

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine of directories: `/opt/understudy` and `/etc/understudy` are below `root`. */
function machine(commands: Readonly<Record<string, string>> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'understudy-service-run-'));
  roots.push(root);
  for (const place of ['opt', 'etc', 'run', 'bin']) mkdirSync(join(root, place));
  const systemctl = `echo "$@" >> ${root}/systemctl.log`;
  for (const [name, script] of Object.entries({ systemctl, ...commands }))
    writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const moved = (script: string): string =>
    script
      .replaceAll('/opt/understudy', join(root, 'opt'))
      .replaceAll('/run/understudy', join(root, 'run'))
      .replaceAll('/etc/understudy', join(root, 'etc'));
  const run = async (script: string): Promise<Ran> => {
    const child = spawn('sh', ['-s'], { env: { PATH: `${root}/bin:${process.env['PATH']}` } });
    child.stdin.end(moved(script));
    const said = Promise.all([child.stdout.toArray(), child.stderr.toArray()]);
    const [code] = (await once(child, 'close')) as [number | null];
    const [stdout, stderr] = (await said).map((chunks) => Buffer.concat(chunks as Buffer[]).toString());
    return { code, stdout: stdout ?? '', stderr: stderr ?? '' };
  };
  return { root, run, file: (name: string) => readFileSync(join(root, name), 'utf8') };
}

const id = (letter: string): string => letter.repeat(16);

test('a rejected release is recorded once, whatever the reason holds, and forgotten when that is asked for', async () => {
  const { run } = machine();
  const at = '2026-01-02T03:04:05.000Z';
  const reason = `It's "wrong" $HOME\n\tand \`more\``;
  for (const letter of ['a', 'b', 'a']) {
    const { code, stderr } = await run(rejectScript({ id: id(letter), settings: id('e'), at, reason }));
    assert.equal(code, 0, stderr);
  }
  const read = async () => readRejected((await run('cat /opt/understudy/rejected')).stdout);
  assert.deepEqual(
    await read(),
    ['b', 'a'].map((letter) => ({ id: id(letter), settings: id('e'), at, reason: `It's "wrong" $HOME and \`more\`` })),
  );
  assert.equal((await run('stat -c %a /opt/understudy/rejected')).stdout, '600\n');
  await run(clearRejectedScript(id('a')));
  assert.deepEqual(
    (await read()).map((line) => line.id),
    [id('b')],
  );
  await run(clearRejectedScript());
  assert.deepEqual((await run(clearRejectedScript(id('a')))).code, 0);
  assert.deepEqual(await read(), []);
});

test('a changed file and release are put back as they were; a file that did not change has no copy', async () => {
  const { run, file, root } = machine();
  for (const letter of ['a', 'b']) mkdirSync(join(root, 'opt/releases', id(letter)), { recursive: true });
  const files = (value: string) => [
    { path: '/etc/understudy/service.env', mode: '0600', owner, content: `A="${value}"\n` },
    { path: '/etc/understudy/other', mode: '0644', owner, content: 'same\n' },
  ];
  const current = async (): Promise<string> => (await run('readlink /opt/understudy/current')).stdout.trim().slice(-16);
  const first = await run(changeServiceScript(files('one'), id('a')));
  assert.equal(first.code, 0, first.stderr);
  const second = await run(changeServiceScript(files('two'), id('b')));
  assert.equal(second.code, 0, second.stderr);
  assert.deepEqual([file('etc/service.env'), file('etc/service.env.previous')], ['A="two"\n', 'A="one"\n']);
  assert.equal(existsSync(join(root, 'etc/other.previous')), false);
  // Repeated, as after an interruption: the copy is still the one before the change.
  await run(changeServiceScript(files('two'), id('b')));
  assert.equal(file('etc/service.env.previous'), 'A="one"\n');
  assert.equal(await current(), id('b'));
  assert.match((await run('readlink /opt/understudy/previous')).stdout, /a{16}\n$/);
  const restored = await run(restoreServiceScript(['/etc/understudy/service.env'], id('a')));
  assert.equal(restored.code, 0, restored.stderr);
  assert.equal(file('etc/service.env'), 'A="one"\n');
  assert.equal(await current(), id('a'));
  assert.deepEqual(
    (await run('ls /etc/understudy')).stdout.split('\n').filter((name) => name !== ''),
    ['other', 'service.env'],
  );
});

test('a service that does not end is killed', async () => {
  const ends = machine();
  assert.equal((await ends.run(stopServiceScript({ stopS: 5, drained: false }))).code, 0);
  assert.doesNotMatch(ends.file('systemctl.log'), /kill/);
  const hangs = machine({
    systemctl: 'case "$*" in "stop "*) [ -e "$0.killed" ] || sleep 30 ;; kill*) touch "$0.killed" ;; esac',
  });
  const startedMs = performance.now();
  assert.equal((await hangs.run(stopServiceScript({ stopS: 1, drained: false }))).code, 0);
  assert.ok(performance.now() - startedMs < 15_000);
  assert.ok(existsSync(join(hangs.root, 'bin/systemctl.killed')));
});

async function answering(status: () => number): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((_, response) => response.writeHead(status()).end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

const showing = (restarts: number, state: string): string =>
  `case "$*" in *NRestarts*--value*) echo ${restarts} ;; *ActiveState*--value*) echo ${state} ;; ` +
  `*) printf 'MainPID=7\\nNRestarts=${restarts}\\nActiveState=${state}\\n' ;; esac`;

test('an answer is waited for, at every path; a service that ends is not waited for', async () => {
  let asked = 0;
  const { server, url } = await answering(() => ((asked += 1) < 4 ? 503 : 200));
  const runs = machine({ systemctl: showing(0, 'active') });
  assert.deepEqual(await runs.run(awaitAnswersScript([url, `${url}ready`], 20)), { code: 0, stdout: '', stderr: '' });
  assert.ok(asked >= 5, `${asked} requests`);
  const late = await runs.run(awaitAnswersScript([url, 'http://127.0.0.1:1/ready'], 1));
  assert.deepEqual([late.code, late.stdout], [answerExits.late, 'http://127.0.0.1:1/ready did not answer\n']);
  const failing = await answering(() => 503);
  const wrong = await runs.run(awaitAnswersScript([url, failing.url], 1));
  assert.deepEqual([wrong.code, wrong.stdout], [answerExits.late, `${failing.url} answered 503\n`]);
  failing.server.close();
  const ends = await machine({ systemctl: showing(3, 'activating') }).run(awaitAnswersScript([url], 20));
  assert.deepEqual([ends.code, ends.stdout], [answerExits.ended, '3\n']);
  const sample = readSample((await runs.run(sampleScript([url, 'http://127.0.0.1:1/']))).stdout);
  assert.deepEqual([sample.mainPid, sample.restarts, sample.active], [7, 0, true]);
  assert.deepEqual(
    sample.answers.map(({ status }) => status),
    [200, 0],
  );
  server.close();
});

test('a service whose machine was drained is told so before it is stopped, and only then', async () => {
  const sees = machine({ systemctl: 'case "$*" in "stop "*) ls "${0%/bin/*}/run" > "$0.seen" ;; esac' });
  await sees.run(stopServiceScript({ stopS: 5, drained: false }));
  assert.doesNotMatch(sees.file('bin/systemctl.seen'), /service-drained/);
  await sees.run(stopServiceScript({ stopS: 5, drained: true }));
  assert.match(sees.file('bin/systemctl.seen'), /service-drained/);
});

test('connections of others count, those of the machine to itself do not; without ss it is said', async () => {
  const lines = ['10.20.0.31:5000 10.20.0.250:40001', '10.20.0.31:5000 10.20.0.31:40002'];
  const { run } = machine({ ss: lines.map((line) => `echo '0 0 ${line}'`).join('\n') });
  assert.deepEqual(await run(connectionsScript([5000])), { code: 0, stdout: '10.20.0.250:40001\n', stderr: '' });
});

test('the last words are those of the service, and how its process ended', async () => {
  const journalctl = `case "$*" in
  *_SYSTEMD_UNIT*) echo Traceback; echo '  exit=not systemd' ;;
  *) echo 'u.service: Main process exited, code=exited, status=1/FAILURE'; echo 'u.service: Main process exited, code=killed, status=9/KILL' ;;
esac`;
  const { stdout } = await machine({ journalctl }).run(lastWordsScript());
  assert.deepEqual(readLastWords(stdout), {
    exit: 'code=killed, status=9/KILL',
    lines: ['Traceback', '  exit=not systemd'],
  });
});
