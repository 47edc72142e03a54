// One look at a machine: the script run by a real shell over real files, and what is understood of its answer. Each part is seen,
// absent or unknown, and what could not be read is never absent.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { absent, seen } from '@understudy/foundation';
import {
  contentHash,
  nothingAsked,
  observeCommand,
  observeScript,
  parseObservation,
  partOf,
} from '../../src/machines/index.ts';
import { codeOf, look, type Spec } from './look.ts';

const directory = mkdtempSync(join(tmpdir(), 'understudy-observe-'));
after(() => rmSync(directory, { recursive: true }));
const at = (path: string): string => join(directory, path);

test('files, records and links are seen, or absent when they do not exist', () => {
  const content = 'one\nline\t2\n';
  writeFileSync(at('file'), content);
  chmodSync(at('file'), 0o640);
  symlinkSync('/somewhere', at('link'));
  const machine = look({
    files: [at('file'), at('none')],
    records: [at('file'), at('none/deeper')],
    links: [at('link'), at('none')],
  });
  const owner = execFileSync('stat', ['-c', '%U:%G', at('file')])
    .toString()
    .trim();
  assert.deepEqual(partOf(machine.files, at('file')), seen({ hash: contentHash(content), mode: '0640', owner }));
  assert.deepEqual(partOf(machine.files, at('none')), absent);
  assert.deepEqual(partOf(machine.records, at('file')), seen(content));
  assert.deepEqual(partOf(machine.records, at('none/deeper')), absent);
  assert.deepEqual(partOf(machine.links, at('link')), seen('/somewhere'));
  assert.deepEqual(partOf(machine.links, at('none')), absent);
  assert.deepEqual(machine.operatorAddress, seen('203.0.113.7'));
});

test('kernel settings: one number, several, none', () => {
  const machine = look({ sysctls: ['vm.max_map_count', 'net.ipv4.tcp_rmem', 'net.ipv4.no_such'] });
  const value = (key: string): string => {
    const part = partOf(machine.sysctls, key);
    return part.state === 'seen' ? part.value.value : part.state;
  };
  assert.match(value('vm.max_map_count'), /^\d+$/);
  assert.match(value('net.ipv4.tcp_rmem'), /^\d+ \d+ \d+$/);
  assert.equal(value('net.ipv4.no_such'), 'absent');
});

test('packages: installed, absent; the disk and its inodes', () => {
  const machine = look({ packages: ['dash', 'no-such-package'], disks: [directory, at('none')] });
  const dash = partOf(machine.packages, 'dash');
  assert.ok(dash.state === 'seen' && dash.value.state === 'installed' && /^\d/.test(dash.value.version));
  assert.deepEqual(partOf(machine.packages, 'no-such-package'), absent);
  const disk = partOf(machine.disks, directory);
  const df = execFileSync('df', ['--output=pcent', directory]).toString();
  assert.ok(disk.state === 'seen' && Math.abs(disk.value.usedPercent - Number(/(\d+)%/.exec(df)![1])) <= 1);
  assert.ok(disk.value.freeBytes > 0);
  assert.deepEqual(partOf(machine.disks, at('none')), absent);
});

test('dpkg interrupted between two packages: packages that are neither installed nor removed are named', () => {
  const states = 'ii base\\nhi held\\nrc gone\\niU unpacked\\niF broken\\niiRrequired\\n';
  const machine = look(
    { packages: ['engine'] },
    {
      'dpkg-query': `case $* in *engine) printf 'iF \\thalf-configured\\t9.5.3' ;; *) printf '${states}' ;; esac`,
      ls: 'case $* in */dpkg/updates/) echo 0001 ;; *) exec /bin/ls "$@" ;; esac',
    },
  );
  assert.deepEqual(machine.dpkg, seen({ interrupted: true, unfinished: ['broken', 'required', 'unpacked'] }));
  assert.deepEqual(
    partOf(machine.packages, 'engine'),
    seen({ version: '9.5.3', state: 'half-configured', held: false }),
  );
  assert.deepEqual(look({}).dpkg, seen({ interrupted: false, unfinished: [] }));
});

test('a held package is installed, not absent', () => {
  const machine = look({ packages: ['engine'] }, { 'dpkg-query': "printf 'hi \\tinstalled\\t9.5.3'" });
  assert.deepEqual(partOf(machine.packages, 'engine'), seen({ version: '9.5.3', state: 'installed', held: true }));
});

test('a unit that restarts in a loop is distinguished from one that runs', () => {
  const properties = [
    ...['LoadState=loaded', 'ActiveState=activating', 'SubState=auto-restart', 'UnitFileState=enabled'],
    ...['NRestarts=17', 'Result=exit-code', 'ExecMainCode=1', 'ExecMainStatus=3', 'ActiveEnterTimestampMonotonic=0'],
  ];
  const machine = look(
    { units: ['engine.service', 'none.service'] },
    {
      systemctl: `case $* in *none*) echo LoadState=not-found ;; *) printf '${properties.join('\\n')}\\n' ;; esac`,
    },
  );
  assert.deepEqual(
    partOf(machine.units, 'engine.service'),
    seen({
      ...{ active: 'activating', sub: 'auto-restart', enabled: true, restarts: 17, result: 'exit-code' },
      ended: 'exit code 3',
      sinceActiveS: undefined,
    }),
  );
  assert.deepEqual(partOf(machine.units, 'none.service'), absent);
});

