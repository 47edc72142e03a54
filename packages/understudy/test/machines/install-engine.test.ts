// The script that installs the engine, run for real: apt and dpkg of a throwaway Debian, a signed repository, packages whose own
// scripts do what the vendors' do. It is cut off at random moments, as a power cut would, and run again.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { silentLogger } from '@understudy/foundation';
import { ensureRepository } from '@understudy/lab/engine';
import {
  engineInstaller,
  engineKeyPath,
  installCommand,
  installExits,
  writeFilesScript,
} from '../../src/machines/index.ts';
import type { PackageRepository } from '../../src/engines/index.ts';
import { noThrowawayDebian, throwawayDebian, type Ran, type ThrowawayDebian } from './throwaway-debian.ts';

const run = promisify(execFile);
const missing = noThrowawayDebian();
const moments = process.env['UNDERSTUDY_FULL'] === '1' ? 15 : 6;
let home = '';
let repository: PackageRepository;
let served = '';

/** Stops the engine before an upgrade, starts it after, and appends to a conffile, as OpenSearch's package does. */
const packageScripts: Readonly<Record<string, string>> = {
  preinst:
    'if systemctl is-active opensearch.service >/dev/null; then systemctl --no-reload stop opensearch.service; fi',
  postinst: `options=/etc/opensearch/jvm.options
grep -q '## OpenSearch Perf' $options || printf '\\n## OpenSearch Performance Analyzer\\n-Dclk.tck=100\\n' >> $options
sleep 0.3; systemctl daemon-reload; [ -z "$2" ] || systemctl start opensearch.service; echo "$2" >> /var/log/opensearch-configured`,
};

