// The commands on a running system: logs, ssh, run, releases, access. On real machines, by the command line as an operator types it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { labPowerCut } from '@understudy/lab';
import type { LogLine, MachineRun, ReleaseList } from '../../../src/operate/index.ts';
import { underLoad } from '../../../../../bench/releases/load.ts';
import { topologyText, type StandingSystem } from './system.ts';

const labels = ['demo-search-1', 'demo-search-2', 'demo-search-3', 'demo-service-1', 'demo-service-2'];

let base = '';
let topologyPath = '';
let ownService = '';
let url = '';
let login: Readonly<Record<string, string>> = {};

const main = path.join(import.meta.dirname, '../../../src/cli/main.ts');
const node = [process.execPath, '--conditions=understudy-source', '--disable-warning=ExperimentalWarning', main];

function start(words: readonly string[], stdin: 'ignore' | 'pipe' = 'ignore') {
  const [program = '', ...rest] = [...node, ...words];
  const child = spawn(program, rest, { stdio: [stdin, 'pipe', 'pipe'], cwd: base });
  const said = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  return { child, said };
}

/** What the command line answers. */
async function understudy(words: readonly string[], input?: string) {
  const { child, said } = start(words, input === undefined ? 'ignore' : 'pipe');
  if (input !== undefined) child.stdin?.end(input);
  const [code] = (await once(child, 'close')) as [number];
  return { ...said, code };
}

function logLines(stdout: string): LogLine[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!holds()) {
    assert.ok(performance.now() < end, what);
    await sleep(100);
  }
}

