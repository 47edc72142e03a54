// Reading the logs of several machines: merged by time, the unreachable ones named, followed logs taken up again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Writable } from 'node:stream';
import { UnderstudyError } from '@understudy/foundation';
import { machineByName, machinesByName, readLogs, type LogLine, type LogRequest } from '../../src/operate/index.ts';
import { LineBuffer } from '../../src/operate/logs/merge-lines.ts';
import { smallWorld, topology } from './small-region.ts';

const all = machinesByName(topology, 'all');
const start = Date.parse('2026-11-24T07:00:00Z');

function request(given: Partial<LogRequest> = {}): LogRequest {
  const signal = new AbortController().signal;
  return { machines: all, units: 'all', sinceMs: undefined, lines: undefined, follow: false, signal, ...given };
}

const entry = (afterMs: number, text: string): string =>
  `${JSON.stringify({ __REALTIME_TIMESTAMP: String((start + afterMs) * 1000), MESSAGE: text })}\n`;

/** What was read, as `label text`. */
function reader() {
  const lines: string[] = [];
  const lost: string[] = [];
  return {
    lines,
    lost,
    line: ({ machine, text }: LogLine) => void lines.push(`${machine} ${text}`),
    unreachable: ({ machine }: { machine: string }) => void lost.push(machine),
  };
}

const isJournal = (argv: readonly string[]): boolean => argv[0] === 'journalctl';

test('machines are named in full or in short, and an unknown one is refused with the allowed names', () => {
  assert.deepEqual(machineByName(topology, 'search-2'), machineByName(topology, 'demo-search-2'));
  assert.deepEqual(
    machinesByName(topology, 'service').map(({ label }) => label),
    ['demo-service-1', 'demo-service-2'],
  );
  assert.equal(machinesByName(topology, 'all').length, 5);
  assert.throws(
    () => machineByName(topology, 'search-9'),
    (error) =>
      error instanceof UnderstudyError &&
      error.code === 'operate-unknown-machine' &&
      error.message.includes('search-1, search-2, search-3, service-1, service-2'),
  );
  assert.throws(() => machinesByName(topology, 'app'), /allowed: service, search, all, /);
});

test('lines of all machines come in the order of their times, whatever arrives first', async () => {
  const world = smallWorld((label, argv, { stdout }) => {
    if (isJournal(argv)) {
      const at = label === 'demo-service-1' ? [1, 5] : label === 'demo-search-1' ? [3] : [];
      for (const ms of at) stdout.write(entry(ms, `at ${ms}`));
    } else if (label === 'demo-search-1') stdout.write('+0000\n[2026-11-24T07:00:00,004][INFO ] from the file\n');
    return Promise.resolve(0);
  });
  const seen = reader();
  assert.deepEqual(await readLogs(world, topology, request(), seen), []);
  assert.deepEqual(seen.lines, [
    'demo-service-1 at 1',
    'demo-search-1 at 3',
    'demo-search-1 [INFO ] from the file',
    'demo-service-1 at 5',
  ]);
});

test('so many lines of each machine are its last ones, of journal and files together', async () => {
  const world = smallWorld((_label, argv, { stdout }) => {
    if (isJournal(argv)) for (const ms of [1, 2, 3]) stdout.write(entry(ms, `at ${ms}`));
    else stdout.write('+0000\n[2026-11-24T07:00:00,009] last\n');
    return Promise.resolve(0);
  });
  const seen = reader();
  await readLogs(world, topology, request({ machines: [machineByName(topology, 'search-1')], lines: 2 }), seen);
  assert.deepEqual(seen.lines, ['demo-search-1 at 3', 'demo-search-1 last']);
});

test('machines that are off, silent or fail are named, and the others are read; a unit asks only its own machines', async () => {
  const asked: string[] = [];
  const world = smallWorld(
    (label, argv, { stdout, stderr }) => {
      asked.push(label);
      if (label === 'demo-service-1') {
        stderr.write('journal is corrupt\n');
        return Promise.resolve(1);
      }
      if (isJournal(argv)) stdout.write(entry(1, 'here'));
      return Promise.resolve(0);
    },
    { off: ['demo-search-1'], silent: ['demo-search-3'] },
  );
  const seen = reader();
  const lost = await readLogs(world, topology, request(), seen);
  assert.deepEqual(seen.lines, ['demo-search-2 here', 'demo-service-2 here']);
  assert.deepEqual([...seen.lost].sort(), ['demo-search-1', 'demo-search-3', 'demo-service-1']);
  const reasons = lost.map(({ reason }) => reason).join('\n');
  for (const said of [/instance is offline/, /timed out/, /ended with 1: journal is corrupt/])
    assert.match(reasons, said);
  asked.length = 0;
  await readLogs(world, topology, request({ units: 'service' }), reader());
  assert.deepEqual([...asked].sort(), ['demo-service-1', 'demo-service-2']);
});

test(
  'a followed log goes on after its machine was away, without a line twice, and ends with the signal',
  { timeout: 30_000 },
  async () => {
    const stop = new AbortController();
    const sinces: string[] = [];
    const world = smallWorld(async (_label, argv, { stdout, signal }) => {
      sinces.push(argv.find((word) => word.startsWith('--since')) ?? 'none');
      if (sinces.length === 1) {
        stdout.write(entry(1, 'before'));
        await written(stdout);
        throw new UnderstudyError('machines-unreachable', 'gone');
      }
      stdout.write(entry(1, 'before'));
      stdout.write(entry(2, 'after'));
      await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
      throw signal?.reason as Error;
    });
    const seen = reader();
    const machines = [machineByName(topology, 'service-1')];
    const reading = readLogs(world, topology, request({ machines, follow: true, lines: 5, signal: stop.signal }), {
      ...seen,
      line: (line) => {
        seen.line(line);
        if (line.text === 'after') stop.abort(new Error('enough'));
      },
    });
    const lost = await reading;
    assert.deepEqual(seen.lines, ['demo-service-1 before', 'demo-service-1 after']);
    assert.deepEqual(
      lost.map(({ machine }) => machine),
      ['demo-service-1'],
    );
    assert.deepEqual(sinces, ['none', `--since=@${((start + 2) / 1000).toFixed(3)}`]);
  },
);

test('a machine that takes two logs along is named once', { timeout: 30_000 }, async () => {
  const stop = new AbortController();
  let attempts = 0;
  const world = smallWorld(() => {
    attempts += 1;
    if (attempts === 4) stop.abort(new Error('enough'));
    return Promise.reject(new UnderstudyError('machines-unreachable', 'gone'));
  });
  const seen = reader();
  const machines = [machineByName(topology, 'search-1')];
  await readLogs(world, topology, request({ machines, follow: true, signal: stop.signal }), seen);
  assert.equal(attempts, 4);
  assert.deepEqual(seen.lost, ['demo-search-1']);
});

async function written(stdout: Writable): Promise<void> {
  await new Promise((resolve) => stdout.write('', resolve));
}

test('lines are held for a moment, and a line that comes late and is older goes with them', () => {
  let now = 0;
  const said: string[] = [];
  const buffer = new LineBuffer(
    ({ text }) => void said.push(text),
    () => now,
    100,
  );
  const add = (time: string): void =>
    buffer.add({ time: `2026-11-24T07:00:0${time}Z`, machine: 'm', unit: 'engine', text: time });
  add('5');
  now = 60;
  add('3');
  add('9');
  buffer.flush();
  assert.deepEqual(said, []);
  now = 100;
  buffer.flush();
  assert.deepEqual(said, ['3', '5']);
  buffer.end();
  assert.deepEqual(said, ['3', '5', '9']);
});
