// What a machine does with its own system: apt reads the settings as they are meant, and no text of a user gets into them.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { engineLayouts, engineNames } from '../../src/engines/index.ts';
import { upkeepFiles } from '../../src/machines/index.ts';

const contentOf = (path: string): string => upkeepFiles.find((file) => file.path === path)?.content ?? '';

/** As apt sees the settings after the vendor's own, which name more origins. */
function aptSees(key: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-apt-'));
  try {
    writeFileSync(
      join(folder, '50unattended-upgrades'),
      'Unattended-Upgrade::Origins-Pattern { "origin=Debian,codename=${distro_codename},label=Debian"; };\n' +
        'Unattended-Upgrade::Automatic-Reboot "true";\n',
    );
    writeFileSync(join(folder, '60-understudy'), contentOf('/etc/apt/apt.conf.d/60-understudy'));
    const options = [`-o`, `Dir::Etc::parts=${folder}`, '-o', 'Dir::Etc::main=/dev/null'];
    const env = { ...process.env, APT_CONFIG: join(folder, 'main') };
    writeFileSync(env.APT_CONFIG, `Dir::Etc::parts "${folder}";\n`);
    const dump = execFileSync('apt-config', [...options, 'dump', key], { env, encoding: 'utf8' });
    return dump.split('\n').filter((line) => line.includes(' "') && !line.endsWith(' "";'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const noApt = spawnSync('apt-config', ['--version']).error ? 'no apt-config' : false;

test('apt upgrades security fixes alone, never an engine, and never reboots', { skip: noApt }, () => {
  assert.deepEqual(aptSees('Unattended-Upgrade::Origins-Pattern'), [
    'Unattended-Upgrade::Origins-Pattern:: "origin=Debian,codename=${distro_codename}-security,label=Debian-Security";',
    'Unattended-Upgrade::Origins-Pattern:: "origin=Ubuntu,archive=${distro_codename}-security,label=Ubuntu";',
  ]);
  assert.deepEqual(
    aptSees('Unattended-Upgrade::Package-Blacklist'),
    engineNames.map((engine) => `Unattended-Upgrade::Package-Blacklist:: "^${engineLayouts[engine].packageName}$";`),
  );
  assert.deepEqual(aptSees('Unattended-Upgrade::Automatic-Reboot'), ['Unattended-Upgrade::Automatic-Reboot "false";']);
  assert.deepEqual(aptSees('APT::Periodic::Unattended-Upgrade'), ['APT::Periodic::Unattended-Upgrade "1";']);
});

test('the journal and restarts after upgrades are bounded', () => {
  assert.match(contentOf('/etc/systemd/journald.conf.d/60-understudy.conf'), /^SystemMaxUse=500M\nSystemKeepFree=1G$/m);
  assert.match(contentOf('/etc/needrestart/conf.d/60-understudy.conf'), /^\$nrconf\{restart\} = 'l';$/m);
});

test('every file of upkeep belongs to root and is no secret', () => {
  assert.deepEqual(
    upkeepFiles.map(({ path, mode, owner }) => `${mode} ${owner} ${path}`),
    [
      '0644 root:root /etc/apt/apt.conf.d/60-understudy',
      '0644 root:root /etc/needrestart/conf.d/60-understudy.conf',
      '0644 root:root /etc/systemd/journald.conf.d/60-understudy.conf',
      '0755 root:root /usr/local/lib/understudy/security-upgrades',
      '0644 root:root /etc/systemd/system/understudy-upgrades.service',
      '0644 root:root /etc/systemd/system/understudy-upgrades.timer',
    ],
  );
});
