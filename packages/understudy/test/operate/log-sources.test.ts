// What journalctl and an engine's log file say, as log lines. The script that reads the files runs with the shell of this host.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { engineFileParser, journalParser } from '../../src/operate/logs/log-line.ts';
import { logSources, type LogExtent } from '../../src/operate/logs/log-sources.ts';
import { machinePlans, parseTopology } from '../../src/topology/index.ts';

const topology = parseTopology(
  `name: demo
region: us-ord
access: { adminNetworks: [198.18.0.1/32] }
search: { version: 9.5.3, heap: 512m }
`,
  { path: '/topologies/demo.yaml' },
);
const machines = machinePlans(topology);
const search = machines.find(({ role }) => role === 'search')!;
const service = machines.find(({ role }) => role === 'service')!;

let folder = '';
before(async () => (folder = await mkdtemp(join(tmpdir(), 'understudy-logs-'))));
after(() => rm(folder, { recursive: true }));

const noBounds: LogExtent = { sinceMs: undefined, lines: undefined, follow: false };

/** The command for the engine's files, for a folder of this host. */
function filesCommand(extent: Partial<LogExtent>): string[] {
  const argv = logSources(topology, search)[1]!.argv({ ...noBounds, ...extent });
  return argv.map((word) => (word === '/var/log/elasticsearch' ? folder : word));
}

function readFiles(extent: Partial<LogExtent>): string[] {
  const [program = '', ...words] = filesCommand(extent);
  const { stdout, stderr, status } = spawnSync(program, words, {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
  });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split('\n');
}

test('a service machine has a journal, a search machine also the files of its engine', () => {
  assert.deepEqual(
    logSources(topology, service).map(({ argv }) => argv(noBounds)[0]),
    ['journalctl'],
  );
  const withGateway = { ...topology, service: { ...topology.service, gateway: { deadlineMs: 30_000 } } };
  const units = (unit: 'all' | 'service' | 'gateway') =>
    logSources(withGateway, service, unit).map(({ argv }) => argv(noBounds).find((word) => word.startsWith('--unit=')));
  assert.deepEqual(units('all'), ['--unit=understudy-service.service', '--unit=understudy-gateway.service']);
  assert.deepEqual(units('gateway'), ['--unit=understudy-gateway.service']);
  assert.deepEqual(logSources(withGateway, search, 'gateway'), []);
  const [journal] = logSources(topology, search);
  const argv = journal!.argv({ sinceMs: 1_700_000_000_250, lines: 7, follow: true });
  for (const word of ['--unit=elasticsearch.service', '--since=@1700000000.250', '--lines=7', '--follow']) {
    assert.ok(argv.includes(word), `${word} in ${argv.join(' ')}`);
  }
});

test('an entry of the journal, also one whose text is bytes or too long', () => {
  const parse = journalParser({ machine: 'demo-service-1', unit: 'service' });
  const entry = (MESSAGE: unknown) => parse(JSON.stringify({ __REALTIME_TIMESTAMP: '1700000000123456', MESSAGE }));
  assert.deepEqual(entry('hello\n'), {
    time: '2023-11-14T22:13:20.123Z',
    machine: 'demo-service-1',
    unit: 'service',
    text: 'hello',
  });
  assert.equal(entry([104, 105, 255])?.text, 'hi\ufffd');
  assert.match(entry(null)?.text ?? '', /too long/);
  assert.equal(parse('-- No entries --'), undefined);
});

test("a line of an engine's file has the machine's time, and a stack trace the time of its first line", () => {
  const parse = engineFileParser({ machine: 'demo-search-1', unit: 'engine' });
  assert.equal(parse('+0200'), undefined);
  assert.equal(parse('  at a line without its beginning'), undefined);
  const line = parse('[2026-11-24T07:00:00,123][WARN ][o.e.x.Y] [demo-search-1] something');
  assert.deepEqual(line, {
    time: '2026-11-24T05:00:00.123Z',
    machine: 'demo-search-1',
    unit: 'engine',
    text: '[WARN ][o.e.x.Y] [demo-search-1] something',
  });
  assert.equal(parse('java.lang.Exception: x')?.time, '2026-11-24T05:00:00.123Z');
  assert.equal(parse('java.lang.Exception: x')?.text, 'java.lang.Exception: x');
});

const written = [
  '[2026-11-24T07:00:00,001][INFO ][a] one',
  '[2026-11-24T07:00:05,001][WARN ][a] two',
  '  at two',
  '[2026-11-24T07:00:09,001][INFO ][a] three',
];

test('the files are read from a time on, or their last lines; other clusters and garbage collection are left out', async () => {
  await writeFile(join(folder, 'demo.log'), `${written.join('\n')}\n`);
  await writeFile(join(folder, 'demo_deprecation.log'), '[2026-11-24T07:00:06,001][WARN ][d] old\n');
  await writeFile(join(folder, 'gc.log'), '[2026-11-24T07:00:06.001+0000][1][gc] Pause\n');
  await writeFile(join(folder, 'demo2.log'), '[2026-11-24T07:00:06,001][INFO ][a] other\n');
  const deprecation = '[2026-11-24T07:00:06,001][WARN ][d] old';
  assert.deepEqual(readFiles({}), ['+0000', ...written, deprecation]);
  const sinceMs = Date.parse('2026-11-24T07:00:05Z');
  assert.deepEqual(readFiles({ sinceMs }), ['+0000', ...written.slice(1), deprecation]);
  // What is cut off in the middle of an entry begins with the next one.
  assert.deepEqual(readFiles({ lines: 2 }), ['+0000', written[3], deprecation]);
  assert.deepEqual(readFiles({ sinceMs: Date.parse('2027-01-01T00:00:00Z') }), ['+0000']);
});

test('followed, what is written later comes too, once each, and so does a file that is made later', async () => {
  await rm(join(folder, 'demo.log'));
  const [program = '', ...words] = filesCommand({ follow: true, lines: 1 });
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const until = async (word: string): Promise<void> => {
    const end = performance.now() + 15_000;
    while (!said.includes(word)) {
      assert.ok(performance.now() < end, `${word} did not come: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  try {
    await until('old');
    await writeFile(join(folder, 'demo.log'), `${written[0]}\n`);
    await until('one');
    await appendFile(join(folder, 'demo.log'), `${written[1]}\n`);
    await appendFile(join(folder, 'demo_deprecation.log'), '[2026-11-24T07:00:07,001][WARN ][d] newer\n');
    await until('two');
    await until('newer');
    for (const word of ['old', 'one', 'two', 'newer']) assert.equal(said.split(word).length, 2, said);
  } finally {
    process.kill(-child.pid!, 'SIGTERM');
  }
});