test('the process that holds a lock of apt is named; a free lock and a missing lock file have no holder', async () => {
  writeFileSync(at('lock'), '');
  assert.deepEqual(partOf(look({ locks: [at('lock')] }).locks, at('lock')), absent);
  const lock = 'my $l = pack("s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0); fcntl(F, F_SETLK, $l) or die;';
  const holder = `use Fcntl; open(F, "+<", $ARGV[0]); ${lock} $| = 1; print "held"; sleep 60`;
  const child = spawn('perl', ['-e', holder, at('lock')], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await new Promise((resolve) => child.stdout.once('readable', resolve));
    const held = partOf(look({ locks: [at('lock')] }).locks, at('lock'));
    assert.ok(held.state === 'seen' && held.value.pid === child.pid && held.value.command.startsWith('perl'));
  } finally {
    child.kill('SIGKILL');
  }
  assert.deepEqual(partOf(look({ locks: [at('none')] }).locks, at('none')), absent);
});

test('swap and the clock: of a machine, and of a container, whose host has them', () => {
  const machine = { 'systemd-detect-virt': 'exit 1' };
  const swaps =
    'Filename\\tType\\tSize\\tUsed\\tPriority\\n/dev/sdb partition 524284 0 -2\\n/swapfile file 1024 0 -3\\n';
  const cat = `case $1 in /proc/swaps) printf '${swaps}' ;; *) exec /bin/cat "$@" ;; esac`;
  const on = look({}, { ...machine, cat, timedatectl: 'echo no' });
  assert.deepEqual(on.swap, seen(['/dev/sdb', '/swapfile']));
  assert.deepEqual(on.clockIsSynchronized, seen(false));
  const none = 'case $1 in /proc/swaps) echo \'Filename Type\' ;; *) exec /bin/cat "$@" ;; esac';
  const off = look({}, { ...machine, cat: none, timedatectl: 'echo yes' });
  assert.deepEqual(off.swap, seen([]));
  assert.deepEqual(off.clockIsSynchronized, seen(true));
  const contained = look({}, { 'systemd-detect-virt': 'exit 0', cat, timedatectl: 'echo no' });
  assert.deepEqual([contained.swap, contained.clockIsSynchronized], [absent, absent]);
  const silent = look({}, { ...machine, timedatectl: 'echo Failed >&2; exit 1' });
  assert.equal(codeOf(silent.clockIsSynchronized), 'machines-unreadable');
});

test('bash, which is sh on some machines, reads the script too: none of its functions has the name of a reserved word', () => {
  const { status, stderr } = spawnSync('bash', ['-n'], { input: observeScript });
  assert.deepEqual([status, stderr.toString()], [0, '']);
});

test('the time is that of the machine, in milliseconds', () => {
  const { timeMs } = look({});
  assert.ok(timeMs.state === 'seen' && Math.abs(timeMs.value - Date.now()) < 60_000, JSON.stringify(timeMs));
  assert.equal(codeOf(look({}, { date: 'echo 12' }).timeMs), 'machines-unreported');
  assert.equal(codeOf(look({}, { date: 'echo no >&2; exit 1' }).timeMs), 'machines-unreadable');
});

const notRoot = process.getuid?.() !== 0 && 'only root may act as another user';

test('whether a user can read a file is asked with the groups that the user has', { skip: notRoot }, () => {
  // As the engine's package makes its directory: only its group may enter.
  const locked = at('locked');
  mkdirSync(locked);
  chmodSync(directory, 0o755);
  for (const name of ['own', 'other']) writeFileSync(join(locked, name), '', { mode: 0o600 });
  execFileSync('chown', ['root:daemon', locked]);
  execFileSync('chown', ['daemon', join(locked, 'own')]);
  chmodSync(locked, 0o2750);
  const asked = ['own', 'other', 'none'].map((name) => `daemon:${join(locked, name)}`);
  const { readable } = look({ readable: asked });
  assert.deepEqual(
    asked.map((subject) => partOf(readable, subject)),
    [seen(true), seen(false), absent],
  );
});