/** The parts of an operator's day: logs, ssh and run, releases, access, a machine without power. */
export function operatedBy(system: () => StandingSystem): void {
  describe('the commands of an operator', () => {
    before(async () => {
      ({ base, topologyPath, url, login } = system());
      ownService = path.join(base, 'own-service');
      await cp(system().releaseDirectory, ownService, { recursive: true });
      await writeFile(path.join(ownService, 'marker'), 'of another release\n');
    });
    describe('logs', { timeout: 300_000 }, () => {
      it('of all machines are in the order of their times, with those of the files', async () => {
        const { stdout, stderr, code } = await understudy(['logs', '--json', '--lines', '20']);
        assert.equal(code, 0, stderr);
        const lines = logLines(stdout);
        assert.deepEqual([...new Set(lines.map(({ machine }) => machine))].sort(), labels);
        assert.deepEqual(
          lines.map(({ time }) => time),
          lines.map(({ time }) => time).sort(),
        );
        for (const label of labels) assert.ok(lines.filter(({ machine }) => machine === label).length <= 20, label);
        // The engine's own messages are in its file; the journal has its start and what needs attention.
        assert.ok(
          lines.some(({ unit, text }) => unit === 'engine' && text.startsWith('[INFO ]')),
          stdout,
        );
      });

      it('of one machine stand without its name; an unknown one is refused with the allowed names', async () => {
        const { stdout, code } = await understudy(['logs', 'service-1', '-t', topologyPath]);
        assert.equal(code, 0);
        assert.match(stdout, /^\d{4}-\d\d-\d\dT\S+Z /);
        const refused = await understudy(['logs', 'service-9']);
        assert.equal(refused.code, 64);
        assert.match(refused.stderr, /allowed: search-1, search-2, search-3, service-1, service-2/);
      });

      it('are followed until Ctrl-C, and nothing stays behind on the machines', async () => {
        const { child, said } = start(['logs', '--follow', '--json', '--lines', '1']);
        await until('lines of the past', () => labels.every((label) => said.stdout.includes(label)));
        const line = `[$(date +%Y-%m-%dT%H:%M:%S,%3N)][INFO ][planted] words of the file`;
        const wrote = await understudy(['ssh', 'search-2', '--', `echo "${line}" >> /var/log/elasticsearch/demo.log`]);
        assert.equal(wrote.code, 0, wrote.stderr);
        await until('a line of the file', () => said.stdout.includes('words of the file'));
        await understudy(['run', 'service-2', 'systemctl kill --signal=KILL understudy-service']);
        await until('a line of the journal', () => /Main process exited|status=9\/KILL/.test(said.stdout));
        const began = performance.now();
        child.kill('SIGINT');
        const [code] = (await once(child, 'close')) as [number];
        assert.equal(code, 0, said.stderr);
        assert.ok(performance.now() - began < 5000, `${performance.now() - began} ms`);
        await sleep(1000);
        const left = await understudy(['run', 'all', 'pgrep -a "journalctl|tail" || true', '--json']);
        const { runs } = JSON.parse(left.stdout) as { runs: MachineRun[] };
        assert.deepEqual(
          runs.map(({ stdout }) => stdout),
          labels.map(() => ''),
        );
      });

      it('end on the machines when the tool is killed', async () => {
        const { child, said } = start(['logs', '--follow', '--json', '--lines', '1']);
        await until('lines of the past', () => labels.every((label) => said.stdout.includes(label)));
        child.kill('SIGKILL');
        await once(child, 'close');
        await sleep(3000);
        const left = await understudy(['run', 'all', 'pgrep -a "journalctl|tail" || true', '--json']);
        const { runs } = JSON.parse(left.stdout) as { runs: MachineRun[] };
        assert.equal(runs.map(({ stdout }) => stdout).join(''), '');
      });
    });

    describe('ssh and run', { timeout: 300_000 }, () => {
      it('a command has its input, its outputs and its exit code', async () => {
        const { stdout, stderr, code } = await understudy(
          ['ssh', 'demo-search-1', '--', 'hostname; cat; echo bad >&2; exit 7'],
          'given\n',
        );
        assert.deepEqual([stdout, code], ['demo-search-1\ngiven\n', 7]);
        assert.match(stderr, /^bad$/m);
      });

      it('a session on a terminal is one of the system ssh, with the pinned key', async () => {
        const line = [...node, 'ssh', 'service-1'].map((word) => `'${word}'`).join(' ');
        const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], { cwd: base });
        let shown = '';
        child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
        const ended = once(child, 'close');
        await until('a prompt', () => /demo-service-1.*#/.test(shown));
        child.stdin.write('test -t 0 && echo on a "terminal"; exit 5\n');
        const [code] = (await ended) as [number];
        assert.match(shown, /on a terminal/);
        assert.equal(code, 5, shown);
      });

      it('a line runs on the machines of a role, with their names in front', async () => {
        const { stdout, code } = await understudy(['run', 'search', 'hostname; test $(hostname) != demo-search-2']);
        assert.equal(code, 1);
        const lines = stdout.trimEnd().split('\n').sort();
        assert.deepEqual(
          lines.map((line) => line.split(/\s+/)),
          labels.slice(0, 3).map((label) => [label, label]),
        );
      });
    });

    describe('releases', { timeout: 600_000 }, () => {
      const list = async (): Promise<ReleaseList> => {
        const { stdout, stderr, code } = await understudy(['release', 'list', '--json']);
        assert.equal(code, 0, stderr);
        return JSON.parse(stdout) as ReleaseList;
      };
      const currentOf = ({ releases }: ReleaseList): string[] =>
        releases.filter(({ currentOn }) => currentOn.length === 2).map(({ id }) => id);
      let first = '';

      it('are listed, with the time when they were unpacked', async () => {
        const { releases } = await list();
        assert.equal(releases.length, 1);
        const [release] = releases;
        assert.ok(release);
        assert.deepEqual(release.currentOn, ['demo-service-1', 'demo-service-2']);
        assert.ok(Math.abs(Date.parse(release.unpackedAt ?? release.usedAt) - Date.now()) < 3_600_000);
        first = release.id;
      });

      it('another folder is deployed, and without a terminal only with --yes', async () => {
        const asked = await understudy(['release', 'deploy', ownService]);
        assert.equal(asked.code, 1);
        assert.deepEqual(currentOf(await list()), [first]);
        const deployed = await understudy(['release', 'deploy', ownService, '--yes']);
        assert.equal(deployed.code, 0, deployed.stderr);
        assert.match(deployed.stderr, /the next apply deploys service\.artifact/);
        const [current, ...others] = currentOf(await list());
        assert.notEqual(current, first);
        assert.deepEqual(others, []);
      });

      it('and rolled back when the folder is gone; it is then rejected, until it is deployed --again', async (t) => {
        const [second = ''] = currentOf(await list());
        const kept = `${ownService}-kept`;
        await cp(ownService, kept, { recursive: true });
        await rm(ownService, { recursive: true });
        const began = performance.now();
        const { result: back, traffic } = await underLoad(
          url,
          20,
          () => understudy(['release', 'rollback', '--yes', '--json']),
          login,
        );
        const seconds = (performance.now() - began) / 1000;
        t.diagnostic(`rolled back in ${seconds.toFixed(1)} s, ${traffic.requests} requests`);
        assert.equal(back.code, 0, back.stderr);
        assert.deepEqual(traffic.failed, []);
        // The service was told that it is drained, so it did not wait for the balancer.
        const stops = await understudy([
          'run',
          'service',
          'journalctl -u understudy-service | grep -c "machine was drained"',
        ]);
        assert.match(stops.stdout, /[1-9]/);
        const now = await list();
        assert.deepEqual(currentOf(now), [first]);
        const left = now.releases.find(({ id }) => id === second);
        assert.equal(left?.rejected.length, 2);
        const refused = await understudy(['release', 'deploy', kept, '--yes']);
        assert.equal(refused.code, 1, refused.stderr);
        assert.match(refused.stderr, /was rejected on demo-service-1 at .*--again/);
        const again = await understudy(['release', 'deploy', kept, '--yes', '--again']);
        assert.equal(again.code, 0, again.stderr);
        assert.deepEqual(currentOf(await list()), [second]);
      });

      it('the service is restarted on every machine', async () => {
        const started = async (): Promise<string[]> => {
          const line = 'systemctl show understudy-service --value --property=ExecMainStartTimestampMonotonic';
          const { stdout } = await understudy(['run', 'service', line, '--json']);
          return (JSON.parse(stdout) as { runs: MachineRun[] }).runs.map((run) => run.stdout);
        };
        const before = await started();
        const { code, stderr } = await understudy(['restart', 'service', '--yes']);
        assert.equal(code, 0, stderr);
        const later = await started();
        for (const at of [0, 1]) assert.notEqual(later[at], before[at]);
      });
    });

    describe('access', { timeout: 300_000 }, () => {
      /** Whether root on a machine lets this private key in, by the system's own ssh. */
      async function letsIn(label: string, key: string): Promise<boolean> {
        await using session = await system().session();
        const instance = (await session.world.linode.instances.list({ label }))[0];
        const options = [
          'BatchMode=yes',
          'IdentitiesOnly=yes',
          'StrictHostKeyChecking=no',
          'UserKnownHostsFile=/dev/null',
        ];
        const words = ['-i', key, ...options.flatMap((option) => ['-o', option]), `root@${instance?.ipv4[0]}`, 'true'];
        const [code] = (await once(spawn('ssh', words, { stdio: 'ignore' }), 'close')) as [number];
        return code === 0;
      }

      /** What the command line answers to an operator with a configuration of its own. */
      async function asBen(words: readonly string[], input?: string) {
        const anns = process.env['XDG_CONFIG_HOME'];
        process.env['XDG_CONFIG_HOME'] = path.join(base, 'ben');
        try {
          return await understudy(words, input);
        } finally {
          process.env['XDG_CONFIG_HOME'] = anns;
        }
      }

      it('a key of the topology gets in on machines that exist, and no longer when it is taken out', async () => {
        const key = path.join(base, 'colleague');
        const made = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'colleague' });
        await writeFile(key, made.private, { mode: 0o600 });
        await writeFile(`${key}.pub`, made.public);
        await writeFile(topologyPath, topologyText.replace('access: {', `access: { sshKeys: ['${key}.pub'],`));
        const given = await understudy(['apply', '--yes']);
        assert.equal(given.code, 0, given.stderr);
        assert.match(given.stderr, /SHA256:\S+ \(colleague\) has no access yet/);
        for (const label of labels) assert.equal(await letsIn(label, key), true, label);
        await writeFile(topologyPath, topologyText);
        const taken = await understudy(['apply', '--yes']);
        assert.equal(taken.code, 0, taken.stderr);
        for (const label of labels) assert.equal(await letsIn(label, key), false, label);
      });

      it('a second operator gets it by a file, until the key is rotated; users notice nothing', async (t) => {
        const before = await asBen(['run', 'service-1', 'true']);
        assert.equal(before.code, 2, 'without access');
        assert.match(before.stderr, /does not accept the tool's key/);
        const { stdout: recipient } = await asBen(['access', 'key']);
        const exported = await understudy(['access', 'export', '--to', recipient.trim()]);
        assert.equal(exported.code, 0, exported.stderr);
        const imported = await asBen(['access', 'import', '-'], exported.stdout);
        assert.equal(imported.code, 0, imported.stderr);
        const ran = await asBen(['run', 'all', 'hostname']);
        assert.equal(ran.code, 0, ran.stderr);

        const { result: rotated, traffic } = await underLoad(
          url,
          20,
          () => understudy(['secure', 'rotate', 'ssh-keys', '--yes', '--json']),
          login,
        );
        assert.equal(rotated.code, 0, rotated.stderr);
        t.diagnostic(`rotated under load: ${traffic.failed.length} of ${traffic.requests} requests failed`);
        assert.deepEqual(traffic.failed, []);
        assert.deepEqual((JSON.parse(rotated.stdout) as { machines: string[] }).machines, labels);
        assert.equal((await understudy(['run', 'all', 'true'])).code, 0, 'by the new key');
        assert.equal((await asBen(['run', 'service-1', 'true'])).code, 2, 'by the old one');
        const plan = await understudy(['plan']);
        assert.equal(plan.code, 0, plan.stdout);
      });
    });

    describe('a machine without power', { timeout: 300_000 }, () => {
      it('is named by logs and run, and the others answer', async () => {
        await labPowerCut('demo-search-3');
        const { stdout, stderr, code } = await understudy(['logs', '--json', '--lines', '3']);
        assert.equal(code, 2, stderr);
        assert.match(stderr, /^demo-search-3: not read: /m);
        assert.deepEqual(
          [...new Set(logLines(stdout).map(({ machine }) => machine))].sort(),
          labels.filter((_, at) => at !== 2),
        );
        const ran = await understudy(['run', 'all', 'true']);
        assert.equal(ran.code, 2);
        assert.match(ran.stderr, /^demo-search-3: not run: /m);
        const applied = await understudy(['apply', '--yes']);
        assert.equal(applied.code, 0, applied.stderr);
      });
    });
  });
}