async function buildPackage(version: string): Promise<string> {
  const tree = join(home, `tree-${version}`);
  await mkdir(join(tree, 'DEBIAN'), { recursive: true });
  await mkdir(join(tree, 'etc/opensearch'), { recursive: true });
  await mkdir(join(tree, 'usr/share/opensearch/lib'), { recursive: true });
  const control = `Package: opensearch\nVersion: ${version}\nArchitecture: amd64\nMaintainer: x <x@x.invalid>\nDescription: probe\n`;
  await writeFile(join(tree, 'DEBIAN/control'), control);
  await writeFile(join(tree, 'DEBIAN/conffiles'), '/etc/opensearch/opensearch.yml\n/etc/opensearch/jvm.options\n');
  await writeFile(join(tree, 'etc/opensearch/jvm.options'), `-Dof=${version}\n`);
  for (const [name, script] of Object.entries(packageScripts)) {
    await writeFile(join(tree, 'DEBIAN', name), `#!/bin/sh\nset -e\n${script}\n`, { mode: 0o755 });
  }
  await writeFile(join(tree, 'etc/opensearch/opensearch.yml'), `# of ${version}\n`);
  const jar = 'x'.repeat(20_000);
  for (let n = 0; n < 600; n += 1) await writeFile(join(tree, `usr/share/opensearch/lib/${n}.jar`), `${version}${jar}`);
  const file = join(home, `opensearch_${version}_amd64.deb`);
  await run('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, file]);
  return file;
}

before(async () => {
  if (missing !== undefined) return;
  // Short: gpg-agent's sockets lie below it, and the path of a socket has 107 bytes.
  home = await mkdtemp(join(tmpdir(), 'apt-'));
  const packages = [];
  for (const version of ['3.3.0', '3.4.0', '3.5.0']) {
    packages.push({ engine: `opensearch-${version}`, file: await buildPackage(version) });
  }
  const { directory, suite, component, publicKey } = await ensureRepository({
    ...{ cacheDir: home, packages, logger: silentLogger },
  });
  served = directory;
  await run('chmod', ['-R', 'a+rX', home]);
  repository = {
    ...{ uri: 'copy:/repository', suite, components: [component], securityModule: true },
    key: { kind: 'armored', text: publicKey },
  };
});
after(() => rm(home, { recursive: true, force: true }));

/** Writes the installer for `version` as the tool does, under its umask, and runs it; nothing else is in apt's sources. */
function install(version: string, mode: 'download' | 'install' = 'install', of = repository, lockWaitS = 300): string {
  const made = engineInstaller('opensearch', version, of);
  const installer = { ...made, content: made.content.replaceAll('300', String(lockWaitS)) };
  return [writeFilesScript([installer]), installCommand(mode).join(' ')].join('\n');
}

const prepare =
  'rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /var/lib/apt/lists/*; mkdir -p /etc/systemd/system; :';
const state = "dpkg-query -W -f '${db:Status-Abbrev}${Version}' opensearch";

async function debian(): Promise<ThrowawayDebian> {
  const made = await throwawayDebian(served);
  await succeeds(made, prepare);
  return made;
}

async function succeeds(on: ThrowawayDebian, script: string): Promise<string> {
  const ran = await on.run(script);
  assert.equal(ran.code, 0, `${script.slice(-200)}\n${ran.stdout}\n${ran.stderr}`);
  return ran.stdout;
}

function refused(ran: Ran, code: number, words: RegExp): void {
  assert.equal(ran.code, code, ran.stdout + ran.stderr);
  assert.match(ran.stderr.trim().split('\n').at(-1) ?? '', words);
}

describe('installing the engine', { skip: missing ?? false }, () => {
  test('exactly the asked version, held, its key readable for apt, nothing enabled, and a second run does nothing', async () => {
    await using machine = await debian();
    await succeeds(machine, `umask 077\n${install('3.4.0')}`);
    assert.equal(await succeeds(machine, state), 'hi 3.4.0');
    assert.equal(
      await succeeds(machine, `setpriv --reuid _apt --regid nogroup --clear-groups head -c 10 ${engineKeyPath}`),
      '-----BEGIN',
    );
    assert.equal(await succeeds(machine, 'ls /etc/systemd/system | grep -c opensearch; :'), '0\n');
    await succeeds(machine, `chmod 600 ${engineKeyPath}`);
    assert.equal(await succeeds(machine, install('3.4.0')), '');
    assert.equal(await succeeds(machine, `stat -c %a ${engineKeyPath}`), '644\n');
  });

  test('an upgrade is downloaded while the old version runs, and installed without network access', async () => {
    await using machine = await debian();
    await succeeds(machine, install('3.3.0'));
    await succeeds(machine, 'echo "# mine" > /etc/opensearch/opensearch.yml');
    await succeeds(machine, install('3.4.0', 'download'));
    assert.equal(await succeeds(machine, state), 'hi 3.3.0');
    await succeeds(machine, `mount -t tmpfs none /repository\n${install('3.4.0')}`);
    assert.equal(await succeeds(machine, state), 'hi 3.4.0');
    assert.equal(await succeeds(machine, 'cat /etc/opensearch/opensearch.yml'), '# mine\n');
    assert.equal(await succeeds(machine, 'cat /var/log/opensearch-configured'), '\n3.3.0\n');
    // With the options of the version before, a new major version does not start.
    const appended = '\n## OpenSearch Performance Analyzer\n-Dclk.tck=100\n';
    assert.equal(await succeeds(machine, 'cat /etc/opensearch/jvm.options'), `-Dof=3.4.0\n${appended}`);
    assert.equal(await succeeds(machine, 'cat /etc/opensearch/jvm.options.dpkg-old'), `-Dof=3.3.0\n${appended}`);
    assert.equal(await succeeds(machine, 'ls /etc/opensearch | grep -c jvm.options.dpkg-dist; :'), '0\n');
  });

  test('an upgrade of all packages does not change the engine; a hold that was removed is set again', async () => {
    await using machine = await debian();
    await succeeds(machine, install('3.3.0'));
    await succeeds(machine, 'apt-get update && apt-get -y dist-upgrade');
    assert.equal(await succeeds(machine, state), 'hi 3.3.0');
    await succeeds(machine, 'apt-mark unhold opensearch');
    await succeeds(machine, install('3.3.0'));
    assert.equal(await succeeds(machine, state), 'hi 3.3.0');
  });

  test('a newer version is kept, and the script reports it', async () => {
    await using machine = await debian();
    await succeeds(machine, install('3.5.0'));
    for (const mode of ['download', 'install'] as const) {
      const ran = await machine.run(install('3.4.0', mode));
      refused(ran, installExits.newerInstalled, /3\.5\.0 is installed, which is newer/);
    }
    assert.equal(await succeeds(machine, state), 'hi 3.5.0');
  });

  test('a version that does not exist, and a repository that does not exist', async () => {
    await using machine = await debian();
    refused(await machine.run(install('3.4.1')), installExits.noSuchVersion, /It has: 3\.5\.0 3\.4\.0 3\.3\.0/);
    const elsewhere: PackageRepository = { ...repository, uri: 'copy:/nowhere' };
    refused(await machine.run(install('3.4.0', 'install', elsewhere)), installExits.noSuchVersion, /could not be read/);
    assert.equal((await machine.run(state)).code, 1);
  });

  const hold = (file: string, seconds: number): string =>
    `perl -e 'use Fcntl; open(F, "+>", $ARGV[0]); my $l = pack("s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0); fcntl(F, F_SETLK, $l) or die; sleep $ARGV[1]' ${file} ${seconds} &\nsleep 1`;

  for (const file of ['/var/lib/apt/lists/lock', '/var/lib/dpkg/lock-frontend', '/var/lib/dpkg/lock']) {
    test(`${file} is locked: the script waits, and names the holder after the timeout`, async () => {
      await using machine = await debian();
      const lasting = await machine.run(`${hold(file, 60)}\n${install('3.4.0', 'install', repository, 2)}`);
      refused(lasting, installExits.locked, new RegExp(`${file} by process \\d+ \\(perl -e .*run again`));
      await succeeds(machine, `${hold(file, 4)}\n${install('3.4.0')}`);
      assert.equal(await succeeds(machine, state), 'hi 3.4.0');
    });
  }

  test('two runs at once: one waits for the other', async () => {
    await using machine = await debian();
    await succeeds(
      machine,
      `${install('3.4.0')} &\n${installCommand('install').join(' ')}; a=$?; wait $! && [ $a = 0 ]`,
    );
    assert.equal(await succeeds(machine, state), 'hi 3.4.0');
  });

  test('a package that was unpacked and never configured', async () => {
    await using machine = await debian();
    await succeeds(machine, 'dpkg --unpack /repository/pool/main/o/*/opensearch_3.4.0_amd64.deb');
    await succeeds(machine, install('3.4.0'));
    assert.equal(await succeeds(machine, state), 'hi 3.4.0');
  });

  test(
    `interrupted at ${moments} random moments, the next run always gives the same result`,
    { timeout: 600_000 },
    async (t) => {
      const whole = await timeOf(install('3.3.0'));
      const seen = new Set<string>();
      for (let cut = 0; cut < moments; cut += 1) {
        await using machine = await debian();
        // Half of them cut an upgrade off, some of these again in the run that should have repaired it.
        if (cut % 2 === 1) await succeeds(machine, install('3.3.0'));
        let states = '';
        for (let again = 0; again <= cut % 3; again += 1) {
          const { code } = await machine.run(install('3.4.0'), { killAfterMs: Math.random() * whole });
          if (code === 0) break;
          states = (await machine.run(`${state}; ls /var/lib/dpkg/updates | wc -l`)).stdout.trim();
          seen.add(states);
        }
        await succeeds(machine, install('3.4.0'));
        assert.equal(await succeeds(machine, state), 'hi 3.4.0');
        assert.equal(await succeeds(machine, 'dpkg --audit; ls /var/lib/dpkg/updates; apt-get check >/dev/null'), '');
        assert.equal(await succeeds(machine, 'cat /usr/share/opensearch/lib/*.jar | wc -c'), `${600 * 20_005}\n`);
      }
      t.diagnostic(`states found: ${[...seen].join(', ')}`);
    },
  );

  /** How long the script takes by itself, in milliseconds. */
  async function timeOf(script: string): Promise<number> {
    await using machine = await debian();
    const startedMs = performance.now();
    await succeeds(machine, script);
    return performance.now() - startedMs;
  }
});