test('cloud-init: the contents of its files', () => {
  // The script reads fixed places; here they are moved below the temporary directory.
  const run = at('cloud');
  mkdirSync(run);
  const status = (): unknown => {
    const [, ...args] = observeCommand(nothingAsked);
    const script = observeScript.replaceAll('/run/cloud-init', run).replace('command -v cloud-init', 'true');
    const { stdout } = spawnSync('sh', args, { input: script });
    const { cloudInit } = parseObservation(stdout.toString(), 'here', nothingAsked);
    return cloudInit.state === 'seen' ? [cloudInit.value.status, cloudInit.value.errors] : cloudInit.state;
  };
  const report = (stages: object): void => writeFileSync(join(run, 'status.json'), JSON.stringify({ v1: stages }));
  assert.deepEqual(status(), ['disabled', []]);
  writeFileSync(join(run, 'enabled'), '');
  assert.deepEqual(status(), ['running', []]);
  report({ stage: 'modules-final', init: { errors: [] } });
  assert.deepEqual(status(), ['running', []]);
  writeFileSync(join(run, 'result.json'), '{}');
  assert.deepEqual(status(), ['done', []]);
  report({ init: { errors: [], recoverable_errors: { WARNING: ['a'] } } });
  assert.deepEqual(status(), ['degraded', ['a']]);
  report({ init: { errors: [] }, 'modules-final': { errors: ['it failed'] } });
  assert.deepEqual(status(), ['error', ['it failed']]);
  writeFileSync(join(run, 'status.json'), '{"v1": {');
  assert.deepEqual(status(), 'unknown');
});

describe('what cannot be read is unknown, with the reason', () => {
  const refuse = (name: string, says: string, code = 1) => ({ [name]: `echo '${says}' >&2; exit ${code}` });
  const rows: readonly [
    what: string,
    asked: Partial<Spec>,
    commands: Readonly<Record<string, string>>,
    code: string,
  ][] = [
    [
      'an input error of a file',
      { files: ['/etc/passwd'] },
      refuse('sha256sum', 'sha256sum: /etc/passwd: Input/output error'),
      'unreadable',
    ],
    [
      'a permission',
      { records: ['/etc/passwd'] },
      refuse('base64', 'base64: /etc/passwd: Permission denied'),
      'unreadable',
    ],
    ['a command that is not there', { files: ['/etc/passwd'] }, { sha256sum: 'exec /no/such/sha256sum' }, 'unreadable'],
    ['a path that is a directory', { files: [directory] }, {}, 'unreadable'],
    ['a file in place of a link', { links: ['/etc/passwd'] }, {}, 'unreadable'],
    [
      'dpkg’s damaged database',
      { packages: ['dash'] },
      refuse(
        'dpkg-query',
        'dpkg-query: error: failed to open package info file /var/lib/dpkg/status for reading: No such file or directory',
        2,
      ),
      'unreadable',
    ],
    [
      'systemctl without a bus',
      { units: ['a.service'] },
      refuse('systemctl', 'Failed to connect to bus: No such file or directory'),
      'unreadable',
    ],
    ['systemctl that hangs', { units: ['a.service', 'b.service'] }, { systemctl: 'sleep 60' }, 'no-answer'],
    ['dpkg-query that hangs', { packages: ['a'] }, { 'dpkg-query': 'sleep 60' }, 'no-answer'],
    [
      'a directory that cannot be listed',
      { directories: ['/etc'] },
      refuse('find', 'find: ‘/etc’: Permission denied'),
      'unreadable',
    ],
    ['a file in place of a data directory', { directories: ['/etc/passwd'] }, {}, 'unreadable'],
    [
      'a kernel setting',
      { sysctls: ['vm.swappiness'] },
      refuse('cat', 'cat: /proc/sys/vm/swappiness: Input/output error'),
      'unreadable',
    ],
  ];
  for (const [what, asked, commands, code] of rows) {
    test(what, () => {
      const startedMs = Date.now();
      const machine = look(asked, commands);
      const [[kind, subjects] = ['files', []]] = Object.entries(asked);
      for (const subject of subjects) {
        const part = partOf(machine[kind as 'files'], subject);
        assert.equal(codeOf(part), `machines-${code}`);
        assert.ok(part.state === 'unknown' && part.reason.startsWith(`${subject} on here: `), JSON.stringify(part));
      }
      assert.ok(Date.now() - startedMs < 10_000, 'one hanging part is bounded');
      assert.equal(machine.operatorAddress.state, 'seen', 'and the rest is there');
    });
  }

  test('a subject without a line of its own, or with a line that cannot be parsed', () => {
    const spec = { ...nothingAsked, files: ['/a', '/b'], packages: ['engine'] };
    const text = 'file\t/a\tseen\tabc\npackage\tengine\tseen\nend\t-\tseen\t-\n';
    const machine = parseObservation(text, 'here', spec);
    for (const part of [machine.files['/a']!, machine.files['/b']!, machine.packages['engine']!, machine.dpkg]) {
      assert.equal(codeOf(part), 'machines-unreported');
    }
    assert.equal(codeOf(partOf(machine.files, '/c')), 'machines-not-asked');
  });

  test('an incomplete output is refused completely', () => {
    const cut = (): unknown => parseObservation('file\t/etc/x\tabc', 'demo-search-1', nothingAsked);
    assert.throws(cut, { code: 'machines-observation-cut' });
  });
});
