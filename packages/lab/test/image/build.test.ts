// The image's recipe and the commands that follow from it.
import { deepEqual, equal, match, notEqual } from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildAptConfiguration,
  containerCommand,
  debootstrapCommand,
  installScript,
} from '../../src/image/commands.ts';
import { debian13, recipeHash, type ImageRecipe } from '../../src/image/recipe.ts';

const recipe: ImageRecipe = {
  codename: 'trixie',
  bootstrapPackages: ['dbus', 'systemd'],
  packages: ['curl', 'openssh-server'],
  files: [],
  maskedUnits: ['man-db.timer'],
  enabledUnits: ['ssh.service'],
  removed: ['/var/lib/apt/lists/*'],
};

test('the base system comes from debootstrap, minimal, at the recipe’s release', () => {
  deepEqual(debootstrapCommand(recipe, 'http://mirror.example/debian', '/c/root'), [
    'debootstrap',
    '--variant=minbase',
    '--include=dbus,systemd',
    'trixie',
    '/c/root',
    'http://mirror.example/debian',
  ]);
});

test('packages are installed in a container that leaves nothing on the host', () => {
  const binds = { buildFiles: '/c/build', readOnly: [['/etc/apt/auth.conf', '/etc/apt/auth.conf']] as const };
  deepEqual(containerCommand('/c/root', 'understudy-image-7', binds, 'true'), [
    'systemd-nspawn',
    '--quiet',
    '--directory=/c/root',
    '--machine=understudy-image-7',
    '--register=no',
    '--keep-unit',
    '--as-pid2',
    '--pipe',
    '--resolv-conf=bind-host',
    '--bind-ro=/c/build:/run/understudy-build',
    '--bind-ro=/etc/apt/auth.conf:/etc/apt/auth.conf',
    '--setenv=DEBIAN_FRONTEND=noninteractive',
    '--setenv=APT_CONFIG=/run/understudy-build/apt.conf',
    '--setenv=http_proxy',
    '--setenv=https_proxy',
    '--setenv=no_proxy',
    '/bin/sh',
    '-ec',
    'true',
  ]);
});

test('the install script masks first, installs, enables and cleans', () => {
  equal(
    installScript(recipe),
    `ln -sf /dev/null /etc/systemd/system/man-db.timer
apt-get -q update
apt-get -qy upgrade
apt-get -qy install curl openssh-server
systemctl enable ssh.service
rm -rf /var/lib/apt/lists/*`,
  );
});

test('apt in the build uses the host settings and sources outside the image', () => {
  equal(
    buildAptConfiguration(['Acquire::Retries "3";']),
    `Acquire::Retries "3";
APT::Install-Recommends "false";
Acquire::Languages "none";
Dir::Etc::SourceList "/run/understudy-build/sources.list";
Dir::Etc::SourceParts "/dev/null";
`,
  );
});

test('every change of the recipe makes another image', () => {
  match(recipeHash(recipe), /^[0-9a-f]{12}$/);
  equal(recipeHash(recipe), recipeHash({ ...recipe }));
  notEqual(recipeHash(recipe), recipeHash({ ...recipe, packages: ['curl'] }));
});

test('machines start with cloud-init on the NoCloud seed alone, and no apt source', () => {
  const content = (path: string): string => debian13.files.find((file) => file.path === path)?.content ?? '';
  match(content('/etc/cloud/cloud.cfg.d/90-lab.cfg'), /^datasource_list: \[NoCloud, None\]$/m);
  match(content('/etc/cloud/cloud.cfg.d/90-lab.cfg'), /^network: \{config: disabled\}$/m);
  equal(/^deb/m.test(content('/etc/apt/sources.list')), false);
  match(content('/etc/ssh/sshd_config.d/10-lab.conf'), /^PasswordAuthentication no$/m);
  deepEqual(
    debian13.maskedUnits.filter((unit) => unit.startsWith('apt-')),
    ['apt-daily.timer', 'apt-daily-upgrade.timer'],
  );
});

test('the recipe names no host of any network', () => {
  equal(/https?:\/\//.test(JSON.stringify(debian13)), false);
});
